/** The kill matrix, case by case: of a case only the rules that a mutant reaches are evaluated, the others found what they find. */
import { isDeepStrictEqual } from "node:util";
import type * as evaluate from "../../policies/lib/evaluate";
import type { Finding } from "../../policies/lib/evaluate";
import type { Resource, Rule, StackView } from "../../policies/lib/rule";
import type * as policyStack from "../helpers/policy-stack";
import type { Look } from "../helpers/policy-stack";
import type { ProgramRequest, ProgramRun } from "../helpers/program-runs";
import type * as cases from "../policies/kill-cases";
import type { Mutation } from "../policies/mutation";
import type { Hits, Suite } from "./check";
import { type Mutant } from "./instrument";
import type { Modules } from "./modules";
import { hitsOf } from "./unit-tests";

const FILES = {
  cases: "tests/policies/kill-cases.ts",
  stack: "tests/helpers/policy-stack.ts",
  evaluate: "policies/lib/evaluate.ts",
};

/** Files that make what rules look at, or look: with a mutant in one, nothing that was made before counts. */
const MAKERS: ReadonlySet<string> = new Set(["policies/lib/evaluate.ts", "policies/lib/unknown.ts", "policies/lib/rule.ts"]);

/** Cases that are one check, where each is unlikely to notice: a time limit has its price. */
const TOGETHER = 50;

/** A defect, or a program as it is. */
interface Case {
  readonly title: string;
  readonly expected: Pick<Mutation, "caughtBy" | "says">;
  readonly now: Date;
  /** Its resources as the policies see them. */
  readonly look: (modules: Modules, shared?: Map<string, Resource>) => Look;
}

/** The kill matrix. */
export class KillMatrix implements Suite {
  private cases: readonly Case[] = [];
  private readonly looks: Look[] = [];
  private rules: readonly Rule[] = [];
  /** What the rules find in each case without a mutant. */
  private readonly findings: (readonly Finding[])[] = [];
  /** By mutant: the rules in which it comes by. */
  private readonly reaching = new Map<string, Set<Rule>>();

  async *all(modules: Modules, reached: (hits: Hits) => void) {
    this.cases = await casesOf(modules);
    this.rules = rulesOf(modules);
    const shared = new Map<string, Resource>();
    const evaluation = new Evaluation(modules, (rule, hits) => {
      reached(hits);
      for (const id of Object.keys(hits)) this.reaching.set(id, (this.reaching.get(id) ?? new Set()).add(rule));
    });
    for (const each of this.cases)
      yield {
        title: each.title,
        run: () => {
          const look = each.look(modules, shared);
          this.looks.push(look);
          const findings = this.rules.flatMap((rule) => evaluation.findings(rule, look, each.now));
          this.findings.push(findings);
          compare(modules, each, findings);
        },
      };
  }

  *of({ id, file }: Mutant, modules: Modules, anew: boolean) {
    if (this.cases.length === 0) return;
    const fresh = MAKERS.has(file);
    const rules = rulesOf(modules);
    const known = new Set(this.rules);
    const reaching = this.reaching.get(id);
    const affected = rules.filter((rule) => fresh || reaching?.has(rule) === true || (anew && !known.has(rule)));
    const gone = this.rules.filter((rule) => affected.includes(rule) || !rules.includes(rule));
    if (gone.length === 0) return;
    const names = new Set(gone.map(({ name }) => name));
    const evaluation = new Evaluation(modules);
    const all = this.cases.map((each, index) => ({ each, index, likely: each.expected.caughtBy.some((name) => names.has(name)) }));
    const run = ({ each, index }: (typeof all)[number]) => {
      const look = fresh ? each.look(modules) : this.looks[index];
      const others = this.findings[index].filter(({ rule }) => !names.has(rule));
      compare(modules, each, [...others, ...affected.flatMap((rule) => evaluation.findings(rule, look, each.now))]);
    };
    for (const each of all.filter(({ likely }) => likely)) yield { title: each.each.title, run: () => run(each) };
    const rest = all.filter(({ likely }) => !likely);
    for (let start = 0; start < rest.length; start += TOGETHER)
      yield { title: "the kill matrix's other cases", run: () => rest.slice(start, start + TOGETHER).forEach(run) };
  }
}

/** Fails where the test of a case would. */
function compare(modules: Modules, { title, expected }: Case, findings: readonly Finding[]): void {
  const { found, wanted } = modules.load<typeof cases>(FILES.cases).outcomeOf(expected, findings);
  if (!isDeepStrictEqual(found, wanted)) throw new Error(`${title}: ${JSON.stringify(found.caughtBy)}`);
}

const rulesOf = (modules: Modules) => modules.load<typeof cases>(FILES.cases).RULES;

/** What a rule asked a stack for, and what it found then. */
interface Answered {
  readonly now: number;
  readonly asked: readonly { readonly types: readonly string[] | undefined; readonly got: readonly Resource[] }[];
  readonly findings: readonly Finding[];
}

/**
 * Rules over many cases that differ in a resource or two: one that gets the same resources from all that it asks for finds the same, and is not
 * evaluated again. Resources that are equal are one object (lookAt's `shared`).
 */
