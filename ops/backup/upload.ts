/** To S3: in parts of bounded memory, each with a checksum that S3 verifies, under the bucket's KMS key, never over another object. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { BackupSettings } from "./settings";

const MEBIBYTE = 1024 * 1024;
/** Bytes of a part: few requests, and memory that a small pod has twice. S3 takes 5 MiB to 5 GiB. */
const PART_BYTES = 16 * MEBIBYTE;
/** Parts of an upload: S3's limit is 10,000. */
const MAXIMUM_PARTS = 9_000;
/** Tries of each request, the first included. */
const ATTEMPTS = 5;
/** Milliseconds to connect, and of silence on a connection, until a request has failed: five tries of a silent S3 take as many minutes. */
const CONNECT_MILLISECONDS = 10_000;
const SILENCE_MILLISECONDS = 60_000;

/**
 * A client for the bucket. Credentials come from the pod: its role's token, or the environment.
 *
 * @param silence milliseconds of silence on a connection until a request has failed
 */
export function createS3Client({ region }: Pick<BackupSettings, "region">, silence = SILENCE_MILLISECONDS): S3Client {
  return new S3Client({
    region,
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_MILLISECONDS, socketTimeout: silence },
  });
}

/** Where an object goes. */
export interface Target {
  readonly bucket: string;
  readonly key: string;
  readonly kmsKey: string;
}

/** An object that S3 has. */
export interface StoredObject {
  /** Version, for a bucket with versions. */
  readonly versionId: string | undefined;
  /** Checksum as S3 reckons it for an upload in parts: SHA-256 of the parts' SHA-256, and their number. */
  readonly checksum: string;
}

/** Bytes of each part of a file: {@link PART_BYTES}, more where the file would have too many. */
export function partBytes(fileBytes: number): number {
  return Math.max(PART_BYTES, Math.ceil(fileBytes / MAXIMUM_PARTS / MEBIBYTE) * MEBIBYTE);
}

/**
 * Uploads a file.
 *
 * @throws Error when S3 refuses, an object of that name exists, or S3's checksum is not that of what was sent
 */
export async function uploadFile(
  client: S3Client,
  target: Target,
  file: string,
  metadata: Readonly<Record<string, string>>,
  abortSignal?: AbortSignal,
): Promise<StoredObject> {
  const { bucket: Bucket, key: Key } = target;
  const options = abortSignal === undefined ? {} : { abortSignal };
  const place = `s3://${Bucket}/${Key}`;
  let UploadId: string | undefined;
  try {
    ({ UploadId } = await client.send(
      new CreateMultipartUploadCommand({
        Bucket,
        Key,
        ChecksumAlgorithm: "SHA256",
        ContentType: "application/octet-stream",
        Metadata: { ...metadata },
        ...encryption(target),
      }),
      options,
    ));
    const { parts, checksum } = await sendParts(client, { Bucket, Key, UploadId }, file, options);
    const stored = await client.send(
      // If-None-Match: a dump is never written over.
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: parts }, IfNoneMatch: "*" }),
      options,
    );
    requireChecksum("the object", stored.ChecksumSHA256, checksum);
    return { versionId: stored.VersionId, checksum };
  } catch (error) {
    // Otherwise its parts are paid for until the lifecycle finds them.
    if (UploadId !== undefined) await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(() => undefined);
    throw uploadError(place, error, abortSignal);
  }
}

/** Stores a small text. */
export async function uploadText(client: S3Client, target: Target, text: string, abortSignal?: AbortSignal): Promise<void> {
  const { bucket: Bucket, key: Key } = target;
  try {
    await client.send(
      new PutObjectCommand({
        Bucket,
        Key,
        Body: text,
        ContentType: "application/json",
        ChecksumAlgorithm: "SHA256",
        IfNoneMatch: "*",
        ...encryption(target),
      }),
      abortSignal === undefined ? {} : { abortSignal },
    );
  } catch (error) {
    throw uploadError(`s3://${Bucket}/${Key}`, error, abortSignal);
  }
}

const encryption = ({ kmsKey }: Target) => ({ ServerSideEncryption: "aws:kms" as const, SSEKMSKeyId: kmsKey });

async function sendParts(
  client: S3Client,
  upload: { readonly Bucket: string; readonly Key: string; readonly UploadId: string | undefined },
  file: string,
  options: { readonly abortSignal?: AbortSignal },
): Promise<{ parts: CompletedPart[]; checksum: string }> {
  const parts: CompletedPart[] = [];
  const digests: Buffer[] = [];
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.allocUnsafe(partBytes(size));
    for (let position = 0; position < size;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) throw new Error(`${file} became shorter while it was read`);
      const Body = buffer.subarray(0, bytesRead);
      const digest = createHash("sha256").update(Body).digest();
      const PartNumber = parts.length + 1;
      const ChecksumSHA256 = digest.toString("base64");
      const { ETag, ChecksumSHA256: theirs } = await client.send(
        new UploadPartCommand({ ...upload, PartNumber, Body, ContentLength: bytesRead, ChecksumSHA256 }),
        options,
      );
      // S3 refuses bytes that do not have the checksum that is sent with them; a server that does not, and says what it got, is found here.
      requireChecksum(`part ${PartNumber}`, theirs, ChecksumSHA256);
      parts.push({ PartNumber, ETag, ChecksumSHA256 });
      digests.push(digest);
      position += bytesRead;
    }
  } finally {
    await handle.close();
  }
  return { parts, checksum: `${createHash("sha256").update(Buffer.concat(digests)).digest("base64")}-${parts.length}` };
}

/** @param theirs S3's word, where it gives one */
function requireChecksum(what: string, theirs: string | undefined, ours: string): void {
  if (theirs !== undefined && theirs !== ours)
    throw new Error(`the checksum that S3 gives of ${what} is ${theirs}, the one of what was sent is ${ours}`);
}

function uploadError(place: string, error: unknown, abortSignal: AbortSignal | undefined): Error {
  if (abortSignal?.aborted === true) return abortSignal.reason as Error;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const hint =
    name === "PreconditionFailed"
      ? "An object of that name is there already and stays as it is; run again in the next minute."
      : "The dump is kept on the volume; run the Job again when S3 takes it.";
  return new Error(`cannot store ${place}: ${name === "Error" ? "" : `${name}: `}${message.replace(/\.$/, "")}. ${hint}`, { cause: error });
}
