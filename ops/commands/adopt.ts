/** `ops adopt`. */
import { adopt } from "../adopt/adopt";
import type { OpsCommand } from "../cli/command";
import { EXIT } from "../cli/exit-codes";
import {
  dryRunOption,
  examples,
  jsonOption,
  type JsonTarget,
  settingsFileOption,
  stackOption,
  textWriter,
  writeRecord,
  yesOption,
} from "../cli/flags";
import { settingsFileOf } from "../engine";

interface Options {
  readonly stack: string;
  readonly settingsFile?: string;
  readonly dryRun: boolean;
  readonly take?: readonly string[];
  readonly id?: readonly string[];
  readonly yes: boolean;
  readonly json?: JsonTarget;
}

export const adoptCommand: OpsCommand = {
  define(command, { signal }) {
    command
      .addOption(stackOption())
      .addOption(dryRunOption())
      .option("--take <name...>", "take these, by their logical names, though somebody else seems to have made them")
      .option("--id <name=id...>", "ids of what is called otherwise, or as several are, by logical name")
      .addOption(settingsFileOption())
      .addOption(yesOption())
      .addOption(jsonOption())
      .addHelpText(
        "after",
        examples(
          "npm run ops -- adopt --stack staging --dry-run",
          "npm run ops -- adopt --stack prod",
          "npm run ops -- adopt --stack prod --id observability-monitor-api-errors=1234567",
        ),
      )
      .action((options: Options) => run(options, signal));
  },
};

async function run(options: Options, signal: AbortSignal): Promise<void> {
  const { stack, take = [], json } = options;
  const record = await adopt({
    ...options,
    settingsFile: settingsFileOf(stack, options.settingsFile),
    take,
    ids: idsOf(options.id ?? []),
    write: textWriter(json),
    signal,
  });
  await writeRecord(json, record);
  if (record.rows.length === 0) process.exitCode = EXIT.undetermined;
}

/** `name=id` each. @throws Error on one that is not */
function idsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, id] = /^([\w-]+)=(.+)$/.exec(pair) ?? [];
      if (name === undefined || id === undefined)
        throw new Error(`--id must be name=id, got ${JSON.stringify(pair)}. For example observability-monitor-api-errors=1234567.`);
      return [name, id];
    }),
  );
}
