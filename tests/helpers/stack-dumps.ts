/** The golden dump of each stack: what a reviewer sees change. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const ROOT = resolve(__dirname, "..", "..");

/** Stacks with a golden dump. */
export const DUMPED_STACKS = ["prod", "staging", "rehearsal"] as const;

/** File of a stack's golden dump. */
export function goldenFile(stack: string): string {
  return join(ROOT, "tests", "golden", `${stack}.json`);
}

/** The committed dump. */
export function readGolden(stack: string): string {
  return readFileSync(goldenFile(stack), "utf8");
}

/** The dump of the program as it is, as text. @throws Error with what the program said when it fails */
export async function dumpStack(stack: string): Promise<string> {
  const script = join(ROOT, "tests", "helpers", "dump-stack.ts");
  const args = ["--import", require.resolve("tsx"), script, stack];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}
