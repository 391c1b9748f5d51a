/** A dump that is whole, and yet not what it should be: of the wrong database, or of one that somebody has emptied. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseContents } from "./contents";
import { listDumps, manifestName } from "./dump-files";
import { type AnyManifest, type Manifest, readManifest } from "./manifest";

/** Percent of its size, or of its rows, that a dump may have lost since the one before. The monitor of runbook §6 warns earlier. */
const LOST_PERCENT = 50;
/** Rows below which a loss is no sign of anything. */
const FEW_ROWS = 100;

/** @throws Error when there is nothing in the database: no dump is made of it */
export function requireTables({ tables }: DatabaseContents, database: string): void {
  if (Object.keys(tables).length === 0)
    throw new Error(
      `database ${database} has no table. It is another than the one that is to be kept, or somebody has dropped everything: the dumps before stay.`,
    );
}

/** The manifest of the newest verified dump of a folder; undefined: there is none, or it cannot be read. */
export function manifestBefore(directory: string): AnyManifest | undefined {
  const before = listDumps(directory).find(({ verified }) => verified);
  if (before === undefined) return undefined;
  try {
    return readManifest(readFileSync(join(directory, manifestName(before.name)), "utf8"));
  } catch {
    // A manifest that somebody has damaged must not cost the night's dump.
    return undefined;
  }
}

/** What of a dump is unlike the one before, a sentence each. */
export function suspicions(
  dump: Pick<Manifest, "sizeBytes" | "encryption" | "database" | "systemIdentifier" | "contents" | "startedAt">,
  before: AnyManifest | undefined,
): string[] {
  if (before === undefined) return [];
  const found: string[] = [];
  const lost = (what: string, now: number, then: number) => {
    if (now < then * (1 - LOST_PERCENT / 100))
      found.push(`${what}: ${now}, ${before.file} had ${then}: ${Math.round((1 - now / then) * 100)} % less.`);
  };
  lost("size in bytes", dump.sizeBytes, before.sizeBytes);
  if (before.contents !== undefined) {
    const [now, then] = [dump.contents, before.contents].map(rowsOf) as [number, number];
    if (then >= FEW_ROWS) lost("rows", now, then);
    const gone = Object.keys(before.contents.tables).filter((table) => dump.contents.tables[table] === undefined);
    if (gone.length > 0) found.push(`tables that ${before.file} had are gone: ${gone.join(", ")}.`);
  }
  if (before.encryption !== undefined && dump.encryption === undefined)
    found.push(`it is not encrypted, ${before.file} is: backups.ageRecipients was emptied.`);
  if (dump.database !== before.database) found.push(`it is of database ${dump.database}, ${before.file} is of ${before.database}.`);
  if (before.systemIdentifier !== undefined && before.systemIdentifier !== dump.systemIdentifier)
    found.push(
      `it is of server ${dump.systemIdentifier}, ${before.file} is of ${before.systemIdentifier}: restored, replaced, or another one.`,
    );
  if (dump.startedAt < before.startedAt)
    found.push(`the clock says ${dump.startedAt}, ${before.file} was begun at ${before.startedAt}: it was set back.`);
  return found;
}

const rowsOf = ({ tables }: DatabaseContents) => Object.values(tables).reduce((sum, { rows }) => sum + rows, 0);
