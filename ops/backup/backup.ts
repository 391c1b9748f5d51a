/** The nightly backup from the first to the last step (runbook §5). */
import type { S3Client } from "@aws-sdk/client-s3";
import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { checkArchive, dumpDatabase, programVersion, requireMatchingVersions } from "./archive";
import { describeServer } from "./database";
import { manifestName, partialPath, publish, removePartials, sha256File, writeManifest } from "./dump-files";
import { takeLock } from "./lock";
import { applyRetention } from "./retention";
import type { BackupSettings } from "./settings";
import { type StoredObject, uploadFile, uploadText } from "./upload";

/** What stands beside a dump. Written last: a dump without a manifest does not count. */
export interface Manifest {
  readonly formatVersion: 1;
  readonly file: string;
  /** `s3://bucket/key` of the dump. */
  readonly location: string;
  /** The object's version, where the bucket has versions. */
  readonly versionId: string | undefined;
  readonly sizeBytes: number;
  /** Hex digits. */
  readonly sha256: string;
  /** Checksum of the object as S3 reckons it. */
  readonly s3Checksum: string;
  readonly database: string;
  readonly host: string;
  readonly serverVersion: string;
  readonly pgDumpVersion: string;
  /** Rows by table as the catalogue estimates them; null where a table was never analysed. */
  readonly rowEstimates: Readonly<Record<string, number | null>>;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** When the dump was made and checked. */
  readonly finishedAt: string;
}

/** How a run that succeeded ended. */
export interface BackupResult {
  readonly manifest: Manifest;
  /** Local dumps that were removed. */
  readonly removed: readonly string[];
}

/**
 * Dump, check, name, upload, manifest, retention, in this order; one at a time per folder.
 *
 * @throws Error that says which step failed and what to do; then no file and no object bears a dump's name unless it is a whole dump
 */
export async function runBackup(
  settings: BackupSettings,
  client: S3Client,
  options: { readonly signal?: AbortSignal; readonly now?: () => Date } = {},
): Promise<BackupResult> {
  const { signal, now = () => new Date() } = options;
  const { directory, bucket, kmsKey } = settings;
  mkdirSync(directory, { recursive: true });
  const unlock = takeLock(directory);
  try {
    const startedAt = now();
    removePartials(directory);
    const server = await describeServer(settings.database);
    const pgDumpVersion = await programVersion("pg_dump", settings);
    requireMatchingVersions(pgDumpVersion, server.majorVersion, server.version);

    const name = await makeDump(settings, startedAt, signal);
    const file = join(directory, name);
    const finishedAt = now();
    const sha256 = await sha256File(file);
    const target = { bucket, kmsKey, key: `${settings.prefix}${name}` };
    const stored = await uploadFile(client, target, file, { sha256 }, signal);
    const manifest = buildManifest(settings, {
      name,
      stored,
      sha256,
      sizeBytes: statSync(file).size,
      serverVersion: server.version,
      rowEstimates: server.rowEstimates,
      pgDumpVersion,
      startedAt,
      finishedAt,
    });
    const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
    await uploadText(client, { ...target, key: manifestName(target.key) }, text, signal);
    await writeManifest(directory, name, text);
    return { manifest, removed: applyRetention(directory, now(), settings.retentionDays) };
  } finally {
    unlock();
  }
}

/** @returns the name of a dump that is whole and on the disk */
async function makeDump(settings: BackupSettings, startedAt: Date, signal: AbortSignal | undefined): Promise<string> {
  const partial = partialPath(settings.directory, startedAt);
  try {
    await dumpDatabase(partial, settings, signal);
    await checkArchive(partial, settings, signal);
    return await publish(partial, settings.directory, startedAt);
  } finally {
    rmSync(partial, { force: true });
  }
}

function buildManifest(
  { bucket, prefix, database }: BackupSettings,
  run: Pick<Manifest, "sha256" | "sizeBytes" | "serverVersion" | "pgDumpVersion" | "rowEstimates"> & {
    readonly name: string;
    readonly stored: StoredObject;
    readonly startedAt: Date;
    readonly finishedAt: Date;
  },
): Manifest {
  const { name, stored, startedAt, finishedAt, ...facts } = run;
  return {
    formatVersion: 1,
    file: name,
    location: `s3://${bucket}/${prefix}${name}`,
    versionId: stored.versionId,
    s3Checksum: stored.checksum,
    database: database.name,
    host: database.host,
    ...facts,
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
  };
}
