/** The nightly backup from the first to the last step (runbook §5). */
import type { S3Client } from "@aws-sdk/client-s3";
import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { checkArchive, dumpDatabase, programVersion, requireMatchingVersions } from "./archive";
import type { DatabaseContents } from "./contents";
import { type Snapshot, takeSnapshot } from "./database";
import { manifestName, partialPath, publish, removePartials, sha256File, writeManifest } from "./dump-files";
import { takeLock } from "./lock";
import type { AnyManifest, Manifest } from "./manifest";
import { manifestBefore, requireTables, suspicions } from "./plausible";
import { applyRetention } from "./retention";
import type { BackupSettings } from "./settings";
import { type StoredObject, uploadFile, uploadText } from "./upload";

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
    const before = manifestBefore(directory);
    const pgDumpVersion = await programVersion("pg_dump", settings);
    const { name, sha256, server, contents } = await dump(settings, pgDumpVersion, startedAt, signal);
    const file = join(directory, name);
    const finishedAt = now();
    const target = { bucket, kmsKey, key: `${settings.prefix}${name}` };
    const stored = await uploadFile(client, target, file, { sha256 }, signal);
    const manifest = buildManifest(settings, before, {
      name,
      stored,
      sha256,
      sizeBytes: statSync(file).size,
      serverVersion: server.version,
      systemIdentifier: server.systemIdentifier,
      contents,
      pgDumpVersion,
      startedAt,
      finishedAt,
    });
    const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
    await uploadText(client, { ...target, key: manifestName(target.key) }, text, signal);
    await writeManifest(directory, name, text);
    // What was there before is kept as long as somebody may need it instead.
    return { manifest, removed: manifest.suspicions.length > 0 ? [] : applyRetention(directory, now(), settings.retentionDays) };
  } finally {
    unlock();
  }
}

/** The dump, and what the database held at its moment, read while it is made. */
async function dump(
  settings: BackupSettings,
  pgDumpVersion: string,
  startedAt: Date,
  signal: AbortSignal | undefined,
): Promise<{ readonly name: string; readonly sha256: string; readonly server: Snapshot["server"]; readonly contents: DatabaseContents }> {
  const snapshot = await takeSnapshot(settings.database);
  // Whichever fails first ends the other.
  const failed = new AbortController();
  const ended = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const end = (error: unknown) => {
    failed.abort(error);
    void snapshot.close();
  };
  try {
    requireMatchingVersions(pgDumpVersion, snapshot.server.majorVersion, snapshot.server.version);
    const reading = snapshot.contents().then((contents) => {
      requireTables(contents, settings.database.name);
      return contents;
    });
    const making = makeDump(settings, { snapshot: snapshot.id, startedAt, ready: reading, signal: ended });
    const [contents, made] = await Promise.all([reading.catch(end), making.catch(end)]);
    failed.signal.throwIfAborted();
    return { ...(made as MadeDump), server: snapshot.server, contents: contents as DatabaseContents };
  } finally {
    await snapshot.close();
  }
}

/** A dump that is whole and on the disk. */
interface MadeDump {
  readonly name: string;
  readonly sha256: string;
}

/** @param ready what must be known before the dump gets its name */
async function makeDump(
  settings: BackupSettings,
  {
    snapshot,
    startedAt,
    ready,
    signal,
  }: { readonly snapshot: string; readonly startedAt: Date; readonly ready: Promise<unknown>; readonly signal: AbortSignal },
): Promise<MadeDump> {
  const partial = partialPath(settings.directory, startedAt);
  try {
    await dumpDatabase(partial, settings, snapshot, signal);
    const [sha256] = await Promise.all([sha256File(partial, signal), checkArchive(partial, settings, signal)]);
    await ready;
    return { name: await publish(partial, settings.directory, startedAt), sha256 };
  } finally {
    rmSync(partial, { force: true });
  }
}

function buildManifest(
  { bucket, prefix, database }: BackupSettings,
  before: AnyManifest | undefined,
  run: Pick<Manifest, "sha256" | "sizeBytes" | "serverVersion" | "systemIdentifier" | "pgDumpVersion" | "contents"> & {
    readonly name: string;
    readonly stored: StoredObject;
    readonly startedAt: Date;
    readonly finishedAt: Date;
  },
): Manifest {
  const { name, stored, startedAt, finishedAt, ...facts } = run;
  const manifest = {
    formatVersion: 2 as const,
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
  return { ...manifest, suspicions: suspicions(manifest, before) };
}
