/** What stands beside a dump. Written last: a dump without a manifest does not count. */
import { z } from "zod";
import type { DatabaseContents } from "./contents";
import type { DumpEncryption } from "./encryption";

/** The manifest as this version writes it. */
export interface Manifest {
  readonly formatVersion: 2;
  readonly file: string;
  /** `s3://bucket/key` of the dump. */
  readonly location: string;
  /** The object's version, where the bucket has versions. */
  readonly versionId?: string | undefined;
  readonly sizeBytes: number;
  /** Hex digits; of the object as it is stored, as its size is. */
  readonly sha256: string;
  /** Absent: it is not encrypted, but by S3. */
  readonly encryption?: DumpEncryption | undefined;
  /** Checksum of the object as S3 reckons it. */
  readonly s3Checksum: string;
  readonly database: string;
  readonly host: string;
  /** PostgreSQL's number of the cluster of databases; a copy of its disk has the same. */
  readonly systemIdentifier: string;
  readonly serverVersion: string;
  readonly pgDumpVersion: string;
  /** What was in the dump's own snapshot. */
  readonly contents: DatabaseContents;
  /** What is unlike the dump before, in words; nobody removes older dumps because of this one then. */
  readonly suspicions: readonly string[];
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** When the dump was made and checked. */
  readonly finishedAt: string;
}

/** A manifest of any version: of the first the contents are not known. */
export type AnyManifest = Omit<Manifest, "formatVersion" | "systemIdentifier" | "contents" | "suspicions"> &
  Partial<Pick<Manifest, "systemIdentifier" | "contents" | "suspicions">>;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const common = {
  file: z.string().min(1),
  location: z.string().startsWith("s3://"),
  versionId: z.string().optional(),
  sizeBytes: z.number().int().positive(),
  sha256,
  encryption: z
    .object({
      format: z.literal("age"),
      recipients: z.array(z.string()).min(1),
      plainSizeBytes: z.number().int().positive(),
      plainSha256: sha256,
    })
    .optional(),
  s3Checksum: z.string(),
  database: z.string(),
  host: z.string(),
  serverVersion: z.string(),
  pgDumpVersion: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
};
const contents = z.object({
  schema: z.record(z.string(), z.string()),
  migration: z.object({ latest: z.string(), applied: z.number() }).nullable(),
  tables: z.record(z.string(), z.object({ rows: z.number(), every: z.number().nullable(), sample: z.string().nullable() })),
  largeObjects: z.number(),
});
const schema = z.discriminatedUnion("formatVersion", [
  z.object({ formatVersion: z.literal(1), ...common }),
  z.object({ formatVersion: z.literal(2), ...common, systemIdentifier: z.string(), contents, suspicions: z.array(z.string()) }),
]);

/** Reads a manifest. @throws Error that says what in it is wrong */
export function readManifest(text: string): AnyManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("its manifest is no JSON");
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`its manifest is not one of this program's: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`.trim());
}
