/** The cache outside the clone, where tools live: one run builds, the others wait, and what is half done never looks done. */
import { randomUUID } from "node:crypto";
import { link, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, ownProcess, type ProcessHandle } from "./processes";
import { HEARTBEAT_SECONDS } from "./run";

/** A path in the cache: `${XDG_CACHE_HOME:-~/.cache}/maestroverse-ops/...`. */
export function cacheDir(...parts: readonly string[]): string {
  const base = process.env["XDG_CACHE_HOME"];
  return join(base === undefined || base === "" ? join(homedir(), ".cache") : base, "maestroverse-ops", ...parts);
}

/** Milliseconds between two looks at a lock that somebody else holds. */
const LOCK_POLL_MILLISECONDS = 250;

/** How to wait for a lock. */
export interface LockOptions {
  /** Called when a wait begins and every ten seconds of it, with the holder's pid. */
  readonly onWait?: (pid: number, seconds: number) => void;
  /** Aborted: the wait ends with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `action` while holding the lock `name`; waits for a process (or another part of this one) that holds it. A lock whose holder is dead
 * is taken over. Not reentrant.
 */
export async function withLock<T>(name: string, action: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const file = cacheDir("locks", `${name}.lock`);
  await mkdir(dirname(file), { recursive: true });
  const started = Date.now();
  let nextWord = 0;
  while (!(await tryLock(file))) {
    options.signal?.throwIfAborted();
    const seconds = Math.round((Date.now() - started) / 1000);
    const holder = await readHolder(file);
    if (holder !== undefined && seconds >= nextWord) {
      nextWord = seconds + HEARTBEAT_SECONDS;
      options.onWait?.(holder.pid, seconds);
    }
    await sleep(LOCK_POLL_MILLISECONDS);
  }
  try {
    return await action();
  } finally {
    await rm(file, { force: true });
  }
}

/** Takes a lock if nobody alive holds it. The caller removes the file to give it back. */
export async function tryLock(file: string): Promise<boolean> {
  const holder = await readHolder(file);
  if (holder !== undefined) {
    if (isAlive(holder)) return false;
    await removeStale(file);
  }
  // Written aside and linked: the lock appears in one step, complete with its holder.
  const folder = await mkdtemp(`${file}.`);
  try {
    const own = join(folder, "holder");
    await writeFile(own, JSON.stringify(ownProcess()));
    await link(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Who holds a lock; undefined when it is free. A file that cannot be understood belongs to nobody alive. */
export async function readHolder(file: string): Promise<ProcessHandle | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as ProcessHandle;
  } catch {
    return { pid: 0, started: "" };
  }
}

/** Removes a dead holder's lock. Of two who saw it dead, the slower must not remove the lock that the faster has taken since: a lock of its own guards this. */
async function removeStale(file: string): Promise<void> {
  const guard = `${file}.takeover`;
  if (!(await tryLock(guard))) return;
  try {
    const holder = await readHolder(file);
    if (holder !== undefined && !isAlive(holder)) await rm(file, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

/**
 * Makes a folder of the cache in one step: `fill` works in a temporary folder beside it, which becomes `target` only when it is complete.
 * Call it under a lock.
 *
 * @returns whether it was made now; false when it was there already
 */
export async function installAtomically(target: string, fill: (folder: string) => Promise<void>): Promise<boolean> {
  if (await exists(target)) return false;
  const [parent, prefix] = [dirname(target), `.${basename(target)}.partial-`];
  await mkdir(parent, { recursive: true });
  // Only the lock's holder comes here: what a killed run left is incomplete and nobody's.
  for (const name of await readdir(parent)) if (name.startsWith(prefix)) await rm(join(parent, name), { recursive: true, force: true });
  const temporary = await mkdtemp(join(parent, prefix));
  try {
    await fill(temporary);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  return true;
}

/** Writes a small file in one step, unless it has that content already: others may be reading, running or writing it. */
export async function writeAtomically(file: string, content: string, mode: number): Promise<void> {
  if ((await readFile(file, "utf8").catch(() => undefined)) === content) return;
  const temporary = `${file}.${randomUUID()}`;
  try {
    await writeFile(temporary, content, { mode });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Whether something exists at a path (a dangling link does not count). */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
