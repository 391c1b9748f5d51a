/** The database's certificates as a file on the machine that deploys: the PostgreSQL plugin takes a path, and no text (runbook §2). */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { authorityConfigMapName } from "./database-authority";

/** Folder of such files, this user's alone. The path becomes part of the provider's state: it is the same at each run of a user. */
export const AUTHORITY_FOLDER = join(homedir(), ".cache", "maestroverse-ops", "database-authority");

/**
 * Writes the certificates where they are not there yet.
 *
 * @returns the file's path, named by content
 * @throws Error when the folder cannot be written
 */
export function authorityFileHere(pem: string, folder = AUTHORITY_FOLDER): string {
  const file = join(folder, `${authorityConfigMapName(pem)}.pem`);
  try {
    if (existsSync(file) && readFileSync(file, "utf8") === pem) return file;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.${process.pid}`, pem, { mode: 0o600 });
    renameSync(`${file}.${process.pid}`, file);
  } catch (error) {
    throw new Error(
      `the database's certificates cannot be written to ${file}: ${error instanceof Error ? error.message : String(error)}. ` +
        "The PostgreSQL plugin reads them there: make the folder this user's.",
      { cause: error },
    );
  }
  return file;
}
