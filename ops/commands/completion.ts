/** `ops completion`. */
import { Argument } from "commander";
import { buildCli } from "../cli/cli";
import type { OpsCommand } from "../cli/command";
import { COMMANDS } from "../cli/commands";
import { completionScript, type Shell, SHELLS } from "../cli/completion";
import { examples } from "../cli/flags";
import { REPOSITORY } from "../engine";

export const completionCommand: OpsCommand = {
  define(command, context) {
    command
      .addArgument(new Argument("<shell>", "for which shell").choices(SHELLS))
      .addHelpText(
        "after",
        examples("npm run -s ops -- completion bash > ~/.maestroverse-ops.sh && echo 'source ~/.maestroverse-ops.sh' >> ~/.bashrc"),
      )
      .action(async (shell: Shell) => {
        const all = COMMANDS.map(({ name }) => name);
        process.stdout.write(completionScript(await buildCli(all, context), shell, REPOSITORY));
      });
  },
};
