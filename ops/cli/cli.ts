/** The command line as a whole. */
import { Command } from "commander";
import type { CommandContext } from "./command";
import { COMMANDS } from "./commands";
import { EXIT_MEANINGS } from "./exit-codes";

/** Help's table of exit codes. */
const EXIT_TABLE = `\nExit codes:\n${Object.entries(EXIT_MEANINGS)
  .map(([code, meaning]) => `  ${code.padEnd(4)} ${meaning}`)
  .join("\n")}`;

/**
 * Builds the CLI. Only the commands that `words` name are loaded; of the others it knows name and summary.
 *
 * @param words the command line, or every command's name to have them all
 */
export async function buildCli(words: readonly string[], context: CommandContext): Promise<Command> {
  const cli = new Command("ops")
    .description("Operate Maestroverse: set up, preview, deploy, look, mend.")
    .showHelpAfterError("Help: add --help.")
    .addHelpText("after", `${EXIT_TABLE}\n\nOf a command: npm run ops -- preview --help`);
  for (const { name, summary, load } of COMMANDS) {
    const command = cli.command(name).description(summary).summary(summary);
    if (words.includes(name)) (await load()).define(command.addHelpText("after", EXIT_TABLE), context);
  }
  return cli;
}
