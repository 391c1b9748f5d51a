/**
 * Names and files of dumps: `maestroverse-YYYYMMDD-HHMM.dump` (UTC), as the runbook has it, and `….dump.age` where it is encrypted. Only a whole dump ever
 * bears such a name.
 */
import { createHash } from "node:crypto";
import { linkSync, readdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { FULL } from "./programs";

const PARTIAL = ".partial-";
const MANIFEST = ".manifest.json";
/** Of an empty file beside a dump that somebody wants to keep, whatever its age. */
const HOLD = ".hold";
/** Of a dump that is encrypted with age. */
const ENCRYPTED = ".age";
/** Bytes that are read at a time. */
const READ_BYTES = 1024 * 1024;
/** The second and later dump of the same minute carry a number. */
const NAME = /^maestroverse-(\d{4})(\d{2})(\d{2})-(\d{2})(\d{2})(?:-(\d+))?\.dump(?:\.age)?$/;

/** What a dump's name tells. */
export interface DumpName {
  readonly name: string;
  /** When it was begun, to the minute. */
  readonly startedAt: Date;
  /** 1, or more for further dumps of the same minute. */
  readonly sequence: number;
}

/** A dump's file. */
export interface DumpFile extends DumpName {
  /** Whether its manifest lies beside it: it was checked and uploaded. */
  readonly verified: boolean;
  /** Whether it is under a legal hold. */
  readonly held: boolean;
}

/** Name of a dump. */
export function dumpName(startedAt: Date, sequence = 1, encrypted = false): string {
  const digits = startedAt.toISOString().replace(/\D/g, "");
  const ending = encrypted ? ENCRYPTED : "";
  return `maestroverse-${digits.slice(0, 8)}-${digits.slice(8, 12)}${sequence === 1 ? "" : `-${sequence}`}.dump${ending}`;
}

/** Reads a name. @returns undefined: it is no dump's */
export function readDumpName(name: string): DumpName | undefined {
  const [, year, month, day, hour, minute, sequence] = NAME.exec(name) ?? [];
  if (year === undefined) return undefined;
  const startedAt = new Date(`${year}-${month}-${day}T${hour}:${minute}:00Z`);
  return Number.isNaN(startedAt.getTime()) ? undefined : { name, startedAt, sequence: Number(sequence ?? 1) };
}

/** For sorting: the newest first. */
export function newestFirst(a: DumpName, b: DumpName): number {
  return b.startedAt.getTime() - a.startedAt.getTime() || b.sequence - a.sequence;
}

/** Name of a dump's manifest. */
export function manifestName(dump: string): string {
  return `${dump}${MANIFEST}`;
}

/** Path of a dump that is being made; hidden, and no dump by its name. */
export function partialPath(directory: string, startedAt: Date, encrypted = false): string {
  return join(directory, `${PARTIAL}${dumpName(startedAt, 1, encrypted)}`);
}

/** A file without a name: whatever ends this process, its bytes go with it. */
export interface NamelessFile {
  /** Where this process, and those that it starts, find it. */
  readonly path: string;
  close(): Promise<void>;
}

/** Makes a file beside others, and takes its name away before anything is in it. @param path the name that it has for that moment */
export async function openNameless(path: string): Promise<NamelessFile> {
  const handle: FileHandle = await open(path, "wx+", 0o600);
  await unlink(path);
  return { path: `/proc/${process.pid}/fd/${handle.fd}`, close: () => handle.close() };
}

/** The dumps in a folder, the newest first. */
export function listDumps(directory: string): DumpFile[] {
  const names = readdirSync(directory);
  return names
    .flatMap((name) => {
      const dump = readDumpName(name);
      return dump === undefined ? [] : [{ ...dump, verified: names.includes(manifestName(name)), held: names.includes(`${name}${HOLD}`) }];
    })
    .sort(newestFirst);
}

/** Removes what runs that were killed left behind. Only for the holder of the lock. */
export function removePartials(directory: string): void {
  for (const name of readdirSync(directory)) if (name.startsWith(PARTIAL)) rmSync(join(directory, name), { force: true });
}

/**
 * Gives a finished dump its name, durably, and never that of another dump.
 *
 * @returns the name it got
 */
export async function publish(partial: string, directory: string, startedAt: Date, encrypted = false): Promise<string> {
  await sync(partial, "r+");
  for (let sequence = 1; ; sequence++) {
    const name = dumpName(startedAt, sequence, encrypted);
    try {
      // A link, since a rename would replace a dump of that name without a word.
      linkSync(partial, join(directory, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
      throw error;
    }
    unlinkSync(partial);
    await sync(directory, "r");
    return name;
  }
}

/** Writes a manifest beside its dump, whole or not at all. */
export async function writeManifest(directory: string, dump: string, text: string): Promise<void> {
  const partial = join(directory, `${PARTIAL}${manifestName(dump)}`);
  try {
    writeFileSync(partial, text);
    await sync(partial, "r+");
    renameSync(partial, join(directory, manifestName(dump)));
    await sync(directory, "r");
  } catch (error) {
    rmSync(partial, { force: true });
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    throw new Error(`the dump is stored, and its manifest cannot be written beside it in ${directory}: no space left on device. ${FULL}`, {
      cause: error,
    });
  }
}

/** SHA-256 of a file in hex, read piece by piece into the same memory. */
export async function sha256File(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  const handle = await open(file, "r");
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

async function sync(path: string, flags: string): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
