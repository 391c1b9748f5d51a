/** The operator's CLI: `npm run ops -- <command>`. */
import { Argument, Command } from "commander";
import { INTERRUPTED_EXIT_CODE, interruptSignal } from "../toolchain/interrupt";
import { drift } from "./drift";
import { preview } from "./preview";
import { render, RENDERERS } from "./render";

/** Exit codes, beside 0 and {@link INTERRUPTED_EXIT_CODE}. */
const [FAILED, DRIFTED] = [1, 2];

const interrupted = interruptSignal("Interrupted: cancelling");

async function main(): Promise<void> {
  const cli = new Command("ops").description("Operate Maestroverse: preview, look, render.").showHelpAfterError();
  cli
    .command("preview")
    .description("Preview a stack on the real engine, gated by the policy packs; contacts nothing and needs no credential.")
    .requiredOption("--stack <name>", "prod, staging or rehearsal")
    .option("--json <file>", "also write the machine-readable record to this file")
    .option("--sarif <file>", "also write the policies' findings as SARIF, for code scanning")
    .option("--junit <file>", "also write the policies' findings as JUnit XML")
    .option("--markdown <file>", "also write the policies' findings as Markdown, for a pull request")
    .option("--diff", "show every property instead of the resource tree", false)
    .addHelpText("after", "\nExample:\n  npm run preview -- --stack staging --json preview.json")
    .action(async (options: { stack: string; json?: string; sarif?: string; junit?: string; markdown?: string; diff: boolean }) => {
      await preview({ ...options, write: (text) => process.stdout.write(text), signal: interrupted });
    });
  cli
    .command("drift")
    .description("Compare roles, grants and defaults of a stack's database with what is specified; changes nothing.")
    .requiredOption("--stack <name>", "prod, staging or rehearsal (one that was kept)")
    .option("--json <file>", "also write the machine-readable record to this file")
    .addHelpText(
      "after",
      `\nExit code: 0 no drift, ${DRIFTED} drift, ${FAILED} could not be asked.\nExample:\n  npm run ops -- drift --stack staging`,
    )
    .action(async (options: { stack: string; json?: string }) => {
      const { findings } = await drift({ ...options, write: (text) => process.stdout.write(text) });
      if (findings.length > 0) process.exitCode = DRIFTED;
    });
  cli
    .command("render")
    .description("Print what this program would configure, for those who do it without Pulumi; no secret among it.")
    .addArgument(
      new Argument("<what>", RENDERERS.map(({ name, description }) => `${name}: ${description}`).join("; ")).choices(
        RENDERERS.map(({ name }) => name),
      ),
    )
    .option("--stack <name>", "prod, staging or rehearsal", "prod")
    .addHelpText("after", "\nExample:\n  npm run --silent ops -- render database-roles --stack staging > roles.sql")
    .action(async (what: string, { stack }: { stack: string }) => {
      process.stdout.write(await render(what, stack));
    });
  await cli.parseAsync();
}

main().catch((error: unknown) => {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = interrupted.aborted ? INTERRUPTED_EXIT_CODE : FAILED;
});