class Evaluation {
  private readonly ofStacks = new Map<Rule, Answered[]>();
  private readonly ofResources = new Map<Rule, Map<Resource, Answered>>();

  constructor(
    private readonly modules: Modules,
    private readonly reached?: (rule: Rule, hits: Hits) => void,
  ) {}

  findings(rule: Rule, { view, changed }: Look, now: Date): readonly Finding[] {
    const { evaluateStack, evaluateResource, notSeen } = this.modules.load<typeof evaluate>(FILES.evaluate);
    if ("checkStack" in rule) return this.ofStack(rule, view, now, (seen) => evaluateStack(rule, seen, { now }));
    const unseen = this.ofStack(rule, view, now, (seen) => [notSeen(rule, seen)].filter((each) => each !== undefined));
    if (unseen.length > 0) return unseen;
    return changed.flatMap((resource) => {
      const known = this.ofResources.get(rule) ?? new Map<Resource, Answered>();
      this.ofResources.set(rule, known);
      const answered = known.get(resource);
      if (answered?.now === now.getTime()) return answered.findings;
      const findings = this.counted(rule, () => evaluateResource(rule, resource, { now }));
      known.set(resource, { now: now.getTime(), asked: [], findings });
      return findings;
    });
  }

  private ofStack(rule: Rule, view: StackView, now: Date, evaluate: (view: StackView) => readonly Finding[]): readonly Finding[] {
    const answers = this.ofStacks.get(rule) ?? [];
    this.ofStacks.set(rule, answers);
    const get = (types: readonly string[] | undefined) => (types === undefined ? view.resources : view.ofType(...types));
    const same = answers.find((each) => each.now === now.getTime() && each.asked.every(({ types, got }) => isSame(got, get(types))));
    if (same !== undefined) return same.findings;
    const asked: { types: readonly string[] | undefined; got: readonly Resource[] }[] = [];
    const ask = (types?: readonly string[]) => {
      const got = get(types);
      asked.push({ types, got });
      return got;
    };
    const seen: StackView = {
      get resources() {
        return ask();
      },
      ofType: (...types) => ask(types),
    };
    const findings = this.counted(rule, () => evaluate(seen));
    answers.push({ now: now.getTime(), asked, findings });
    return findings;
  }

  private counted(rule: Rule, evaluate: () => readonly Finding[]): readonly Finding[] {
    if (this.reached === undefined) return evaluate();
    let findings: readonly Finding[] = [];
    this.reached(rule, hitsOf(() => (findings = evaluate())) as Hits);
    return findings;
  }
}

const isSame = (some: readonly Resource[], others: readonly Resource[]) =>
  some.length === others.length && some.every((each, index) => each === others[index]);

/** The cases; the programs are run once, unmutated: components know no policies. */
async function casesOf(modules: Modules): Promise<Case[]> {
  const { HANDOVERS, KILL_CASES, PASSING_STACKS, requestOf, requestsOfAll, resourcesOfRun } = modules.load<typeof cases>(FILES.cases);
  const { runPrograms, TODAY } = modules.load<typeof policyStack>(FILES.stack);
  const requests = requestsOfAll();
  const results = await runPrograms(requests);
  const runs = new Map(requests.map((request, index) => [JSON.stringify(request), results[index]]));
  const registered = (request: ProgramRequest) => resourcesOfRun(runs.get(JSON.stringify(request)) as ProgramRun);
  const resourcesOf = (...request: Parameters<typeof requestOf>) => registered(requestOf(...request));
  const passed = new Map<string, ReadonlySet<string>>();
  const passedOf = (stack: string, deployed: boolean) => {
    const key = `${stack} ${deployed}`;
    const texts = passed.get(key) ?? new Set(resourcesOf(stack, deployed).map((each) => JSON.stringify(each)));
    passed.set(key, texts);
    return texts;
  };
  const lookWith = (own: Modules) => own.load<typeof policyStack>(FILES.stack).lookAt;
  return [
    ...PASSING_STACKS.flatMap((stack) =>
      [false, true].map((deployed) => ({
        title: `${stack} passes ${deployed ? "as it is deployed" : "in a first preview"}`,
        expected: { caughtBy: [], says: [] },
        now: TODAY,
        look: (own: Modules, shared?: Map<string, Resource>) => lookWith(own)(resourcesOf(stack, deployed), new Set(), shared),
      })),
    ),
    ...HANDOVERS.map(({ overlap, deployed, request }) => ({
      title: `prod passes in a handover (${overlap}, ${deployed})`,
      expected: { caughtBy: [], says: [] },
      now: TODAY,
      look: (own: Modules, shared?: Map<string, Resource>) => lookWith(own)(registered(request), new Set(), shared),
    })),
    ...KILL_CASES.map(({ title, stack, mutation }) => {
      const deployed = mutation.deployed === true;
      return {
        title,
        expected: mutation,
        now: mutation.now ?? TODAY,
        look: (own: Modules, shared?: Map<string, Resource>) => {
          const program = resourcesOf(stack, deployed, mutation);
          const known = mutation.now === undefined ? passedOf(stack, deployed) : undefined;
          return lookWith(own)(mutation.transform?.(program) ?? program, known, shared);
        },
      };
    }),
  ];
}
