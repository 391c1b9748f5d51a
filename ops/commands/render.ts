/** `ops render`. */
import { Argument } from "commander";
import type { OpsCommand } from "../cli/command";
import { examples, settingsFileOption, stackOption } from "../cli/flags";
import { render, RENDERERS } from "../render";

export const renderCommand: OpsCommand = {
  define(command) {
    const names = RENDERERS.map(({ name }) => name);
    command
      .addArgument(new Argument("<what>", RENDERERS.map(({ name, description }) => `${name}: ${description}`).join("; ")).choices(names))
      .addOption(stackOption().default("prod"))
      .addOption(settingsFileOption())
      .addHelpText("after", examples("npm run --silent ops -- render database-roles --stack staging > roles.sql"))
      .action(async (what: string, { stack, settingsFile }: { stack: string; settingsFile?: string }) => {
        process.stdout.write(await render(what, stack, settingsFile));
      });
  },
};
