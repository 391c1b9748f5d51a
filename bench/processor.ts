/** Time that processes have used of the processor: what else runs on the machine hardly changes it. */
import { readFileSync } from "node:fs";

/** Of a second; what the kernel counts in. */
const TICK = 1 / 100;

/** Seconds that processes and their threads have used, in user mode and in the kernel. */
export function processorSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    // Behind the name, which may have spaces; user and system time are the 14th and 15th field.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return sum + (Number(fields[11]) + Number(fields[12])) * TICK;
  }, 0);
}
