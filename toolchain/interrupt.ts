/** Ctrl-C of a command that has something to end in order. */

/**
 * Aborted by the first SIGINT or SIGTERM. Further ones change nothing: a terminal sends Ctrl-C to every process of the group, and npm and tsx
 * pass it on as well, so that one Ctrl-C arrives up to three times.
 *
 * @param message said once, to stderr
 */
export function interruptSignal(message: string): AbortSignal {
  const abort = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.on(name, () => {
      if (abort.signal.aborted) return;
      process.stderr.write(`\n${message}\n`);
      abort.abort(new Error("Interrupted."));
    });
  return abort.signal;
}
