/** `npm run bench -- [names…]`: how fast, as ratios. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { REPOSITORY } from "../toolchain/versions";
import { BACKUP_MEBIBYTES } from "./backup";
import { BENCHES } from "./benches";
import type { Row } from "./compare";
import { comparedWith, promiseOf, writeEntries } from "./document";

const DOCUMENT = join(REPOSITORY, "docs", "performance.md");

/** One line: the ratio, how it scattered, and what was measured. A promise is broken only when the scatter does not explain it. */
function describe({ name, ratio, quartiles, rounds, least, most, medians }: Row): { readonly line: string; readonly holds: boolean } {
  const isKept = (value: number) => value >= (least ?? 0) && value <= (most ?? Infinity);
  const scatter = `half of ${rounds} rounds ${quartiles.map((each) => each.toFixed(3)).join(" to ")}`;
  const measured = medians.map((each) => each.toFixed(each < 100 ? 1 : 0)).join(" ÷ ");
  const promise = promiseOf({ least, most });
  const verdict = isKept(ratio) ? "holds" : quartiles.some(isKept) ? "NOISE: it may or may not hold; run it on an idle machine" : "BROKEN";
  return { line: `${name}: ${ratio.toFixed(3)} (${scatter}; ${measured}), ${promise}: ${verdict}`, holds: isKept(ratio) };
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 10) throw new InvalidArgumentError("It is a whole number, 10 or more.");
  return number;
}

async function main(): Promise<void> {
  const names = BENCHES.map(({ name }) => name);
  const command = new Command("bench")
    .description("Measures ratios: both sides in one run, in turns. Exit code 1 when one is not what is promised.")
    .argument("[names...]", `which: ${names.join(", ")} (default: all)`)
    .option("--mebibytes <number>", "size of backup's database", wholeNumber, BACKUP_MEBIBYTES)
    .option("--write", "write what was measured into docs/performance.md", false)
    .addHelpText("after", `\n${BENCHES.map(({ name, description }) => `${name}: ${description}`).join("\n")}`)
    .showHelpAfterError()
    .parse();
  const wanted = command.args.length === 0 ? names : command.args;
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`nothing is called ${unknown.join(", ")}. There is ${names.join(", ")}.`);
  const options = command.opts<{ mebibytes: number; write: boolean }>();
  const measured = `${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} cores, Node.js ${process.versions.node}`;
  for (const { name, run } of BENCHES) {
    if (!wanted.includes(name)) continue;
    const rows = await run(options);
    const document = existsSync(DOCUMENT) ? readFileSync(DOCUMENT, "utf8") : "";
    for (const row of rows) {
      const { line, holds } = describe(row);
      process.stdout.write(`${line}; ${options.write ? "written" : comparedWith(document, name, row)}\n`);
      if (!holds) process.exitCode = 1;
    }
    if (options.write) writeFileSync(DOCUMENT, writeEntries(document, name, rows, measured));
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
