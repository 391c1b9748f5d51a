/** docs/performance.md is what a run wrote, of the benchmarks that there are. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BENCHES } from "../../bench/benches";
import type { Row } from "../../bench/compare";
import { comparedWith, readEntries, writeEntries } from "../../bench/document";
import { REPOSITORY } from "../../ops/engine";

const document = readFileSync(join(REPOSITORY, "docs", "performance.md"), "utf8");
const row = (name: string, ratio: number): Row => ({
  name,
  ratio,
  quartiles: [ratio - 0.01, ratio + 0.01],
  rounds: 3,
  least: 0.9,
  medians: [ratio, 1],
});

it("has every benchmark, and no other", () => {
  expect([...new Set(readEntries(document).map(({ bench }) => bench))]).toEqual(BENCHES.map(({ name }) => name).sort());
});

it("is as the program writes it", () => {
  const [{ bench = "" } = {}] = readEntries(document);
  const rows = readEntries(document)
    .filter((entry) => entry.bench === bench)
    .map(({ what, ratio, quartiles, promise }): Row => {
      const [, kind, value] = /^at (least|most) (\S+)$/.exec(promise) ?? [];
      return { name: `${bench}: ${what}`, ratio, quartiles, rounds: 1, medians: [0, 0], [kind ?? ""]: Number(value) };
    });
  const { measured = "" } = readEntries(document).find((entry) => entry.bench === bench) ?? {};
  expect(writeEntries(document, bench, rows, measured)).toBe(document);
});

it("gets the rows of a benchmark that ran, and keeps the others", () => {
  const first = writeEntries("", "edge", [row("edge: nginx ÷ bare", 0.95), row("edge: more", 2)], "today");
  const second = writeEntries(first, "backup", [row("backup: job ÷ pg_dump", 1.2)], "today");
  const third = writeEntries(second, "edge", [row("edge: nginx ÷ bare", 0.97)], "tomorrow");
  expect(readEntries(third)).toEqual([
    { bench: "backup", what: "job ÷ pg_dump", ratio: 1.2, quartiles: [1.19, 1.21], promise: "at least 0.9", measured: "today" },
    { bench: "edge", what: "nginx ÷ bare", ratio: 0.97, quartiles: [0.96, 0.98], promise: "at least 0.9", measured: "tomorrow" },
  ]);
});

it.each([
  ["as in docs/performance.md", 1.24],
  ["docs/performance.md has 1.2: find out why, or run with --write", 1.5],
  ["docs/performance.md has 1.2: find out why, or run with --write", 0.9],
])("says %s of a ratio of 1.2 that is now %d", (words, ratio) => {
  const written = writeEntries("", "edge", [row("edge: a ÷ b", 1.2)], "today");
  expect(comparedWith(written, "edge", row("edge: a ÷ b", ratio))).toBe(words);
  expect(comparedWith(written, "edge", row("edge: a ÷ c", ratio))).toBe("not in docs/performance.md: run with --write");
});
