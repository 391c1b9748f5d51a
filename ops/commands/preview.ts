/** `ops preview`. */
import type { OpsCommand } from "../cli/command";
import { examples, jsonOption, type JsonTarget, settingsFileOption, stackOption, textWriter } from "../cli/flags";
import { preview } from "../preview";

interface Options {
  readonly stack: string;
  readonly settingsFile?: string;
  readonly json?: JsonTarget;
  readonly sarif?: string;
  readonly junit?: string;
  readonly markdown?: string;
  readonly diff: boolean;
}

export const previewCommand: OpsCommand = {
  define(command, { signal }) {
    command
      .addOption(stackOption())
      .addOption(settingsFileOption())
      .addOption(jsonOption())
      .option("--sarif <file>", "also write the policies' findings as SARIF, for code scanning")
      .option("--junit <file>", "also write the policies' findings as JUnit XML")
      .option("--markdown <file>", "also write the policies' findings as Markdown, for a pull request")
      .option("--diff", "show every property instead of the resource tree", false)
      .addHelpText("after", examples("npm run preview -- --stack staging", "npm run preview -- --stack prod --json preview.json"))
      .action(async (options: Options) => {
        await preview({ ...options, write: textWriter(options.json), signal });
      });
  },
};
