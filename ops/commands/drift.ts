/** `ops drift`. */
import type { OpsCommand } from "../cli/command";
import { EXIT } from "../cli/exit-codes";
import { examples, jsonOption, type JsonTarget, settingsFileOption, stackOption, textWriter } from "../cli/flags";
import { drift } from "../drift";

export const driftCommand: OpsCommand = {
  define(command) {
    command
      .addOption(stackOption())
      .addOption(settingsFileOption())
      .addOption(jsonOption())
      .addHelpText("after", examples("npm run ops -- drift --stack staging"))
      .action(async (options: { stack: string; settingsFile?: string; json?: JsonTarget }) => {
        const { findings } = await drift({ ...options, write: textWriter(options.json) });
        if (findings.length > 0) process.exitCode = EXIT.found;
      });
  },
};
