/** `npm run mutation`: whether the tests of policies/ notice a change of the rules (ADR 0019). */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { cacheDir } from "../../toolchain/cache";
import type { Mutant } from "./instrument";
import { KillMatrix } from "./kill-matrix";
import { LEAST, reportText, scores } from "./report";
import { runMutants, type Verdict } from "./runner";
import { UnitTests } from "./unit-tests";

const ROOT = resolve(__dirname, "..", "..");
/** What kills, beside the kill matrix. */
const TESTS = ["rules", "documents", "nginx", "kubernetes-variants", "platform-variants", "pack", "unpack"].map(
  (name) => `tests/policies/${name}.test.ts`,
);

/** What verdicts depend on. */
const SOURCES = ["policies", "tests/policies", "tests/mutation", "tests/helpers"];

const HELP = `npm run mutation -- [options]

  --files PATH    only this file, or the files of this folder [policies]
  --json FILE     writes every mutant with its verdict
  --fresh         forgets the verdicts of earlier runs

Changes the rules in some thousand ways, one at a time, and looks whether a test of policies/ fails for each. Verdicts are kept in
the cache until a policy or a test of them changes: a run that was stopped goes on where it was. Ends with 1 below ${LEAST} %.
`;

/** Verdicts of earlier runs on the same sources and tests. */
class Memory {
  private readonly file = cacheDir("mutation", `${digestOf(SOURCES.flatMap(filesIn))}.json`);
  private readonly verdicts = new Map<string, Verdict>();

  async read(): Promise<void> {
    try {
      for (const each of JSON.parse(await readFile(this.file, "utf8")) as Verdict[]) this.verdicts.set(keyOf(each), each);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }

  /** A mutant's id is another one in a run over other files. */
  get(mutant: Mutant): Verdict | undefined {
    const known = this.verdicts.get(keyOf(mutant));
    return known === undefined ? undefined : { ...known, ...mutant };
  }

  add(verdict: Verdict): void {
    this.verdicts.set(keyOf(verdict), verdict);
  }

  async write(): Promise<void> {
    await mkdir(dirname(this.file), { recursive: true });
    await writeFile(this.file, JSON.stringify([...this.verdicts.values()]));
  }
}

const keyOf = ({ file, line, column, mutator, original, replacement }: Mutant) =>
  JSON.stringify([file, line, column, mutator, original, replacement]);

/** A file, or the TypeScript files below a folder. */
function filesIn(path: string): string[] {
  if (statSync(join(ROOT, path)).isFile()) return [path];
  const names = readdirSync(join(ROOT, path), { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => join(path, name));
}

function digestOf(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of [...files].sort())
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(ROOT, file)))
      .update("\0");
  return hash.digest("hex").slice(0, 20);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      files: { type: "string", default: "policies" },
      json: { type: "string" },
      fresh: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const files = filesIn(values.files);
  if (files.length === 0)
    throw new Error(`--files ${values.files} has no TypeScript file. Give a file or a folder, from the repository's root.`);
  const memory = new Memory();
  if (!values.fresh) await memory.read();
  let written = Date.now();
  const verdicts = await runMutants(
    { root: ROOT, files, suites: [new KillMatrix(), new UnitTests(TESTS)] },
    {
      known: (mutant) => memory.get(mutant),
      onVerdict: async (verdict, done, all) => {
        memory.add(verdict);
        if (Date.now() - written < 10_000) return;
        written = Date.now();
        await memory.write();
        process.stderr.write(`${done} of ${all}: ${verdict.file}\n`);
      },
    },
  );
  await memory.write();
  process.stdout.write(reportText(verdicts));
  if (values.json !== undefined)
    await writeFile(values.json, `${JSON.stringify({ scores: scores(verdicts), mutants: verdicts }, null, 2)}\n`);
  return (scores(verdicts).at(-1)?.percent ?? 0) < LEAST ? 1 : 0;
}

main().then(
  // Servers that a test started hold the process up.
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
