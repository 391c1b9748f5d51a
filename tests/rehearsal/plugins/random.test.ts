import * as fc from "fast-check";

import { checkText, randomText } from "../../../rehearsal/plugins/random";

const BASE = { length: 20, lower: true, upper: true, numeric: true, special: true, minLower: 0, minUpper: 0, minNumeric: 0, minSpecial: 0 };
const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

describe("randomText", () => {
  it("has the length, the minimums and no character that is not allowed, whatever is asked for", () => {
    const counts = fc.integer({ min: 0, max: 10 });
    fc.assert(
      fc.property(
        fc.integer({ min: 40, max: 80 }),
        counts,
        counts,
        counts,
        counts,
        (length, minLower, minUpper, minNumeric, minSpecial) => {
          const text = randomText({ ...BASE, length, minLower, minUpper, minNumeric, minSpecial, overrideSpecial: "-_" });
          expect(text).toMatch(new RegExp(`^[A-Za-z0-9_-]{${length}}$`));
          expect(count(text, /[a-z]/g)).toBeGreaterThanOrEqual(minLower);
          expect(count(text, /[A-Z]/g)).toBeGreaterThanOrEqual(minUpper);
          expect(count(text, /[0-9]/g)).toBeGreaterThanOrEqual(minNumeric);
          expect(count(text, /[-_]/g)).toBeGreaterThanOrEqual(minSpecial);
        },
      ),
    );
  });

  it("leaves out the classes that are switched off", () => {
    expect(randomText({ ...BASE, length: 500, special: false, upper: false })).toMatch(/^[a-z0-9]{500}$/);
  });

  it("does not put the minimums at fixed places", () => {
    const places = new Set(
      Array.from({ length: 100 }, () => randomText({ ...BASE, length: 10, numeric: false, minSpecial: 1 }).search(/[^A-Za-z]/)),
    );
    expect(places.size).toBeGreaterThan(3);
  });
});

describe("checkText", () => {
  it("accepts the defaults", () => {
    expect(checkText(BASE)).toEqual([]);
  });

  it("refuses what cannot be met", () => {
    expect(checkText({ ...BASE, length: 3, minLower: 2, minUpper: 2 })).toEqual([
      { property: "length", reason: "must be at least the 4 characters that the minimums ask for, got 3." },
    ]);
    expect(checkText({ ...BASE, special: false, minSpecial: 1 })).toEqual([
      { property: "special", reason: "a minimum of 1 characters needs special: true and characters to choose from." },
    ]);
    expect(checkText({ ...BASE, lower: false, upper: false, numeric: false, special: false })).toEqual([
      { property: "lower", reason: "one of lower, upper, numeric and special must be true, or there is nothing to choose from." },
    ]);
  });
});
