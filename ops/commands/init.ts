/** `ops init`. */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { Option } from "commander";
import { CREDENTIALS } from "../../config";
import type { OpsCommand } from "../cli/command";
import { examples, jsonOption, type JsonTarget, settingsFileOption, stackOption, textWriter, writeRecord } from "../cli/flags";
import { settingsFileOf } from "../engine";
import { collectAnswers, terminalPrompt } from "../init/ask";
import { type Answers, QUESTIONS } from "../init/questions";
import { requireStackName, settingsText } from "../init/settings-text";

interface Options {
  readonly stack: string;
  readonly like: string;
  readonly settingsFile?: string;
  readonly json?: JsonTarget;
  readonly [flag: string]: unknown;
}

export const initCommand: OpsCommand = {
  define(command, { signal }) {
    command
      .addOption(stackOption())
      .addOption(settingsFileOption())
      .addOption(new Option("--like <stack>", "sizes and everything that is not asked are that stack's").default("staging"));
    for (const { flag, takes, text } of QUESTIONS) command.option(`--${flag} ${takes}`, text);
    command
      .addOption(jsonOption())
      .addHelpText(
        "after",
        `\nAt a terminal it asks for what no flag says; elsewhere it takes what it would propose, and names what is missing.\n${examples(
          "npm run ops -- init --stack dev",
          "npm run ops -- init --stack dev --api-host api.dev.example.org --account-id 123456789012",
        )}`,
      )
      .action((options: Options) => run(options, givenAnswers(options), signal));
  },
};

/** Flags by their names. */
function givenAnswers(options: Options): Answers {
  return Object.fromEntries(
    QUESTIONS.flatMap(({ flag }) => {
      const value = options[new Option(`--${flag}`).attributeName()] as string | readonly string[] | undefined;
      return value === undefined ? [] : [[flag, typeof value === "string" ? [value] : value]];
    }),
  );
}

async function run({ stack, like, settingsFile, json }: Options, given: Answers, signal: AbortSignal): Promise<void> {
  requireStackName(stack);
  const file = settingsFileOf(stack, settingsFile);
  if (existsSync(file)) throw new Error(`${file} is there, and is not overwritten. Edit it, or remove it and run this again.`);
  const template = await readFile(settingsFileOf(like), "utf8").catch(() => {
    throw new Error(`--like must be a stack with a settings file, got ${JSON.stringify(like)}: there is no Pulumi.${like}.yaml.`);
  });
  const terminal = process.stdin.isTTY ? terminalPrompt(signal) : undefined;
  const answers = await collectAnswers(stack, given, terminal?.prompt, (problem) => process.stderr.write(`${problem}\n`)).finally(() =>
    terminal?.close(),
  );
  const text = settingsText({ stack, template, answers, now: new Date() });
  // "wx": also when somebody else wrote it meanwhile.
  await writeFile(file, text, { flag: "wx" });
  const next = [
    `pulumi stack init ${stack} --secrets-provider "awskms://alias/maestroverse-pulumi-${stack}?region=${answers.region?.[0]}"`,
    ...Object.keys(CREDENTIALS).map((key) => `pulumi config set --secret ${key} --stack ${stack}`),
    `npm run preview -- --stack ${stack}`,
    `npm run ops -- up --stack ${stack}`,
  ];
  textWriter(json)(`${file} is written, and valid. Read it; then:\n${next.map((line) => `  ${line}\n`).join("")}`);
  await writeRecord(json, { formatVersion: 1, stack, file, next });
}
