/** What a probe is: one look at the running environment, and what it saw. */
import type { Settings } from "../../config";
import type { Evidence } from "./evidence";
import type { Systems } from "./systems";

/** What a look came to. `undetermined`: nobody knows, which is no pass. */
export type Outcome = "pass" | "fail" | "undetermined" | "not-applicable";

/** The worst first. */
const WORST_FIRST: readonly Outcome[] = ["fail", "undetermined", "pass", "not-applicable"];

/** What several come to together; undefined: of none. */
export function worst(outcomes: readonly Outcome[]): Outcome | undefined {
  return WORST_FIRST.find((each) => outcomes.includes(each));
}

/** What a probe saw. */
export interface Finding {
  readonly outcome: Outcome;
  /** In a line. Never a secret. */
  readonly seen: string;
  /** Where it did not pass: what to do. */
  readonly todo?: string;
  /** For the page. */
  readonly evidence?: readonly Evidence[];
}

/** A system that a probe asks; which credential it takes is {@link Systems}' affair. */
export type System = "edge" | "cluster" | "database" | "aws" | "datadog";

/** One probe. Several may answer for a line: the line is what the worst of them says. */
export interface Probe {
  /** Line of checklist.ts. */
  readonly line: string;
  /** Unique, for `--only`: words and hyphens. */
  readonly name: string;
  /** What holds when it passes. */
  readonly title: string;
  /** What it asks. */
  readonly needs: readonly System[];
  /** Runs by itself after all others, in the order of the list: it disturbs them, or needs what one before it left. */
  readonly last?: true;
  /** @throws Error when a system could not be asked: undetermined */
  run(context: ProbeContext): Promise<Finding>;
}

/** What a probe works with. */
export interface ProbeContext {
  readonly stack: string;
  readonly settings: Settings;
  readonly systems: Systems;
  /** Whether prod may be flooded. */
  readonly allowFlood: boolean;
  /** Whether the ages of secrets and of the last drill are sent to Datadog. */
  readonly sendAges: boolean;
  /** Names what this run creates and sends: `verify-4f1c2a90`. */
  readonly run: string;
  readonly now: Date;
  /** Aborted by Ctrl-C, and when the probe's time is over. */
  readonly signal: AbortSignal;
}

/** It holds. */
export const pass = (seen: string, ...evidence: Evidence[]): Finding => ({ outcome: "pass", seen, evidence });
/** It does not hold. */
export const fail = (seen: string, todo: string, ...evidence: Evidence[]): Finding => ({ outcome: "fail", seen, todo, evidence });
/** Nobody knows. */
export const undetermined = (seen: string, todo: string, ...evidence: Evidence[]): Finding => ({
  outcome: "undetermined",
  seen,
  todo,
  evidence,
});
/** The question does not arise here. @param why */
export const notApplicable = (why: string): Finding => ({ outcome: "not-applicable", seen: why });

/** Passes without problems, and fails with all of them. */
export function judge(problems: readonly string[], seen: string, todo: string, ...evidence: Evidence[]): Finding {
  return problems.length === 0 ? pass(seen, ...evidence) : fail(problems.join("; "), todo, ...evidence);
}
