/** A dump: how it is made, and how it is known to be whole. */
import { statSync } from "node:fs";
import { LOCK_WAIT } from "./database";
import { runProgram } from "./programs";
import type { BackupSettings } from "./settings";

/**
 * Level of gzip. pg_dump compresses on one core, and that is what a dump's time is made of: at level 1 it takes half of the time that its default, 6,
 * takes, for a file that is a twentieth larger. As long as it lasts, vacuum waits.
 */
const COMPRESSION = 1;

/** Version that a program reports, for example `15.14`. */
export async function programVersion(program: "pg_dump" | "pg_restore", settings: BackupSettings): Promise<string> {
  const answer = await runProgram(program, ["--version"], { env: settings.databaseEnvironment });
  const version = /\(PostgreSQL\) (\d+\S*)/.exec(answer)?.[1];
  if (version === undefined) throw new Error(`${program} --version said ${JSON.stringify(answer.trim())}, which names no version.`);
  return version;
}

/**
 * An older pg_dump does not know what a newer server stores.
 *
 * @throws Error when pg_dump's major version is below the server's
 */
export function requireMatchingVersions(pgDumpVersion: string, serverMajor: number, serverVersion: string): void {
  if (Number.parseInt(pgDumpVersion, 10) < serverMajor)
    throw new Error(
      `pg_dump must be ${serverMajor} or newer for a server of version ${serverVersion}, got ${pgDumpVersion}. ` +
        `Set backups.image to one with PostgreSQL's client programs of version ${serverMajor} or newer.`,
    );
}

/**
 * Dumps the database in the custom format.
 *
 * @param file where to, a name that no one takes for a finished dump
 * @param snapshot the moment that it dumps, which a session holds until the dump has begun
 */
export async function dumpDatabase(file: string, settings: BackupSettings, snapshot: string, signal?: AbortSignal): Promise<void> {
  const args = [
    "--format=custom",
    `--compress=${COMPRESSION}`,
    "--no-password",
    `--lock-wait-timeout=${LOCK_WAIT}`,
    `--snapshot=${snapshot}`,
    `--file=${file}`,
  ];
  await runProgram("pg_dump", args, { env: settings.databaseEnvironment, signal });
}

/**
 * Reads the whole archive. `pg_restore --list` alone accepts a dump that was cut in half: it reads the table of contents, which comes first.
 *
 * Not a proof that it restores: that is the recovery drill's.
 *
 * @throws Error when the file is empty, is no archive, or ends too early
 */
export async function checkArchive(file: string, settings: BackupSettings, signal?: AbortSignal): Promise<void> {
  if (statSync(file).size === 0) throw new Error("the dump is empty (0 bytes).");
  const options = { env: settings.databaseEnvironment, signal };
  const list = await runProgram("pg_restore", ["--list", file], options);
  if (!list.split("\n").some((line) => /^\d+;/.test(line))) throw new Error("the dump's table of contents is empty.");
  await runProgram("pg_restore", ["--file=/dev/null", file], options);
}
