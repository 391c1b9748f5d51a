/** One backup at a time in a folder. */
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";

/** The folder is another run's. */
class LockedError extends Error {
  constructor(directory: string) {
    super(`another backup is running in ${directory}. Nothing was done; wait for it to end.`);
    this.name = "LockedError";
  }
}

/**
 * Takes the folder's lock. It is the kernel's: it ends with this process, however that ends, so no stale lock is ever left.
 *
 * @returns what gives it back
 * @throws LockedError when another run has it
 */
export function takeLock(directory: string): () => void {
  const descriptor = openSync(join(directory, ".lock"), "a");
  // flock(1) locks the open file that it shares with this process, which keeps it when flock has ended.
  const { status, error, stderr } = spawnSync("flock", ["--exclusive", "--nonblock", "3"], {
    stdio: ["ignore", "ignore", "pipe", descriptor],
    encoding: "utf8",
  });
  if (status === 0) return () => closeSync(descriptor);
  closeSync(descriptor);
  if (error !== undefined) throw new Error(`cannot lock ${directory}: ${error.message}. Install util-linux.`, { cause: error });
  if (status === 1) throw new LockedError(directory);
  throw new Error(`cannot lock ${directory}: flock said ${JSON.stringify(stderr.trim())}.`);
}
