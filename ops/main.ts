/** The operator's CLI: `npm run ops -- <command>`. */
import { Command } from "commander";
import { INTERRUPTED_EXIT_CODE, interruptSignal } from "../toolchain/interrupt";
import { preview } from "./preview";

/** Exit code, beside 0 and {@link INTERRUPTED_EXIT_CODE}. */
const FAILED = 1;

const interrupted = interruptSignal("Interrupted: cancelling");

async function main(): Promise<void> {
  const cli = new Command("ops").description("Operate Maestroverse: preview what a deployment would change.").showHelpAfterError();
  cli
    .command("preview")
    .description("Preview a stack on the real engine, gated by the policy pack; contacts nothing and needs no credential.")
    .requiredOption("--stack <name>", "prod, staging or rehearsal")
    .option("--json <file>", "also write the machine-readable record to this file")
    .option("--diff", "show every property instead of the resource tree", false)
    .addHelpText("after", "\nExample:\n  npm run preview -- --stack staging --json preview.json")
    .action(async (options: { stack: string; json?: string; diff: boolean }) => {
      await preview({ ...options, write: (text) => process.stdout.write(text), signal: interrupted });
    });
  await cli.parseAsync();
}

main().catch((error: unknown) => {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = interrupted.aborted ? INTERRUPTED_EXIT_CODE : FAILED;
});
