/** The rehearsal's folder: where its servers keep everything, who works in it, and how far it got. */
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { cacheDir, readHolder, tryLock } from "../../toolchain/cache";

/** Place of the folder for root, whose home is closed to the users that PostgreSQL and pods run as. Survives a reboot, as a cache does. */
const DIRECTORY_OF_ROOT = "/var/tmp/maestroverse-ops-rehearsal";

/** The folder; one for each user of a machine, since the ports are. */
export function rehearsalDirectory(): string {
  return process.getuid?.() === 0 ? DIRECTORY_OF_ROOT : cacheDir("rehearsal");
}

/**
 * Makes the folder: others may pass through it, to what they own inside, and see nothing.
 *
 * @throws Error when somebody else made it
 */
export function makeDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o711 });
  const found = lstatSync(directory);
  if (!found.isDirectory() || found.uid !== process.getuid?.())
    throw new Error(`${directory} belongs to somebody else. Remove it, then run again.`);
  chmodSync(directory, 0o711);
}

/** Takes the rehearsal for this process. @returns what gives it back @throws Error that names who has it */
export async function takeRehearsal(directory: string): Promise<() => void> {
  // Beside the folder, which `down` removes.
  const file = `${directory}.lock`;
  if (!(await tryLock(file))) {
    const holder = await readHolder(file);
    throw new Error(
      `Another rehearsal is at work on this machine${holder === undefined ? "" : ` (pid ${holder.pid})`}: there are its ports only once. ` +
        `Wait for it to end, or end it, then run again.`,
    );
  }
  return () => rmSync(file, { force: true });
}

/** How far the last run came. `deploying` after a run was cut off in the middle of a deployment: nobody knows what exists. `kept`: by a run with `--keep`. */
export type Progress = "nothing" | "deploying" | "deployed" | "kept";

/** Reads the {@link Progress}. */
export function readProgress(directory: string): Progress {
  const file = join(directory, "progress");
  return existsSync(file) ? (readFileSync(file, "utf8") as Progress) : "nothing";
}

/** Notes the {@link Progress}. */
export function noteProgress(directory: string, progress: Exclude<Progress, "nothing">): void {
  writeFileSync(join(directory, "progress"), progress);
}

/** The passphrase of the engine's state; made once. */
export function statePassphrase(directory: string): string {
  const file = join(directory, "passphrase");
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("hex"), { mode: 0o600 });
  return readFileSync(file, "utf8");
}
