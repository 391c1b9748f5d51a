/** The probes while they run: on a terminal each has a line that changes, elsewhere a line is written when one is done. */
import { resultLine } from "./report";
import type { RunningProbe } from "./run";

/** Follows the probes. @returns what resolves when the last one has been shown */
export async function showProgress(running: readonly RunningProbe[], write: (text: string) => void, isTerminal: boolean): Promise<void> {
  if (!isTerminal) {
    await Promise.all(running.map(async ({ result }) => write(`${resultLine(await result)}\n`)));
    return;
  }
  const { Listr } = await import("listr2");
  await new Listr(
    running.map(({ probe, started, result }) => ({
      title: `${probe.line} ${probe.title}`,
      task: async (_: unknown, task: { title?: string; output?: string; skip(message: string): void }) => {
        await started;
        const found = await result;
        if (found.outcome === "not-applicable") return task.skip(`${found.line} ${found.name}: ${found.seen}`);
        task.title = `${found.line} ${found.name}: ${found.seen}`;
        if (found.outcome !== "pass") throw new Error(resultLine(found));
      },
    })),
    { concurrent: true, exitOnError: false, registerSignalListeners: false },
  ).run();
}
