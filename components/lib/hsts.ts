/**
 * Runbook §1: `Strict-Transport-Security` and the way to its full length. A browser keeps the promise for as long as it was told, whatever
 * is deployed afterwards, so a certificate that cannot be served locks people out for that long: each stage has to hold before the next.
 */

/** Seconds of each stage: 5 minutes, a day, a year. Mozilla's Observatory counts less than 180 days as too little. */
export const HSTS_STAGES = [300, 86_400, 31_536_000] as const;

/** What may be accepted knowingly. */
export const HSTS_ACKNOWLEDGEMENTS = ["skipped-stages", "preload"] as const;

/** A stage that was deployed. */
export interface HstsStage {
  readonly maxAgeSeconds: (typeof HSTS_STAGES)[number];
  /** Day on which it was deployed (UTC), YYYY-MM-DD. */
  readonly since: string;
}

/** Settings of `Strict-Transport-Security`. */
export interface Hsts {
  /** Stages so far, the oldest first. The last one is sent. */
  readonly ramp: readonly HstsStage[];
  /** Whether subdomains of the API's host are included. */
  readonly includeSubDomains: boolean;
  /** Whether browsers may build the host into their lists: taking that back takes months, for everybody. */
  readonly preload: boolean;
  /** What was accepted knowingly: a stage that was left out, or `preload`. Nothing else, and nothing in advance. */
  readonly acknowledge: readonly (typeof HSTS_ACKNOWLEDGEMENTS)[number][];
}

/** Value of the header. */
export function hstsValue({ ramp, includeSubDomains, preload }: Hsts): string {
  const maxAgeSeconds = ramp.at(-1)?.maxAgeSeconds ?? 0;
  return `max-age=${maxAgeSeconds}${includeSubDomains ? "; includeSubDomains" : ""}${preload ? "; preload" : ""}`;
}

/** Problems of the settings, one line each; empty when there is none. */
export function validateHsts(hsts: Hsts): string[] {
  const { ramp, acknowledge } = hsts;
  const problems: string[] = [];
  const lengths = ramp.map(({ maxAgeSeconds }) => maxAgeSeconds);
  const reached = HSTS_STAGES.indexOf(lengths.at(-1) as HstsStage["maxAgeSeconds"]);
  if (!ascends(lengths) || reached < 0 || lengths.some((each) => !HSTS_STAGES.includes(each)))
    return [`hsts.ramp must be the stages so far, out of ${HSTS_STAGES.join(", ")} in this order, got ${list(lengths)}. Begin with 300.`];
  const days = ramp.map(({ since }) => since);
  if (!ascends(days)) problems.push(`hsts.ramp must name a later day for each stage, got ${list(days)}. Give each a day at least.`);

  const skipped = HSTS_STAGES.slice(0, reached).filter((stage) => !lengths.includes(stage));
  const needs = [
    ["skipped-stages", skipped.length > 0, `hsts.ramp leaves out ${list(skipped)}`],
    ["preload", hsts.preload, "hsts.preload is true, which cannot be taken back for months"],
  ] as const;
  for (const [name, needed, what] of needs) {
    const given = acknowledge.includes(name);
    if (needed && !given) problems.push(`hsts.acknowledge must name ${name}, since ${what}. Change that, or accept it by naming it.`);
    if (!needed && given)
      problems.push(`hsts.acknowledge must not name ${name}, of which there is none. Remove it: nothing is accepted in advance.`);
  }
  if (hsts.preload && (reached < HSTS_STAGES.length - 1 || !hsts.includeSubDomains))
    problems.push(
      "hsts.preload must be false before the ramp is at a year with includeSubDomains: browsers' lists take no other. Set it to false.",
    );
  return problems;
}

function ascends(values: readonly (number | string)[]): boolean {
  return values.every((value, index) => index === 0 || value > values[index - 1]);
}

function list(values: readonly unknown[]): string {
  return values.length === 0 ? "none" : values.join(", ");
}
