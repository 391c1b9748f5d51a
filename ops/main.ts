/** The operator's CLI: `npm run ops -- <command>`. */
import { Command } from "commander";
import { preview } from "./preview";

/** Exit codes: 0 done, 1 failed. */
const FAILED = 1;

async function main(): Promise<void> {
  const abort = new AbortController();
  process.once("SIGINT", () => abort.abort());
  process.once("SIGTERM", () => abort.abort());

  const cli = new Command("ops").description("Operate Maestroverse: preview what a deployment would change.").showHelpAfterError();
  cli
    .command("preview")
    .description("Preview a stack on the real engine, gated by the policy pack; contacts nothing and needs no credential.")
    .requiredOption("--stack <name>", "prod, staging or rehearsal")
    .option("--json <file>", "also write the machine-readable record to this file")
    .option("--diff", "show every property instead of the resource tree", false)
    .addHelpText("after", "\nExample:\n  npm run preview -- --stack staging --json preview.json")
    .action(async (options: { stack: string; json?: string; diff: boolean }) => {
      await preview({ ...options, write: (text) => process.stdout.write(text), signal: abort.signal });
    });
  await cli.parseAsync();
}

main().catch((error: unknown) => {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = FAILED;
});
