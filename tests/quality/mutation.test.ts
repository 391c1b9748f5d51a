/** The runner of `npm run mutation`, on a file that is tested badly. In a process of its own: it loads files as jest does. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { loadExeca } from "../../toolchain/run";
import { reportText, scores } from "../mutation/report";
import type { Verdict } from "../mutation/runner";

const CODE = `export const NAMES = ["one"];
export const NOTE = "nobody looks at it";
export const isOver = (value: number) => value > 3;
export const unused = () => "never called";
export function halvings(value: number): number {
  let count = 0;
  for (let rest = value; rest > 1; rest = Math.floor(rest / 2)) count += 1;
  return count;
}
`;
const TESTS = `import { halvings, isOver, NAMES } from "./code";
it("has names", () => expect(NAMES).toEqual(["one"]));
describe("a value", () => {
  it.each([[1, false], [4, true]])("%d", async (value, over) => {
    await Promise.resolve();
    expect(isOver(value)).toBe(over);
  });
});
it("is halved", () => expect(halvings(8)).toBe(3));
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mutation-"));
  writeFileSync(join(folder, "code.ts"), CODE);
});
afterEach(() => rmSync(folder, { recursive: true }));

async function run(tests: string) {
  writeFileSync(join(folder, "code.test.ts"), tests);
  const { execa } = await loadExeca();
  return execa(process.execPath, ["--import", require.resolve("tsx"), resolve(__dirname, "..", "mutation", "child.ts")], {
    input: JSON.stringify({ root: folder, files: ["code.ts"], tests: ["code.test.ts"] }),
    reject: false,
  });
}

it("tells mutants that a test notices from those that none does, loops without an end among them", async () => {
  const verdicts = JSON.parse((await run(TESTS)).stdout) as Verdict[];
  const told = verdicts.map(({ line, original, replacement, status }) => `${line}: ${original} → ${replacement}: ${status}`);
  expect(told.filter((each) => !each.startsWith("5:"))).toEqual([
    '1: ["one"] → []: killed',
    '1: "one" → "": killed',
    '2: "nobody looks at it" → "": survived',
    "3: (value: number) => value > 3 → () => undefined: killed",
    "3: value > 3 → true: killed",
    "3: value > 3 → false: killed",
    "3: value > 3 → value >= 3: survived",
    "3: value > 3 → value <= 3: killed",
    '4: () => "never called" → () => undefined: survived',
    '4: "never called" → "": not reached',
    "7: rest > 1 → false: killed",
    "7: rest > 1 → rest >= 1: killed",
    "7: rest > 1 → rest <= 1: killed",
    "7: rest / 2 → rest * 2: timeout",
    "7: count += 1 → count -= 1: killed",
  ]);
  expect(verdicts.find(({ line }) => line === 1)?.by).toBe("code.test.ts: has names");
  expect(reportText(verdicts).split("\n")).toEqual([
    'code.ts:2: "nobody looks at it" → ""',
    "code.ts:3: value > 3 → value >= 3",
    'code.ts:4: () => "never called" → () => undefined',
    'code.ts:4: "never called" → "" (no test reaches it)',
    "",
    " 75.0 %  12 of 16  .",
    " 75.0 %  12 of 16  all",
    "",
  ]);
  expect(scores(verdicts)[1]).toEqual({ folder: "all", noticed: 12, all: 16, percent: 75 });
});

it("refuses tests that fail without any mutant", async () => {
  const { exitCode, stderr } = await run(TESTS.replace("toBe(3)", "toBe(4)"));
  expect(exitCode).toBe(1);
  expect(stderr).toContain("without any mutant a check fails: code.test.ts: is halved: ");
});
