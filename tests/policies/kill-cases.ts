/** The kill matrix as data: what is run, and what it has to come to. The tests and `npm run mutation` read the same. */
import type { Finding } from "../../policies/lib/evaluate";
import type { Rule } from "../../policies/lib/rule";
import { CHECKLIST_RULES } from "../../policies/maestroverse-checklist/rules";
import { BASELINE_RULES } from "../../policies/platform-baseline/rules";
import { type EditableResource, stackSettings } from "../helpers/policy-stack";
import type { ProgramRequest, ProgramRun } from "../helpers/program-runs";
import type { Mutation } from "./mutation";
import { MUTATIONS } from "./mutations";

/** The rules of both packs. */
export const RULES: readonly Rule[] = [...CHECKLIST_RULES, ...BASELINE_RULES];
const STACKS = ["prod", "staging"] as const;
/** Stacks that pass as they are. The rehearsal passes the same gate before its `up`. */
export const PASSING_STACKS = [...STACKS, "rehearsal"] as const;

/** A defect in a stack. */
export interface KillCase {
  readonly title: string;
  readonly mutation: Mutation;
  readonly stack: string;
}

/** Every combination that is run. */
export const KILL_CASES: readonly KillCase[] = MUTATIONS.flatMap((mutation) =>
  (mutation.stacks ?? (mutation.settings === undefined ? STACKS : (["prod"] as const))).map((stack) => ({
    title: `${mutation.defect} (${stack})`,
    mutation,
    stack,
  })),
);

/** The run of the program that a defect is applied to, or, of settings, comes of. */
export function requestOf(stack: string, deployed: boolean, mutation?: Mutation): ProgramRequest {
  const settings = stackSettings(stack);
  mutation?.settings?.(settings);
  return { stack, preview: !deployed, settings };
}

/** The prod program while the password of maestro_app is handed over: another login exists, and pods use it or have just left it. */
const handover = (overlap: "next" | true): Mutation => ({
  defect: "none",
  settings: (settings) => {
    const { roles } = settings["database"] as { roles: Record<string, object> };
    roles["app"] = { generation: 2, rotatedOn: "2026-11-01", overlap };
  },
  caughtBy: [],
  says: [],
});
/** Programs in the middle of a handover; they pass. */
export const HANDOVERS = ([true, "next"] as const).flatMap((overlap) =>
  [false, true].map((deployed) => ({ overlap, deployed, request: requestOf("prod", deployed, handover(overlap)) })),
);

/** Every run that the cases and the passing stacks need, each once. */
export function requestsOfAll(): ProgramRequest[] {
  const requests = [
    ...PASSING_STACKS.flatMap((stack) => [false, true].map((deployed) => requestOf(stack, deployed))),
    ...HANDOVERS.map(({ request }) => request),
    ...KILL_CASES.filter(({ mutation }) => mutation.settings !== undefined).map(({ mutation, stack }) =>
      requestOf(stack, mutation.deployed === true, mutation),
    ),
  ];
  return [...new Map(requests.map((request) => [JSON.stringify(request), request])).values()];
}

/** What a run registered; the caller's to change. */
export function resourcesOfRun(run: ProgramRun): EditableResource[] {
  if (run.refused !== undefined) throw new Error(`the program refuses the settings, so no policy sees them: ${run.refused}`);
  // Not structuredClone: jest's is of another realm, whose objects are no `Object` to the proxy that finds unknown values.
  return JSON.parse(JSON.stringify(run.resources)) as EditableResource[];
}

/** What a case comes to, and what it has to: exactly its rules, and every part of the messages. */
export function outcomeOf({ caughtBy, says }: Pick<Mutation, "caughtBy" | "says">, findings: readonly Finding[]) {
  const messages = findings.map(({ message }) => message);
  const missing = says.filter((part) => !messages.some((message) => message.includes(part)));
  return {
    found: { caughtBy: [...new Set(findings.map(({ rule }) => rule))].sort(), missing: missing.map((part) => ({ part, messages })) },
    wanted: { caughtBy: [...caughtBy].sort(), missing: [] },
  };
}
