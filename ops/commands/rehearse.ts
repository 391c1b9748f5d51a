/** `ops rehearse`: the only command that is about the rehearsal and no stack of others. */
import { existsSync } from "node:fs";
import { howToReach } from "../../rehearsal/how-to-reach";
import { readProgress, rehearsalDirectory } from "../../rehearsal/lib/directory";
import { Supervisor } from "../../rehearsal/lib/supervisor";
import { down, failureLogs, loadSettings, rehearse } from "../../rehearsal/rehearse";
import type { OpsCommand } from "../cli/command";
import { EXIT } from "../cli/exit-codes";
import { exitCodeOf } from "../verify/exit-code";
import { verifyText } from "../verify/report";
import { examples, jsonOption, type JsonTarget, textWriter, writeRecord } from "../cli/flags";

export const rehearseCommand: OpsCommand = {
  define(command, { signal }) {
    command
      .option("--keep", "leave everything running afterwards", false)
      .option("--servers", "start the servers alone and leave them running, for what is made by hand and adopted (docs/adopting.md)", false)
      .addOption(jsonOption())
      .addHelpText(
        "after",
        examples("npm run rehearse", "npm run rehearse -- --keep", "npm run rehearse -- status", "npm run rehearse -- down"),
      )
      .action((options: { keep: boolean; servers: boolean; json?: JsonTarget }) => run(options, signal));
    command.command("status").description("Show what runs.").action(status);
    command
      .command("down")
      .description("End everything and remove it.")
      .action(async () => {
        print((await down(print)) ? "The rehearsal is gone." : "There was no rehearsal.");
      });
  },
};

const print = (text: string) => process.stdout.write(`${text}\n`);

async function run({ keep, servers, json }: { keep: boolean; servers: boolean; json?: JsonTarget }, signal: AbortSignal): Promise<void> {
  const write = textWriter(json);
  const record = await rehearse({ keep, serversOnly: servers, signal }).catch((error: unknown) => {
    const logs = failureLogs(rehearsalDirectory());
    if (existsSync(logs)) process.stderr.write(`\nLogs of the run: ${logs}\n`);
    throw error;
  });
  await writeRecord(json, record);
  const { verification } = record;
  if (verification !== undefined) write(`\n${verifyText(verification)}The same as a page, with the evidence: ${record.page}\n`);
  const reach = record.running
    ? howToReach(record.directory, await loadSettings())
    : "Everything was ended and removed. Keep it: npm run rehearse -- --keep";
  write(`\n${reach}\n`);
  if (verification !== undefined) process.exitCode = exitCodeOf(verification);
}

async function status(): Promise<void> {
  const directory = rehearsalDirectory();
  const servers = existsSync(directory) ? new Supervisor(directory).running() : [];
  if (servers.length === 0) {
    print("No rehearsal runs. Start one: npm run rehearse -- --keep");
    process.exitCode = EXIT.undetermined;
    return;
  }
  print(`Folder ${directory}; progress: ${readProgress(directory)}`);
  for (const { name, pid } of servers) print(`  ${name.padEnd(24)} pid ${pid}`);
  if (readProgress(directory) === "kept") print(`\n${howToReach(directory, await loadSettings())}`);
}
