/** The process's own log: one JSON line an event, on stderr. Requests are in access.log. */

/** Where something was thrown: lines of a stack that name a place. */
const PLACES = /^\s+at .+$/gm;
const PLACES_KEPT = 5;

/** Notes an error. `context` is short and has no user's data in it. */
export type ErrorLog = (error: unknown, context: string) => void;

/**
 * A log that leaves out what errors carry of the data (PostgreSQL's `detail`, body-parser's `body`), and blots out secrets in what is left.
 *
 * @param secrets values that never appear
 */
export function createErrorLog(secrets: readonly string[], write: (line: string) => void = (line) => process.stderr.write(line)): ErrorLog {
  const spellings = secrets.flatMap((secret) => [secret, encodeURIComponent(secret)]).filter((text) => text !== "");
  const redact = (text: string) => spellings.reduce((rest, spelling) => rest.replaceAll(spelling, "[redacted]"), text);
  return (error, context) => {
    const { name, message, code, stack }: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error));
    const at = (stack?.match(PLACES) ?? []).slice(0, PLACES_KEPT).map((line) => redact(line.trim()));
    const line = { time: new Date().toISOString(), level: "error", context: redact(context), name, code, message: redact(message), at };
    write(`${JSON.stringify(line)}\n`);
  };
}
