/** Shows the steps of a long command: on a terminal each has a line that changes, elsewhere every word is a line of its own. */

/** Shows a step while it is worked on. @returns what the work came to */
export type ShowStep = <T>(
  title: string,
  work: (report: (line: string) => void) => Promise<{ readonly told: string; readonly result: T }>,
) => Promise<T>;

/** @param write for text that is not on a terminal */
export function stepShower(write: (text: string) => void, isTerminal: boolean): ShowStep {
  if (!isTerminal)
    return async (title, work) => {
      write(`${title}\n`);
      let last = "";
      const { told, result } = await work((line) => {
        if (words(line) !== last) write(`  ${line}\n`);
        last = words(line);
      });
      write(`  ${told}\n`);
      return result;
    };
  return async <T>(title: string, work: Parameters<ShowStep>[1]) => {
    const { Listr } = await import("listr2");
    let result: unknown;
    await new Listr(
      [
        {
          title,
          task: async (_, task) => {
            const done = await work((line) => (task.output = line));
            task.title = `${title}: ${done.told}`;
            result = done.result;
          },
          rendererOptions: { bottomBar: 5 },
        },
      ],
      { registerSignalListeners: false },
    ).run();
    return result as T;
  };
}

/** A countdown is one word, whatever its number. */
const words = (line: string) => line.replace(/\d+ s\b/, "");
