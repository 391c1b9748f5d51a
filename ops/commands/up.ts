/** `ops up`. */
import type { OpsCommand } from "../cli/command";
import { examples, jsonOption, type JsonTarget, settingsFileOption, stackOption, textWriter, yesOption } from "../cli/flags";
import { up } from "../up";

interface Options {
  readonly stack: string;
  readonly settingsFile?: string;
  readonly yes: boolean;
  readonly json?: JsonTarget;
}

export const upCommand: OpsCommand = {
  define(command, { signal }) {
    command
      .addOption(stackOption())
      .addOption(settingsFileOption())
      .addOption(yesOption())
      .addOption(jsonOption())
      .addHelpText("after", examples("npm run ops -- up --stack staging", "npm run ops -- up --stack prod --yes --json up.json"))
      .action(async (options: Options) => {
        await up({ ...options, write: textWriter(options.json), signal });
      });
  },
};
