/**
 * The kill matrix: single defects of the real prod and staging programs, each caught by exactly the rules named. Proves what the rules say of
 * the resources that the program registers. That the analyzer runs them, and fails a preview by them, tests/engine/policies.test.ts proves.
 */
import { BASELINE_RULES } from "../../policies/platform-baseline/rules";
import { CHECKLIST_RULES } from "../../policies/maestroverse-checklist/rules";
import type { Rule } from "../../policies/lib/rule";
import { type EditableResource, findingsIn, runPrograms, stackSettings, TODAY } from "../helpers/policy-stack";
import type { ProgramRequest, ProgramRun } from "../helpers/program-runs";
import type { Mutation } from "./mutation";
import { MUTATIONS } from "./mutations";

const RULES: readonly Rule[] = [...CHECKLIST_RULES, ...BASELINE_RULES];
const STACKS = ["prod", "staging"] as const;
/** The rehearsal passes the same gate before its `up`. */
const PASSING_STACKS = [...STACKS, "rehearsal"] as const;

/** Every combination that is run. */
const cases = MUTATIONS.flatMap((mutation) =>
  (mutation.stacks ?? (mutation.settings === undefined ? STACKS : (["prod"] as const))).map((stack) => ({
    title: `${mutation.defect} (${stack})`,
    mutation,
    stack,
  })),
);

const requestOf = (stack: string, deployed: boolean, mutation?: Mutation): ProgramRequest => {
  const settings = stackSettings(stack);
  mutation?.settings?.(settings);
  return { stack, preview: !deployed, settings };
};

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
const HANDOVERS = ([true, "next"] as const).flatMap((overlap) =>
  [false, true].map((deployed) => ({ overlap, deployed, request: requestOf("prod", deployed, handover(overlap)) })),
);

const runs = new Map<string, ProgramRun>();
beforeAll(async () => {
  const requests = [
    ...PASSING_STACKS.flatMap((stack) => [false, true].map((deployed) => requestOf(stack, deployed))),
    ...HANDOVERS.map(({ request }) => request),
    ...cases
      .filter(({ mutation }) => mutation.settings !== undefined)
      .map(({ mutation, stack }) => requestOf(stack, mutation.deployed === true, mutation)),
  ];
  const unique = [...new Map(requests.map((request) => [JSON.stringify(request), request])).entries()];
  const results = await runPrograms(unique.map(([, request]) => request));
  unique.forEach(([key], index) => runs.set(key, results[index]));
}, 120_000);

function resourcesOf(request: ProgramRequest): EditableResource[] {
  const run = runs.get(JSON.stringify(request)) as ProgramRun;
  if (run.refused !== undefined) throw new Error(`the program refuses the settings, so no policy sees them: ${run.refused}`);
  // Not structuredClone: jest's is of another realm, whose objects are no `Object` to the proxy that finds unknown values.
  return JSON.parse(JSON.stringify(run.resources)) as EditableResource[];
}

const unmutatedTexts = new Map<string, ReadonlySet<string>>();

/** The resources of a program as it is, as JSON. */
function unmutated(stack: string, deployed: boolean): ReadonlySet<string> {
  const key = `${stack} ${deployed}`;
  const texts = unmutatedTexts.get(key) ?? new Set(resourcesOf(requestOf(stack, deployed)).map((each) => JSON.stringify(each)));
  unmutatedTexts.set(key, texts);
  return texts;
}

describe.each(PASSING_STACKS)("the %s program as it is", (stack) => {
  it.each([
    ["in a first preview, in which much is unknown", false],
    ["in a preview of what is deployed", true],
  ])("passes %s, with nothing undetermined", (_, deployed) => {
    const resources = resourcesOf(requestOf(stack, deployed));
    const before = JSON.stringify(resources);
    expect(findingsIn(RULES, resources).map(({ message }) => message)).toEqual([]);
    // All rules of a pack look at one copy: policies/lib/analyzer.ts.
    expect(JSON.stringify(resources) === before).toBe(true);
  });
});

it.each(HANDOVERS)("passes a password that is handed over (overlap: $overlap, deployed: $deployed)", ({ request }) => {
  const resources = resourcesOf(request);
  expect(resources.map(({ name }) => name)).toContain("database-app-handover");
  expect(findingsIn(RULES, resources).map(({ message }) => message)).toEqual([]);
});

describe("a defect is caught by exactly the rules that answer for it", () => {
  it.each(cases)("$title", ({ mutation, stack }) => {
    const program = resourcesOf(requestOf(stack, mutation.deployed === true, mutation));
    // The program as it is passes (above): rules about one resource need to look at what the defect changed only, unless the clock changed.
    const passed = mutation.now === undefined ? unmutated(stack, mutation.deployed === true) : undefined;
    const findings = findingsIn(RULES, mutation.transform?.(program) ?? program, mutation.now ?? TODAY, passed);
    expect([...new Set(findings.map(({ rule }) => rule))].sort()).toEqual([...mutation.caughtBy].sort());
    const messages = findings.map(({ message }) => message);
    expect(
      mutation.says.filter((part) => !messages.some((message) => message.includes(part))).map((missing) => ({ missing, messages })),
    ).toEqual([]);
  });
});

it("has a defect for every rule", () => {
  const killing = new Set(MUTATIONS.flatMap(({ caughtBy }) => caughtBy));
  expect(RULES.filter(({ name }) => !killing.has(name)).map(({ name }) => name)).toEqual([]);
  process.stdout.write(`kill matrix: ${MUTATIONS.length} defects, ${cases.length} runs, ${RULES.length} rules\n`);
  expect(MUTATIONS.length).toBeGreaterThan(100);
});
