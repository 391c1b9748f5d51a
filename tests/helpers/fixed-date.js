/**
 * `NODE_OPTIONS=--require=<this file>`: the process and all that it starts believe it is the day of {@link TODAY}, on which the dates in the
 * stacks' files are neither old nor ahead, or the moment in MAESTROVERSE_TEST_TODAY. Time goes on from there.
 */
const TODAY = process.env.MAESTROVERSE_TEST_TODAY ?? "2026-11-25T12:00:00Z";
const Real = Date;
const ahead = Real.parse(TODAY) - Real.now();

globalThis.Date = class Date extends Real {
  constructor(...given) {
    if (given.length === 0) super(Real.now() + ahead);
    else super(...given);
  }
  static now() {
    return Real.now() + ahead;
  }
};
