/** Client-side encryption with age (runbook §5): a dump is encrypted for public keys; what opens it is nowhere near. */
import { createHash, type Hash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ReadableStream } from "node:stream/web";
import { Decrypter, Encrypter } from "age-encryption";
import { FULL } from "./programs";

/** Bytes that are read at a time. */
const READ_BYTES = 1024 * 1024;

/** What a manifest says of the encryption. */
export interface DumpEncryption {
  readonly format: "age";
  /** Public keys, each of whose identities opens it. */
  readonly recipients: readonly string[];
  /** The dump as it was before, and will be again. */
  readonly plainSizeBytes: number;
  readonly plainSha256: string;
}

/** A file that was read and another that was written: SHA-256 in hex, and the bytes that were read. */
export interface Passed {
  readonly sourceBytes: number;
  readonly sourceSha256: string;
  readonly targetSha256: string;
}

/** Encrypts a file for the recipients, in the same memory whatever its size. @throws Error that names a full volume */
export async function encryptFile(source: string, target: string, recipients: readonly string[], signal?: AbortSignal): Promise<Passed> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  try {
    return await pass(source, target, (stream) => encrypter.encrypt(stream), signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    throw new Error(`the dump cannot be encrypted: no space left on device. ${FULL}`, { cause: error });
  }
}

/** Opens a file with the identity of one of its recipients. @throws Error of the library's: no identity fits, or the file was changed */
export async function decryptFile(source: string, target: string, identities: readonly string[], signal?: AbortSignal): Promise<Passed> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  return pass(source, target, (stream) => decrypter.decrypt(stream), signal);
}

async function pass(
  source: string,
  target: string,
  work: (stream: ReadableStream<Uint8Array>) => Promise<AsyncIterable<Uint8Array>>,
  signal: AbortSignal | undefined,
): Promise<Passed> {
  const [read, written] = [watch(), watch()];
  await pipeline(
    createReadStream(source, { highWaterMark: READ_BYTES }),
    read.stream,
    async function* (chunks: AsyncIterable<Uint8Array>) {
      yield* await work(ReadableStream.from(chunks));
    },
    written.stream,
    createWriteStream(target, { mode: 0o600, flags: "wx" }),
    signal === undefined ? {} : { signal },
  );
  return { sourceBytes: read.bytes(), sourceSha256: read.hash.digest("hex"), targetSha256: written.hash.digest("hex") };
}

/** Lets everything through, and keeps count. */
function watch(): { readonly stream: Transform; readonly hash: Hash; bytes(): number } {
  const hash = createHash("sha256");
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, hash, bytes: () => bytes };
}
