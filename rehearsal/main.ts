/** The command `npm run rehearse`. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { Command } from "commander";
import { INTERRUPTED_EXIT_CODE, interruptSignal } from "../toolchain/interrupt";
import { howToReach } from "./how-to-reach";
import { readProgress, rehearsalDirectory } from "./lib/directory";
import { Supervisor } from "./lib/supervisor";
import { down, failureLogs, loadSettings, rehearse } from "./rehearse";

/** Exit codes beside 0 and {@link INTERRUPTED_EXIT_CODE}: something failed; nothing runs (`status`). */
const [FAILED, NOT_RUNNING] = [1, 3];

const print = (text: string) => process.stdout.write(`${text}\n`);

async function status(): Promise<void> {
  const directory = rehearsalDirectory();
  const servers = existsSync(directory) ? new Supervisor(directory).running() : [];
  if (servers.length === 0) {
    print("No rehearsal runs. Start one: npm run rehearse -- --keep");
    process.exitCode = NOT_RUNNING;
    return;
  }
  print(`Folder ${directory}; progress: ${readProgress(directory)}`);
  for (const { name, pid } of servers) print(`  ${name.padEnd(24)} pid ${pid}`);
  if (readProgress(directory) === "kept") print(`\n${howToReach(directory, await loadSettings())}`);
}

async function main(): Promise<void> {
  // Whoever reads only the first lines (`| head`) has seen enough.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : FAILED));
  const interrupted = interruptSignal("Interrupted: ending what was started");

  const cli = new Command("rehearse")
    .description("Deploy the stack `rehearsal` on this machine against real servers, and call what it made.")
    .option("--keep", "leave everything running afterwards", false)
    .option("--json <file>", "also write the machine-readable record to this file")
    .addHelpText(
      "after",
      "\nExamples:\n  npm run rehearse\n  npm run rehearse -- --keep\n  npm run rehearse -- status\n  npm run rehearse -- down",
    )
    .showHelpAfterError()
    .action(async ({ keep, json }: { keep: boolean; json?: string }) => {
      const record = await rehearse({ keep, signal: interrupted });
      if (json !== undefined) await writeFile(json, `${JSON.stringify(record, undefined, 2)}\n`);
      const failed = record.checks.filter(({ passed }) => !passed);
      print(`\n${record.checks.length - failed.length} checks passed, ${failed.length} failed`);
      for (const { title, seen } of failed) print(`  FAILED ${title}: ${seen}`);
      print(
        record.running
          ? `\n${howToReach(record.directory, await loadSettings())}`
          : "\nEverything was ended and removed. Keep it: npm run rehearse -- --keep",
      );
      if (failed.length > 0) process.exitCode = FAILED;
    });
  cli.command("status").description("Show what runs.").action(status);
  cli
    .command("down")
    .description("End everything and remove it.")
    .action(async () => {
      print((await down(print)) ? "The rehearsal is gone." : "There was no rehearsal.");
    });
  try {
    await cli.parseAsync();
  } catch (error) {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    const logs = failureLogs(rehearsalDirectory());
    if (existsSync(logs)) process.stderr.write(`Logs of the run: ${logs}\n`);
    process.exitCode = interrupted.aborted ? INTERRUPTED_EXIT_CODE : FAILED;
  }
}

void main();
