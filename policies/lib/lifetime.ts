/** An engine that was killed ends nobody. Its analyzers would stay, and report their broken pipes for ever: Pulumi's runner reports even the failure of a report. */

/** Milliseconds between two looks at who the parent is. */
const EVERY_MILLISECONDS = 1_000;

/** Ends this process when its engine, which has started it, has ended. */
export function endWithEngine(engine = process.ppid): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => process.exit(1));
  setInterval(() => {
    if (process.ppid !== engine) process.exit(1);
  }, EVERY_MILLISECONDS).unref();
}
