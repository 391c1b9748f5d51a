/** A dump in the bucket against its manifest (runbook §5). */
import { createHash } from "node:crypto";
import { GetObjectCommand, HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { AnyManifest } from "../backup/manifest";

/** Bytes of a dump that is read whole to compare its checksum; of a larger one S3's own is compared. */
const READ_BYTES = 64 * 1024 * 1024;

/** Whether a dump is encrypted for those whom the settings name, and for nobody else. */
export function readers(key: string, { encryption }: AnyManifest, recipients: readonly string[]): string[] {
  const names = (list: readonly string[]) => (list.length === 0 ? "nobody (it is not)" : [...list].sort().join(", "));
  const [has, wanted] = [names(encryption?.recipients ?? []), names(recipients)];
  return has === wanted
    ? []
    : [`${key} is encrypted with age for ${has}, and backups.ageRecipients says ${wanted}; if that is new: make one now`];
}

/** What is wrong with a dump; undefined: it is what its manifest says. */
export async function compareWithManifest(
  client: S3Client,
  bucket: string,
  { key, size }: { readonly key: string; readonly size: number },
  manifest: AnyManifest,
): Promise<string | undefined> {
  if (manifest.sizeBytes !== size) return `it has ${size} bytes, ${manifest.sizeBytes} were stored`;
  if (size > READ_BYTES) {
    const { ChecksumSHA256 } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: "ENABLED" }));
    return ChecksumSHA256 === manifest.s3Checksum ? undefined : "S3's checksum of it is not the one that was stored";
  }
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
  return createHash("sha256").update(bytes).digest("hex") === manifest.sha256 ? undefined : "its SHA-256 is not the one that was stored";
}
