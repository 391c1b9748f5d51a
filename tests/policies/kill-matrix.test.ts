/**
 * The kill matrix: single defects of the real prod and staging programs, each caught by exactly the rules named. Proves what the rules say of
 * the resources that the program registers. That the analyzer runs them, and fails a preview by them, tests/engine/policies.test.ts proves.
 */
import { findingsIn, type EditableResource, runPrograms, TODAY } from "../helpers/policy-stack";
import type { ProgramRequest, ProgramRun } from "../helpers/program-runs";
import { HANDOVERS, KILL_CASES, outcomeOf, PASSING_STACKS, requestOf, requestsOfAll, resourcesOfRun, RULES } from "./kill-cases";
import { MUTATIONS } from "./mutations";

const runs = new Map<string, ProgramRun>();
beforeAll(async () => {
  const requests = requestsOfAll();
  const results = await runPrograms(requests);
  requests.forEach((request, index) => runs.set(JSON.stringify(request), results[index]));
}, 120_000);

const resourcesOf = (request: ProgramRequest): EditableResource[] => resourcesOfRun(runs.get(JSON.stringify(request)) as ProgramRun);

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
  it.each(KILL_CASES)("$title", ({ mutation, stack }) => {
    const program = resourcesOf(requestOf(stack, mutation.deployed === true, mutation));
    // The program as it is passes (above): rules about one resource need to look at what the defect changed only, unless the clock changed.
    const passed = mutation.now === undefined ? unmutated(stack, mutation.deployed === true) : undefined;
    const findings = findingsIn(RULES, mutation.transform?.(program) ?? program, mutation.now ?? TODAY, passed);
    const { found, wanted } = outcomeOf(mutation, findings);
    expect(found).toEqual(wanted);
  });
});

it("has a defect for every rule", () => {
  const killing = new Set(MUTATIONS.flatMap(({ caughtBy }) => caughtBy));
  expect(RULES.filter(({ name }) => !killing.has(name)).map(({ name }) => name)).toEqual([]);
  process.stdout.write(`kill matrix: ${MUTATIONS.length} defects, ${KILL_CASES.length} runs, ${RULES.length} rules\n`);
  expect(MUTATIONS.length).toBeGreaterThan(100);
});
