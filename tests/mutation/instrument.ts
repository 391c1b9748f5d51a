/** Mutants of StrykerJS's mutators: all of a file at once in one text, each switched on by a global. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Instrumenter } from "@stryker-mutator/instrumenter";

/** A change of the code that a test has to notice. */
export interface Mutant {
  readonly id: string;
  /** Path from the root. */
  readonly file: string;
  /** First line and column, from 1. */
  readonly line: number;
  readonly column: number;
  /** Kind of change, by StrykerJS's name: `ConditionalExpression`. */
  readonly mutator: string;
  readonly original: string;
  readonly replacement: string;
}

/** What the instrumented code reads and writes: `globalThis.__stryker__`. */
export interface Switchboard {
  /** Id of the mutant that is on. */
  activeMutant?: string;
  /** Runs of the mutant's place, and after how many it throws: a loop without an end. */
  hitCount?: number;
  hitLimit?: number;
  /** Whoever is counted for in `perTest`; without one, `static`. */
  currentTestId?: string;
  mutantCoverage: { static: Record<string, number>; perTest: Record<string, Record<string, number> | undefined> };
}

/** The switchboard. */
export const switchboard: Switchboard = ((globalThis as { __stryker__?: Switchboard }).__stryker__ ??= {
  mutantCoverage: { static: {}, perTest: {} },
});

/** Its logger: what it says is nothing to anybody. */
const silent = Object.assign(
  Object.fromEntries(["trace", "debug", "info", "warn", "error", "fatal"].map((level) => [level, () => undefined])),
  Object.fromEntries(["Trace", "Debug", "Info", "Warn", "Error", "Fatal"].map((level) => [`is${level}Enabled`, () => false])),
) as unknown as ConstructorParameters<typeof Instrumenter>[0];

/** The files with every mutant in them, by path, and the mutants. */
export async function instrument(
  root: string,
  files: readonly string[],
): Promise<{ readonly texts: ReadonlyMap<string, string>; readonly mutants: readonly Mutant[] }> {
  const { Instrumenter: Class } = await import("@stryker-mutator/instrumenter");
  const sources = files.map((name) => ({ name, mutate: true, content: readFileSync(join(root, name), "utf8") }));
  const lines = new Map(sources.map(({ name, content }) => [name, content.split("\n")]));
  const result = await new Class(silent).instrument(sources, { plugins: null, excludedMutations: [], ignorers: [], noHeader: false });
  return {
    texts: new Map(result.files.map(({ name, content }) => [join(root, name), content])),
    mutants: result.mutants.map(({ id, fileName, location: { start, end }, mutatorName, replacement }) => {
      const own = (lines.get(fileName) ?? []).slice(start.line, end.line + 1);
      const last = own.length - 1;
      const original = own.map((line, index) => line.slice(index === 0 ? start.column : 0, index === last ? end.column : undefined));
      return {
        id,
        file: fileName,
        line: start.line + 1,
        column: start.column + 1,
        mutator: mutatorName,
        original: original.join("\n"),
        replacement,
      };
    }),
  };
}
