/** The dump that is restored (runbook §5): the newest that is what its manifest says, opened where it is encrypted. */
import { rm } from "node:fs/promises";
import type { S3Client } from "@aws-sdk/client-s3";
import { BACKUP_PREFIX } from "../../components/lib/backup-names";
import { decryptFile, type DumpEncryption } from "../backup/encryption";
import type { AnyManifest } from "../backup/manifest";
import { fetchDump, listAll, manifestOf, wholeDumps, writtenOver } from "./dumps";
import type { Identities } from "./identities";

/** Dumps that are tried, the newest first: more damaged ones than that are another trouble. */
const TRIED_DUMPS = 3;

/** Arguments of {@link DumpSource}. */
export interface DumpSourceOptions {
  readonly bucket: string;
  /** File name of one dump, and no other. @default the newest that is whole */
  readonly dump?: string | undefined;
  /** What opens encrypted ones; called when the newest is one. */
  readonly identities: () => Promise<Identities>;
  readonly signal: AbortSignal;
}

/** A dump with its manifest, or what is wrong with that. */
interface Candidate {
  readonly key: string;
  readonly manifest: AnyManifest | Error;
}

/** The dumps of a bucket. */
export class DumpSource {
  /** Newer ones that could not be used, and why. */
  readonly skipped: { readonly key: string; readonly why: string }[] = [];
  private identities: Identities | undefined;

  private constructor(
    private readonly client: S3Client,
    private readonly options: DumpSourceOptions,
    private readonly candidates: readonly Candidate[],
  ) {}

  /**
   * Reads which there are.
   *
   * @throws Error when what opens the newest is lacking, or is another's: before anything is fetched or made
   */
  static async open(client: S3Client, options: DumpSourceOptions): Promise<DumpSource> {
    const { bucket, dump } = options;
    const all = wholeDumps(await listAll(client, { bucket, prefix: BACKUP_PREFIX }));
    const chosen = dump === undefined ? all.slice(0, TRIED_DUMPS) : all.filter(({ key }) => key === `${BACKUP_PREFIX}${dump}`);
    const candidates = await Promise.all(
      chosen.map(async ({ key }) => ({ key, manifest: await manifestOf(client, bucket, key).catch((error: unknown) => error as Error) })),
    );
    const source = new DumpSource(client, options, candidates);
    for (const { key, manifest } of candidates) {
      if (manifest instanceof Error) continue;
      if (manifest.encryption !== undefined) source.identities = await identitiesFor(key, manifest.encryption, options.identities);
      break;
    }
    return source;
  }

  /** Fetches the newest that is whole to a file; those before it in the list that are not are {@link skipped}. @throws Error when none is */
  async fetch(file: string, report: (line: string) => void) {
    const { bucket, dump, signal } = this.options;
    if (this.candidates.length === 0)
      throw new Error(
        `s3://${bucket}/${BACKUP_PREFIX} holds no dump with a manifest${dump === undefined ? "" : ` that is called ${dump}`}`,
      );
    for (const { key, manifest } of this.candidates) {
      try {
        if (manifest instanceof Error) throw manifest;
        report(key);
        const opened = await this.fetchOne(key, manifest, file, report);
        const over = await writtenOver(this.client, bucket, key, manifest);
        if (over !== undefined) this.skipped.push({ key: `what is newest under ${key}`, why: over });
        return { told: `${key}, ${manifest.sizeBytes} bytes, SHA-256 as stored${opened}`, result: { key, manifest } };
      } catch (error) {
        signal.throwIfAborted();
        this.skipped.push({ key, why: (error as Error).message });
      }
    }
    throw new Error(`none of the ${this.candidates.length} newest dumps is what its manifest says`);
  }

  /** @returns how it was opened, in words */
  private async fetchOne(key: string, manifest: AnyManifest, file: string, report: (line: string) => void): Promise<string> {
    const { client, identities } = this;
    const { bucket, signal } = this.options;
    const { encryption } = manifest;
    if (encryption === undefined) {
      await fetchDump(client, { bucket, key, manifest, file, report, signal });
      return "";
    }
    if (identities === undefined) throw new Error("it is encrypted, and nobody was asked for its identity, as the newest one is not");
    const encrypted = `${file}.age`;
    try {
      await fetchDump(client, { bucket, key, manifest, file: encrypted, report, signal });
      await rm(file, { force: true });
      const { targetSha256 } = await decryptFile(encrypted, file, identities.secrets, signal).catch((error: unknown) => {
        throw new Error(`it cannot be opened: ${(error as Error).message}`, { cause: error });
      });
      if (targetSha256 !== encryption.plainSha256) throw new Error("it opens to another dump than was encrypted: the SHA-256 differs");
    } finally {
      await rm(encrypted, { force: true });
    }
    return `, opened with the identity of ${encryption.recipients.filter((each) => identities.recipients.includes(each)).join(", ")}`;
  }
}

/** @throws Error that names public keys, and nothing else */
async function identitiesFor(key: string, { recipients }: DumpEncryption, read: () => Promise<Identities>): Promise<Identities> {
  const whom = `${key} is encrypted for ${recipients.join(", ")}`;
  const identities = await read().catch((error: unknown) => {
    throw new Error(`${whom}: ${(error as Error).message} Nothing was done.`, { cause: error });
  });
  if (!identities.recipients.some((each) => recipients.includes(each)))
    throw new Error(
      `${whom}, and the identity given is that of ${identities.recipients.join(", ")}. Nothing was done; give one of the former's.`,
    );
  return identities;
}
