/** How much memory a process and its children take. */
import { readFileSync } from "node:fs";

/** Milliseconds between two looks. A process's own peak is the kernel's to keep; only what lives for less is missed. */
const EVERY_MILLISECONDS = 20;

/**
 * Watches a process and its descendants.
 *
 * The peak is the largest sum, over the processes alive at one time, of each one's peak so far: never less than what they had at once, and more
 * by pages that they share.
 *
 * @returns what ends the watch, with the peak in bytes
 */
export function peakMemory(pid: number): { stop(): number } {
  let peak = 0;
  const look = () => {
    peak = Math.max(
      peak,
      family(pid).reduce((sum, each) => sum + highWater(each), 0),
    );
  };
  const timer = setInterval(look, EVERY_MILLISECONDS);
  look();
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}

/** The process and its descendants. */
function family(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).trim();
  return [pid, ...(children === "" ? [] : children.split(" ").map(Number).flatMap(family))];
}

/** Bytes that a process had in memory at most; 0: it has ended. */
function highWater(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
