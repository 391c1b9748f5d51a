/** Processes by pid and start time, so that a pid that was given away is never mistaken for the process that had it. */
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Start time of a live process in clock ticks since boot; undefined when there is none (or it is a zombie). Without /proc the pid alone has
 * to do.
 *
 * @see proc(5), field 22
 */
export function processStart(pid: number): string | undefined {
  if (!existsSync("/proc/self/stat")) return signalReaches(pid) ? "unknown" : undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command, in parentheses, may hold anything: count from behind it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** A process that was started earlier. */
export interface ProcessHandle {
  readonly pid: number;
  /** {@link processStart} at its birth. */
  readonly started: string;
}

/** This process. */
export function ownProcess(): ProcessHandle {
  return { pid: process.pid, started: processStart(process.pid) ?? "" };
}

/** Whether it still runs. */
export function isAlive(handle: ProcessHandle): boolean {
  return processStart(handle.pid) === handle.started;
}

/**
 * Ends a process: SIGTERM, then SIGKILL after the grace.
 *
 * @param graceMilliseconds how long it may take to end by itself. @default 5000
 */
export async function endProcess(handle: ProcessHandle, graceMilliseconds = 5_000): Promise<void> {
  const deadline = Date.now() + graceMilliseconds;
  signal(handle, "SIGTERM");
  while (isAlive(handle)) {
    if (Date.now() > deadline) signal(handle, "SIGKILL");
    await sleep(50);
  }
}

function signal(handle: ProcessHandle, name: NodeJS.Signals): void {
  if (!isAlive(handle)) return;
  try {
    process.kill(handle.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
