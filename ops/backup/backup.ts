/** The nightly backup from the first to the last step (runbook §5). */
import type { S3Client } from "@aws-sdk/client-s3";
import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { checkArchive, dumpDatabase, programVersion, requireMatchingVersions } from "./archive";
import type { DatabaseContents } from "./contents";
import { type Snapshot, takeSnapshot } from "./database";
import { manifestName, openNameless, partialPath, publish, removePartials, sha256File, writeManifest } from "./dump-files";
import { type DumpEncryption, encryptFile } from "./encryption";
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
    const { name, sha256, encryption, server, contents } = await dump(settings, pgDumpVersion, startedAt, signal);
    const file = join(directory, name);
    const finishedAt = now();
    const target = { bucket, kmsKey, key: `${settings.prefix}${name}` };
    const stored = await uploadFile(client, target, file, { sha256 }, signal);
    const manifest = buildManifest(settings, before, {
      name,
      stored,
      sha256,
      encryption,
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
): Promise<MadeDump & { readonly server: Snapshot["server"]; readonly contents: DatabaseContents }> {
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
  /** Of the file as it lies there. */
  readonly sha256: string;
  readonly encryption: DumpEncryption | undefined;
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
  const { directory, recipients } = settings;
  const encrypted = recipients.length > 0;
  const partial = partialPath(directory, startedAt, encrypted);
  // What is not to be read lies under no name, not even for the time of a run.
  const nameless = encrypted ? await openNameless(partialPath(directory, startedAt)) : undefined;
  const plain = nameless?.path ?? partial;
  try {
    await dumpDatabase(plain, settings, snapshot, signal);
    const [digests] = await Promise.all([
      encrypted
        ? encryptDump(plain, partial, recipients, signal)
        : sha256File(plain, signal).then((sha256) => ({ sha256, encryption: undefined })),
      checkArchive(plain, settings, signal),
    ]);
    await ready;
    return { name: await publish(partial, directory, startedAt, encrypted), ...digests };
  } finally {
    await nameless?.close();
    rmSync(partial, { force: true });
  }
}

async function encryptDump(
  plain: string,
  file: string,
  recipients: readonly string[],
  signal: AbortSignal,
): Promise<Omit<MadeDump, "name">> {
  const { sourceBytes, sourceSha256, targetSha256 } = await encryptFile(plain, file, recipients, signal);
  return { sha256: targetSha256, encryption: { format: "age", recipients, plainSizeBytes: sourceBytes, plainSha256: sourceSha256 } };
}

function buildManifest(
  { bucket, prefix, database }: BackupSettings,
  before: AnyManifest | undefined,
  run: Pick<Manifest, "sha256" | "encryption" | "sizeBytes" | "serverVersion" | "systemIdentifier" | "pgDumpVersion" | "contents"> & {
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
