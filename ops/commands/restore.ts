/** `ops restore`. */
import type { OpsCommand } from "../cli/command";
import { confirm, requireConfirmable } from "../cli/confirm";
import { EXIT } from "../cli/exit-codes";
import {
  dumpsOfOption,
  examples,
  identityEnvOption,
  identityFileOption,
  jsonOption,
  type JsonTarget,
  settingsFileOption,
  stackOption,
  textWriter,
  writeRecord,
  yesOption,
} from "../cli/flags";
import { stepShower } from "../cli/steps";
import { findingsMarkdown } from "../recovery/findings";
import { identitiesAt } from "../recovery/identities";
import { recover } from "../recovery/recovery";

interface Options {
  readonly stack: string;
  readonly to: string;
  readonly dump?: string;
  readonly dumpsOf?: string;
  readonly settingsFile?: string;
  readonly identityFile?: string;
  readonly identityEnv?: string;
  readonly yes: boolean;
  readonly json?: JsonTarget;
}

export const restoreCommand: OpsCommand = {
  define(command, { signal }) {
    command
      .addOption(stackOption())
      .requiredOption("--to <database>", "name of the new database; one that exists is never written to")
      .option(
        "--dump <file>",
        "this dump and no other, maestroverse-YYYYMMDD-HHMM.dump (.age where it is encrypted) @default the newest that is whole",
      )
      .addOption(dumpsOfOption())
      .addOption(identityFileOption())
      .addOption(identityEnvOption())
      .addOption(settingsFileOption())
      .addOption(yesOption())
      .addOption(jsonOption())
      .addHelpText(
        "after",
        examples(
          "npm run ops -- restore --stack prod --to maestroverse_restored",
          "npm run ops -- restore --stack prod --to maestroverse_restored --dump maestroverse-20261124-0200.dump",
        ),
      )
      .action(async ({ stack, dumpsOf = stack, identityFile, identityEnv, yes, json, ...options }: Options) => {
        const write = textWriter(json);
        requireConfirmable({ stack, yes });
        const findings = await recover({
          kind: "restore",
          stack,
          dumpsOf,
          ...options,
          identities: identitiesAt({ identityFile, identityEnv }, signal),
          show: stepShower(write, process.stdout.isTTY && json !== true),
          async confirm(what) {
            write(`${what}\n`);
            await confirm({ stack, yes }, signal);
          },
          signal,
        });
        write(`\n${findingsMarkdown(findings)}`);
        if (findings.passed)
          write(
            `\nNobody uses ${options.to} yet. To go over to it, stop the writers, set database.name to ${options.to} in the stack's settings, and deploy: ` +
              `npm run ops -- up --stack ${stack} (docs/runbook/5-backups.md#to-recover-prod)\n`,
          );
        await writeRecord(json, findings);
        process.exitCode = findings.passed ? EXIT.ok : EXIT.found;
      });
  },
};
