/** `ops verify`. */
import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { InvalidArgumentError } from "commander";
import { openAccess } from "../access";
import type { OpsCommand } from "../cli/command";
import { examples, jsonOption, type JsonTarget, stackOption, textWriter, writeRecord } from "../cli/flags";
import { exitCodeOf } from "../verify/exit-code";
import { verifyPage } from "../verify/page/page";
import { showProgress } from "../verify/progress";
import type { VerifyRecord } from "../verify/record";
import { verifyJunit, verifyText } from "../verify/report";
import { verify } from "../verify/run";

/** Seconds between two runs of `--watch`. */
const WATCH = { seconds: 60, least: 30 };

interface Options {
  readonly stack: string;
  readonly only?: readonly string[];
  readonly allowFlood: boolean;
  readonly sendAges: boolean;
  readonly json?: JsonTarget;
  readonly junit?: string;
  readonly html?: string;
  readonly watch?: number | true;
}

export const verifyCommand: OpsCommand = {
  define(command, { signal }) {
    command
      .addOption(stackOption())
      .option("--only <what...>", "lines (RB-4.1), boxes (RB-7.5), sections (4, edge) or probes (flood) @default everything")
      .option("--allow-flood", "let the flood probe send up to 150 requests to prod from this machine's address", false)
      .option("--send-ages", "also send the ages of secrets and of the last recovery drill to Datadog, whose monitors read them", false)
      .addOption(jsonOption())
      .option("--junit <file>", "also write JUnit XML: a suite for each line of the checklist")
      .option("--html <file>", "also write a page for people: one file, which loads nothing; light, dark and print")
      .option("--watch [seconds]", `again and again until Ctrl-C, ${WATCH.seconds} s apart; the flood is sent the first time only`, seconds)
      .addHelpText(
        "after",
        examples(
          "npm run ops -- verify --stack rehearsal",
          "npm run ops -- verify --stack prod --only RB-7.3 RB-7.6",
          "npm run ops -- verify --stack prod --allow-flood --junit verify.xml --html verify.html",
        ),
      )
      .action((options: Options) => run(options, signal));
  },
};

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < WATCH.least)
    throw new InvalidArgumentError(`It must be ${WATCH.least} seconds or more, or be left out (${WATCH.seconds}).`);
  return value;
}

async function run(options: Options, signal: AbortSignal): Promise<void> {
  const pause = options.watch === true ? WATCH.seconds : options.watch;
  process.exitCode = exitCodeOf(await once(options, signal, {}));
  if (pause === undefined) return;
  for (;;) {
    await sleep(pause * 1000, undefined, { signal });
    process.exitCode = exitCodeOf(await once(options, signal, { flood: "it is sent once, not while watching" }));
  }
}

async function once(options: Options, signal: AbortSignal, leaveOut: Readonly<Record<string, string>>): Promise<VerifyRecord> {
  const { stack, only, allowFlood, sendAges, json, junit, html } = options;
  const write = textWriter(json);
  const access = await openAccess(stack);
  let shown: Promise<void> | undefined;
  const record = await verify(access, {
    ...(only === undefined ? {} : { only }),
    allowFlood,
    sendAges,
    signal,
    leaveOut,
    onStart: (running) => {
      shown = showProgress(running, write, process.stdout.isTTY && json !== true);
    },
  });
  await shown;
  write(`\n${verifyText(record)}`);
  await writeRecord(json, record);
  if (junit !== undefined) await writeFile(junit, verifyJunit(record));
  if (html !== undefined) await writeFile(html, verifyPage(record, access.settings.observability));
  return record;
}
