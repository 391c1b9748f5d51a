/** `docs/performance.md`: what was measured last, a line for each ratio. Written by `npm run bench -- --write`, never by hand. */
import type { Row } from "./compare";

/** A line of the document. */
export interface Entry {
  /** Name of the benchmark. */
  readonly bench: string;
  /** What was divided by what. */
  readonly what: string;
  readonly ratio: number;
  /** Half of the rounds lie between these. */
  readonly quartiles: readonly [number, number];
  /** What is promised, as words. */
  readonly promise: string;
  /** Day and machine. */
  readonly measured: string;
}

/** As far as two ratios of one thing may differ where their rounds scatter less: machines are not alike. */
const LIKENESS = 0.05;
const HEAD = `# Performance

Ratios of two measurements, taken in turns in one run: what slows the machine down slows both. \`npm run bench\` measures them, says for each whether it is
as here, and fails where a promise is broken. Written by \`npm run bench -- --write\`; the lines of a benchmark that did not run stay.

`;
const COLUMNS = ["benchmark", "what", "ratio", "half of the rounds", "promised", "measured"];

/** What is promised of a row. */
export function promiseOf({ least, most }: Pick<Row, "least" | "most">): string {
  return least === undefined ? `at most ${most}` : `at least ${least}`;
}

/** The lines of the document. */
export function readEntries(document: string): Entry[] {
  return document
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .flatMap(([, bench = "", what = "", ratio = "", half = "", promise = "", measured = ""]) => {
      const [low, high] = half.split(" to ").map(Number);
      return low === undefined || high === undefined || Number.isNaN(low)
        ? []
        : [{ bench, what, ratio: Number(ratio), quartiles: [low, high] as const, promise, measured }];
    });
}

/** The document with a benchmark's new rows in the place of its old ones; benchmarks in the order of their names. */
export function writeEntries(document: string, bench: string, rows: readonly Row[], measured: string): string {
  const kept = readEntries(document).filter((entry) => entry.bench !== bench);
  const added = rows.map(({ name, ratio, quartiles, ...row }): Entry => {
    return { bench, what: withoutBench(name, bench), ratio, quartiles, promise: promiseOf(row), measured };
  });
  const entries = [...kept, ...added].sort((a, b) => (a.bench === b.bench ? 0 : a.bench < b.bench ? -1 : 1));
  const cells = entries.map((entry) => [
    entry.bench,
    entry.what,
    entry.ratio.toFixed(3),
    entry.quartiles.map((each) => each.toFixed(3)).join(" to "),
    entry.promise,
    entry.measured,
  ]);
  const widths = COLUMNS.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return `${HEAD}${[line(COLUMNS), rule, ...cells.map(line)].join("\n")}\n`;
}

/** How a row is to the document's. */
export function comparedWith(document: string, bench: string, { name, ratio, quartiles }: Row): string {
  const entry = readEntries(document).find((each) => each.bench === bench && each.what === withoutBench(name, bench));
  if (entry === undefined) return "not in docs/performance.md: run with --write";
  const isAlike =
    Math.abs(ratio / entry.ratio - 1) <= LIKENESS || (quartiles[0] <= entry.quartiles[1] && entry.quartiles[0] <= quartiles[1]);
  return isAlike ? "as in docs/performance.md" : `docs/performance.md has ${entry.ratio}: find out why, or run with --write`;
}

function withoutBench(name: string, bench: string): string {
  return name.startsWith(`${bench}: `) ? name.slice(bench.length + 2) : name;
}
