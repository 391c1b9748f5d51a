/**
 * The program `maestroverse-backup` that the CronJob runs (runbook §5). Prints one line of JSON: the result to stdout, or the error to stderr
 * with exit code 1. Warnings of Node.js and its packages come before it, to stderr, each a line of JSON too.
 */
import { runBackup } from "./backup";
import { readSettings } from "./settings";
import { createS3Client } from "./upload";

/** A line that Datadog's log intake understands. */
function logLine(status: "info" | "warn" | "error", message: string, details: object): string {
  return `${JSON.stringify({ timestamp: new Date().toISOString(), status, service: "maestroverse-backup", message, ...details })}\n`;
}

async function main(): Promise<void> {
  // Dumps hold every row: nobody but the program's own user reads them.
  process.umask(0o077);
  // Node.js' own listener prints several lines, which the log intake would take for as many errors.
  process.removeAllListeners("warning");
  process.on("warning", ({ name, message }) => process.stderr.write(logLine("warn", `${name}: ${message}`, {})));
  const controller = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, () => controller.abort(new Error(`ended by ${signal} before it was done. Nothing partial was left.`)));
  const begun = performance.now();
  try {
    const settings = readSettings();
    const { manifest, removed } = await runBackup(settings, createS3Client(settings), { signal: controller.signal });
    const { location, suspicions } = manifest;
    // Its name and the manifest's are what Datadog's metrics are made of (components/lib/log-pipeline.ts).
    const durationSeconds = (performance.now() - begun) / 1000;
    const doubts = suspicions.length === 0 ? "" : `, and it is unlike the one before; no older one was removed: ${suspicions.join(" ")}`;
    // What it holds, table by table, is in the manifest beside the dump: a line of log has a largest size.
    const told = { ...manifest, contents: undefined };
    process.stdout.write(
      logLine(doubts === "" ? "info" : "warn", `backup stored as ${location}${doubts}`, { manifest: told, removed, durationSeconds }),
    );
  } catch (error) {
    process.stderr.write(logLine("error", `backup failed: ${error instanceof Error ? error.message : String(error)}`, {}));
    process.exitCode = 1;
  }
}

void main();
