/** `ops drill`. */
import { writeFile } from "node:fs/promises";
import type { OpsCommand } from "../cli/command";
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
} from "../cli/flags";
import { stepShower } from "../cli/steps";
import { findingsMarkdown } from "../recovery/findings";
import { identitiesAt } from "../recovery/identities";
import { recover } from "../recovery/recovery";

interface Options {
  readonly stack: string;
  readonly dumpsOf?: string;
  readonly settingsFile?: string;
  readonly page?: string;
  readonly identityFile?: string;
  readonly identityEnv?: string;
  readonly json?: JsonTarget;
}

export const drillCommand: OpsCommand = {
  define(command, { signal }) {
    command
      .addOption(stackOption())
      .addOption(dumpsOfOption())
      .addOption(identityFileOption())
      .addOption(identityEnvOption())
      .addOption(settingsFileOption())
      .option("--page <file>", "the findings for people, to this file as well")
      .addOption(jsonOption())
      .addHelpText(
        "after",
        examples(
          "npm run ops -- drill --stack staging",
          "npm run ops -- drill --stack staging --dumps-of prod --page findings.md",
          "npm run ops -- drill --stack staging --dumps-of prod --identity-file /run/secrets/drill-identity",
        ),
      )
      .action(async ({ stack, dumpsOf = stack, page: file, identityFile, identityEnv, json, ...options }: Options) => {
        const write = textWriter(json);
        const show = stepShower(write, process.stdout.isTTY && json !== true);
        const identities = identitiesAt({ identityFile, identityEnv }, signal);
        const findings = await recover({ kind: "drill", stack, dumpsOf, ...options, identities, show, signal });
        const page = findingsMarkdown(findings);
        write(`\n${page}`);
        if (file !== undefined) await writeFile(file, page);
        await writeRecord(json, findings);
        process.exitCode = findings.passed ? EXIT.ok : EXIT.found;
      });
  },
};
