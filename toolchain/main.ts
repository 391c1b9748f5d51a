/** `npm run doctor`: what this machine has, in which version and from where; with --provide, gets what is missing. */
import { Command } from "commander";
import { formatTable, inspect, missingOf } from "./doctor";
import { forgetFailedDownloads } from "./download";
import { InterruptedError } from "./run";
import { provideAll, REHEARSAL_TOOLS } from "./tools";

/** Exit codes beside 0: something that the rehearsal needs is missing or cannot be had; interrupted. */
const [MISSING, INTERRUPTED] = [1, 130];

async function main(): Promise<void> {
  const options = new Command("doctor")
    .description("Shows which engine, plugins and servers this machine has, and gets the missing ones on request.")
    .option("--provide", "get everything that the rehearsal needs", false)
    .option("--retry-downloads", "with --provide: try official downloads again that failed in the last 24 hours", false)
    .option("--json", "print JSON", false)
    .addHelpText("after", `\nExit codes: 0 everything that the rehearsal needs is there; ${MISSING} it is not; ${INTERRUPTED} interrupted`)
    .showHelpAfterError()
    .parse()
    .opts<{ provide: boolean; retryDownloads: boolean; json: boolean }>();
  if (options.retryDownloads) await forgetFailedDownloads();
  if (options.provide) await provideAll(REHEARSAL_TOOLS, (line) => process.stderr.write(`${line}\n`));
  const rows = await inspect();
  const missing = missingOf(rows);
  process.stdout.write(`${options.json ? JSON.stringify({ missing, components: rows }, undefined, 2) : formatTable(rows)}\n`);
  if (missing.length === 0) return;
  process.stderr.write(`\nMissing: ${missing.join(", ")}. The rehearsal gets them when it needs them; now: npm run doctor -- --provide\n`);
  process.exitCode = MISSING;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof InterruptedError ? INTERRUPTED : MISSING;
});
