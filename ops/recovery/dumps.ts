/** Dumps in a bucket (runbook §5): which there are, and how one is had. */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Readable } from "node:stream";
import { type _Object, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { manifestName, newestFirst, readDumpName } from "../backup/dump-files";
import { type AnyManifest, readManifest } from "../backup/manifest";

/** A prefix of a bucket. */
export interface Place {
  readonly bucket: string;
  /** Empty, or ends with `/`. */
  readonly prefix: string;
}

/** A dump that has a manifest. */
export interface StoredDump {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** When it was stored. */
  readonly at: Date;
}

/** @param location `s3://bucket/prefix` */
export function placeOf(location: string): Place {
  const { hostname: bucket, pathname } = new URL(location);
  return { bucket, prefix: pathname.slice(1) };
}

/** Every object below a prefix. */
export async function listAll(client: S3Client, { bucket, prefix }: Place): Promise<_Object[]> {
  const found: _Object[] = [];
  for (let token: string | undefined; ;) {
    const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }));
    found.push(...(page.Contents ?? []));
    token = page.NextContinuationToken;
    if (token === undefined) return found;
  }
}

/** Dumps that have a manifest: others do not count. The newest first. */
export function wholeDumps(objects: readonly Pick<_Object, "Key" | "Size" | "LastModified">[]): StoredDump[] {
  const keys = new Set(objects.map(({ Key }) => Key));
  return objects
    .flatMap(({ Key = "", Size = 0, LastModified }) => {
      const name = readDumpName(Key.split("/").at(-1) ?? "");
      return name !== undefined && keys.has(manifestName(Key)) && LastModified !== undefined
        ? [{ name, dump: { key: Key, size: Size, at: LastModified } }]
        : [];
    })
    .sort((a, b) => newestFirst(a.name, b.name))
    .map(({ dump }) => dump);
}

/** Text of an object. */
export async function readText(client: S3Client, bucket: string, key: string): Promise<string> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return (await Body?.transformToString()) ?? "";
}

/** A dump's manifest. @throws Error that says what is wrong with it */
export async function manifestOf(client: S3Client, bucket: string, key: string): Promise<AnyManifest> {
  return readManifest(await readText(client, bucket, manifestName(key)));
}

/** What somebody wrote over a dump since: the version that the manifest names is still there, below it. @returns undefined: nothing */
export async function writtenOver(client: S3Client, bucket: string, key: string, { versionId }: AnyManifest): Promise<string | undefined> {
  if (versionId === undefined) return undefined;
  const { VersionId, ContentLength } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
  if (VersionId === versionId) return undefined;
  return `${ContentLength} bytes were written over it, as version ${VersionId}; used is version ${versionId}, which its manifest names`;
}

/**
 * Fetches a dump as a stream, and holds it against its manifest: the version that was stored, and no other.
 *
 * @throws Error that says how it differs; then the file is of no use
 */
export async function fetchDump(
  client: S3Client,
  {
    bucket,
    key,
    manifest,
    file,
    report,
    signal,
  }: {
    readonly bucket: string;
    readonly key: string;
    readonly manifest: AnyManifest;
    readonly file: string;
    readonly report: (line: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { versionId, sizeBytes, sha256 } = manifest;
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }), { abortSignal: signal });
  const hash = createHash("sha256");
  let bytes = 0;
  let told = 0;
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      const percent = Math.floor((bytes / sizeBytes) * 10) * 10;
      if (percent > told) report(`${(told = percent)} % of ${sizeBytes} bytes`);
      done(null, chunk);
    },
  });
  await pipeline(Body as Readable, watch, createWriteStream(file, { mode: 0o600 }), { signal });
  if (bytes !== sizeBytes) throw new Error(`it has ${bytes} bytes, ${sizeBytes} were stored`);
  if (hash.digest("hex") !== sha256) throw new Error("its SHA-256 is not the one that was stored");
}
