/** Whatever single setting of prod is spoilt: the program takes it as a whole, or the settings refuse it by its name. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { problemsOf, type RawSettings, rawSettings, withValue } from "../helpers/raw-settings";

const PROD = rawSettings("prod");
/** Spoilt settings that are tried; the seed makes every run try the same. */
const RUNS = { numRuns: 150, seed: 20_261_120 };
/** Of those that are accepted, how many the program is run with at most. */
const PROGRAM_RUNS = 3;

/** Paths of all values; `environment` is the stack's name and cannot change alone. */
function leaves(value: unknown, path: string): string[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === "" ? key : `${path}.${key}`));
}
const PATHS = leaves(PROD, "").filter((path) => path !== "environment");

const NUMBERS = [-1, 0, 1, 2, 5, 24, 31, 60, 100, 120, 443, 1023, 5000, 65_535, 65_536, 1e9, 1.5];
const TEXTS = [
  ...[
    "",
    " ",
    "..",
    "/etc/../root",
    "a b",
    "'; drop",
    "UPPER",
    "latest",
    "x?y#z",
    "https://a.example/?b",
    "http://a.example",
    "a@b.example",
  ],
  ...[
    "0 25 * * *",
    "0 2 * * 1",
    "Mars/Olympus",
    "Europe/London",
    "2099-01-01",
    "2026-11-02",
    "2026-02-30",
    "127.0.0.0/8",
    "::1/128",
    "10.0.0.0/8",
  ],
  ...["default", "kube-system", "maestroverse", "maestroverse-prod-backups", "us-west-2", "us-gov-west-1", "rds", "disable", "app:70000"],
];
const OTHERS = fc.oneof(fc.constantFrom<unknown>(true, false, null, [], {}), fc.string({ maxLength: 12 }), fc.integer());

interface Corruption {
  readonly path: string;
  readonly value: unknown;
  readonly raw: RawSettings;
}
const valueAt = (raw: unknown, path: string) => path.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], raw);

/** Values that are close to what there is: most of them are accepted. */
function neighbours(present: unknown): readonly unknown[] {
  if (typeof present === "number") return [present - 1, present + 1, present * 2];
  if (typeof present === "boolean") return [!present];
  return [`${String(present)}x`, `x${String(present)}`, String(present).slice(1)];
}

const CORRUPTIONS = fc
  .constantFrom(...PATHS)
  .chain((path) => {
    const value = fc.oneof(
      { weight: 1, arbitrary: fc.constant(undefined) },
      { weight: 2, arbitrary: OTHERS },
      { weight: 8, arbitrary: fc.constantFrom<unknown>(...(typeof valueAt(PROD, path) === "number" ? NUMBERS : TEXTS)) },
      { weight: 3, arbitrary: fc.constantFrom(...neighbours(valueAt(PROD, path))) },
    );
    return fc.record({ path: fc.constant(path), value });
  })
  .map(({ path, value }): Corruption => ({ path, value, raw: withValue(PROD, path, value) }));

/** Whether a line is about a setting: names it, or the section or list that it is in. */
function names(line: string, path: string): boolean {
  return path
    .split(".")
    .filter((key) => !/^\d+$/.test(key))
    .slice(-2)
    .some((key) => line.includes(key));
}

it("a spoilt setting is refused by its name, or accepted by every component", async () => {
  const accepted: Corruption[] = [];
  fc.assert(
    fc.property(CORRUPTIONS, (corruption) => {
      const problems = problemsOf(corruption.raw);
      if (problems.length === 0) accepted.push(corruption);
      return problems.every((line) => names(line, corruption.path));
    }),
    RUNS,
  );

  // The odd ones: a run of the program takes half a second, and what is close to the committed settings offends nobody.
  const odd = accepted.filter(({ path, value }) => !neighbours(valueAt(PROD, path)).includes(value));
  const tried = [...new Map(odd.map((corruption) => [corruption.path, corruption])).values()].slice(0, PROGRAM_RUNS);
  expect(tried).toHaveLength(PROGRAM_RUNS);
  const child = spawn(process.execPath, ["--import", require.resolve("tsx"), join(__dirname, "..", "helpers", "program-child.ts")]);
  child.stdin.end(tried.map(({ raw }) => JSON.stringify(raw)).join("\n"));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  expect(err).toBe("");
  const results = JSON.parse(out) as (string | null)[];
  expect(results).toHaveLength(tried.length);
  expect(
    tried.map(({ path, value }, index) => ({ path, value, message: results[index] })).filter(({ message }) => message !== null),
  ).toEqual([]);
}, 180_000);
