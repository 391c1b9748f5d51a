/**
 * Runs this program under the mock monitor with settings after settings, in one process: it is module-level code, and what a failing program
 * leaves behind would be a failure of the test runner's own. Input: JSON lines, each the raw settings of prod. Output: a JSON list of the
 * messages that each run ended with, null where it succeeded. Usage: tsx program-child.ts < lines
 */
import { text } from "node:stream/consumers";
import * as pulumi from "@pulumi/pulumi";
import { program } from "../../program";
import { startMocks } from "./mocks";

// The SDK takes a stack trace for each promise that it makes: half of a run.
Error.stackTraceLimit = 0;

async function run(raw: Record<string, unknown>): Promise<string | null> {
  const failures: string[] = [];
  const note = (error: unknown) => failures.push(error instanceof Error ? error.message : String(error));
  process.on("unhandledRejection", note);
  try {
    const mocks = await startMocks({ stack: "prod", preview: true });
    const texts = Object.entries(raw).map(([key, value]) => [
      `maestroverse-ops:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
    pulumi.runtime.setAllConfig(Object.fromEntries(texts) as Record<string, string>);
    await mocks.run(() => void program());
  } catch (error) {
    note(error);
  } finally {
    process.off("unhandledRejection", note);
  }
  return failures[0] ?? null;
}

async function main(): Promise<void> {
  const results: (string | null)[] = [];
  for (const line of (await text(process.stdin)).split("\n").filter((each) => each !== ""))
    results.push(await run(JSON.parse(line) as Record<string, unknown>));
  process.stdout.write(JSON.stringify(results));
}

void main();
