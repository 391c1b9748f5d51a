/** Refusals, in the form of Datadog's API. */

/** A refusal: its status and its reasons. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly reasons: readonly string[],
  ) {
    super(reasons.join("; "));
    this.name = "Refusal";
  }
}

/** 404. */
export const notFound = (what: string) => new Refusal(404, [`${what} not found`]);

/** 400. */
export const invalid = (...reasons: readonly string[]) => new Refusal(400, reasons);
