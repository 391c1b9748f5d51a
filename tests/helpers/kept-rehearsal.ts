/**
 * One kept rehearsal for every suite that needs the whole environment: started by whoever comes first, used by one suite at a time, ended by
 * tests/global-teardown.js.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import type { Settings } from "../../config";
import { rehearsalDirectory, readProgress } from "../../rehearsal/lib/directory";
import { loadSettings } from "../../rehearsal/rehearse";
import { tryLock } from "../../toolchain/cache";

const ROOT = resolve(__dirname, "..", "..");
const LOCK_POLL_MILLISECONDS = 500;

/** Milliseconds for the `beforeAll` that calls {@link keepRehearsal}: it may wait for every other such suite. */
export const KEEP_TIMEOUT = 1_800_000;

/** The environment, until it is released. */
export interface SharedRehearsal {
  readonly directory: string;
  readonly settings: Settings;
  /** Says that this suite leaves it changed: the next one gets a new one. */
  spoil(): void;
  /** Lets the next suite have it. */
  release(): void;
}

/** Runs `npm run rehearse -- <args>`. @throws Error with its output when it fails */
async function rehearse(...args: string[]): Promise<void> {
  await execa(process.execPath, ["--import", require.resolve("tsx"), join(ROOT, "ops", "main.ts"), "rehearse", ...args], { cwd: ROOT });
}

/** Takes the machine's one rehearsal for this suite, whatever state it is in. @returns what gives it back */
export async function takeRehearsalForTests(): Promise<() => void> {
  const lock = `${rehearsalDirectory()}.tests.lock`;
  while (!(await tryLock(lock))) await sleep(LOCK_POLL_MILLISECONDS);
  return () => rmSync(lock, { force: true });
}

/** Takes the rehearsal that this run of jest keeps, and starts it where there is none. */
export async function keepRehearsal(): Promise<SharedRehearsal> {
  const giveBack = await takeRehearsalForTests();
  try {
    const directory = rehearsalDirectory();
    const owner = join(directory, "test-run");
    const run = process.env["MAESTROVERSE_TEST_RUN"] ?? "";
    const ours = readProgress(directory) === "kept" && existsSync(owner) && readFileSync(owner, "utf8") === run;
    if (!ours) {
      await rehearse("down");
      writeFileSync(join(run, "rehearsal"), "");
      await rehearse("--keep");
      writeFileSync(owner, run);
    }
    return { directory, settings: await loadSettings(), spoil: () => rmSync(owner, { force: true }), release: giveBack };
  } catch (error) {
    giveBack();
    throw error;
  }
}
