/** Exceptions from rules (policies/waivers.yaml): with a reason, an owner and an end, always printed, never forgotten. */
import { parse } from "yaml";
import { z } from "zod";
import type { Finding } from "./evaluate";
import { PACK_NAMES } from "./rule";

/** Longest life of a waiver, in days. */
export const WAIVER_DAYS = 90;
const DAY_MILLISECONDS = 86_400_000;

const waiver = z
  .strictObject({
    /** Pack of the rule. */
    pack: z.enum(PACK_NAMES, PACK_NAMES.join(" or ")),
    /** Rule that is waived. */
    rule: z.string("the name of a rule").min(1, "the name of a rule"),
    /** URN of the resource; `*` stands for any text, but not in the stack's name. */
    urn: z.string("a URN").regex(/^urn:pulumi:[\w.-]+::/, "a URN that names its stack: urn:pulumi:staging::…"),
    /** Why the rule need not hold, and until what happens. */
    reason: z.string("a reason").min(20, "a reason of 20 characters or more"),
    /** Who answers for it. */
    owner: z.email("an e-mail address"),
    /** First and last day (UTC). */
    granted: z.iso.date("a date YYYY-MM-DD, in quotes"),
    expires: z.iso.date("a date YYYY-MM-DD, in quotes"),
  })
  .refine(({ granted, expires }) => days(granted, expires) >= 0 && days(granted, expires) <= WAIVER_DAYS, {
    path: ["expires"],
    message: `0 to ${WAIVER_DAYS} days after granted`,
  });

/** One exception. */
export type Waiver = z.output<typeof waiver>;

const days = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / DAY_MILLISECONDS;

/** What waivers.yaml says: the waivers of one pack that are well-formed, and what is wrong with the others. */
export interface Waivers {
  readonly waivers: readonly Waiver[];
  readonly problems: readonly string[];
}

/** Reads the text of waivers.yaml. Nothing is thrown: a gate reports the problems. */
export function parseWaivers(yaml: string): Waivers {
  let raw: unknown;
  try {
    raw = parse(yaml);
  } catch (error) {
    return { waivers: [], problems: [`waivers.yaml is no YAML: ${(error as Error).message.split("\n")[0]}`] };
  }
  const outer = z.strictObject({ waivers: z.array(z.unknown()) }).safeParse(raw);
  if (!outer.success)
    return { waivers: [], problems: ["waivers.yaml must be a mapping with the one key waivers, a list. Write waivers: []."] };
  const results = outer.data.waivers.map((entry) => waiver.safeParse(entry));
  return {
    waivers: results.flatMap((result) => (result.success ? [result.data] : [])),
    problems: results.flatMap((result, index) =>
      (result.error?.issues ?? []).map(
        ({ path, message }) => `waivers[${index}]${path.map((key) => `.${String(key)}`).join("")} must be ${message}.`,
      ),
    ),
  };
}

/** Whether a waiver still holds on a day. */
export const inForce = ({ granted, expires }: Waiver, now: Date) => {
  const today = now.toISOString().slice(0, 10);
  return granted <= today && today <= expires;
};

/** Name of the stack in a URN or in a waiver's pattern. */
export const stackOf = (urn: string) => urn.slice("urn:pulumi:".length, urn.indexOf("::"));

/** The waiver in force that excuses a finding. What could not be determined cannot be waived. */
export function waiverFor(finding: Finding, waivers: readonly Waiver[], now: Date): Waiver | undefined {
  const { urn } = finding;
  if (finding.kind !== "violation" || urn === undefined) return undefined;
  return waivers.find((each) => each.rule === finding.rule && inForce(each, now) && pattern(each.urn).test(urn));
}

const pattern = (urn: string) =>
  new RegExp(
    `^${urn
      .split("*")
      .map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, "\\$&"))
      .join(".*")}$`,
  );

/** A waiver, in a line. */
export const describeWaiver = ({ rule, urn, reason, owner, expires }: Waiver) =>
  `${rule} is waived for ${urn} until ${expires} (${owner}): ${reason}`;
