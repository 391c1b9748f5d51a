/** Test files as they are: what jest would run, as functions in this process. */
import { expect } from "expect";
import type { Check, Hits, Suite } from "./check";
import { type Mutant, switchboard } from "./instrument";
import type { Modules } from "./modules";

type Body = (...args: unknown[]) => unknown;

/** A test file's tests, and what is to be run before the first and after the last of them. */
class Collected {
  readonly tests: Check[] = [];
  readonly before: Body[] = [];
  private readonly outer: string[] = [];

  /** The functions that a test file finds as globals. A table's rows are told apart by their number. */
  globals() {
    const it = (title: string, body: Body) => {
      this.tests.push({ title: [...this.outer, title].join(" › "), run: body });
    };
    const describe = (title: string, body: Body) => {
      this.outer.push(title);
      body();
      this.outer.pop();
    };
    const each =
      (one: (title: string, body: Body) => void) =>
      (rows: readonly unknown[]) =>
      (title: string, body: Body): void =>
        rows.forEach((row, index) => one(`${title} [${index}]`, () => body(...(Array.isArray(row) ? (row as unknown[]) : [row]))));
    return {
      expect,
      it: Object.assign(it, { each: each(it) }),
      test: Object.assign(it, { each: each(it) }),
      describe: Object.assign(describe, { each: each(describe) }),
      beforeAll: (body: Body) => this.before.push(body),
      // What a test starts ends with the process.
      afterAll: () => undefined,
    };
  }
}

/** The tests of files. */
export class UnitTests implements Suite {
  private readonly collected = new Map<string, { readonly of: object; readonly tests: readonly Check[] }>();
  private readonly reaching = new Map<string, Check[]>();

  constructor(private readonly files: readonly string[]) {}

  async *all(modules: Modules, reached: (hits: Hits) => void) {
    for (const file of this.files)
      for (const check of await this.testsOf(file, modules))
        yield {
          title: check.title,
          run: async () => {
            const hits = await hitsOf(check.run);
            for (const id of Object.keys(hits)) this.reaching.set(id, [...(this.reaching.get(id) ?? []), check]);
            reached(hits);
          },
        };
  }

  async *of({ id }: Mutant, modules: Modules, anew: boolean) {
    if (!anew) yield* this.reaching.get(id) ?? [];
    else
      for (const file of this.files) {
        const before = this.collected.get(file);
        const tests = await this.testsOf(file, modules, before?.of);
        if (tests !== before?.tests) yield* tests;
      }
  }

  /** @param known exports of a file that needs no second look */
  private async testsOf(file: string, modules: Modules, known?: object): Promise<readonly Check[]> {
    const collected = new Collected();
    Object.assign(globalThis, collected.globals());
    const exported = modules.load<object>(file);
    const before = this.collected.get(file);
    if (before !== undefined && exported === known) return before.tests;
    for (const body of collected.before) await body();
    const tests = collected.tests.map(({ title, run }) => ({ title: `${file}: ${title}`, run }));
    if (before === undefined) this.collected.set(file, { of: exported, tests });
    return tests;
  }
}

/** What runs during a function, or until the promise that it gives back is kept. */
export function hitsOf(run: () => unknown): Hits | Promise<Hits> {
  switchboard.currentTestId = "now";
  const end = () => {
    switchboard.currentTestId = undefined;
    const hits = switchboard.mutantCoverage.perTest["now"] ?? {};
    switchboard.mutantCoverage.perTest = {};
    return hits;
  };
  let result: unknown;
  try {
    result = run();
  } catch (error) {
    end();
    throw error;
  }
  return result instanceof Promise ? result.finally(() => (switchboard.currentTestId = undefined)).then(end) : end();
}
