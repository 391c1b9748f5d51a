/** `npm run bench -- [names…]`: how fast, as ratios. */
import { Command, InvalidArgumentError } from "commander";
import { BACKUP_MEBIBYTES, benchBackup } from "./backup";
import type { Row } from "./compare";
import { benchEdge } from "./edge";
import { benchPolicies } from "./policies";
import { benchPreview } from "./preview";

/** A benchmark. */
interface Bench {
  readonly name: string;
  readonly description: string;
  run(options: { readonly mebibytes: number }): Promise<Row[]>;
}

const BENCHES: readonly Bench[] = [
  {
    name: "backup",
    description: "the nightly backup, checked and in S3 ÷ pg_dump alone, and its memory; ten minutes",
    run: ({ mebibytes }) => benchBackup(mebibytes),
  },
  { name: "edge", description: "nginx with the edge's configuration ÷ a bare proxy_pass; half a minute", run: benchEdge },
  {
    name: "policies",
    description: "the packs over 5,000 resources, against the rate that is promised and the one over 500; two minutes",
    run: benchPolicies,
  },
  { name: "preview", description: "prod with both packs ÷ an empty program with the same imports; two minutes", run: benchPreview },
];

/** One line: the ratio, how it scattered, and what was measured. A promise is broken only when the scatter does not explain it. */
function describe({ name, ratio, quartiles, rounds, least, most, medians }: Row): { readonly line: string; readonly holds: boolean } {
  const isKept = (value: number) => value >= (least ?? 0) && value <= (most ?? Infinity);
  const scatter = `half of ${rounds} rounds ${quartiles.map((each) => each.toFixed(3)).join(" to ")}`;
  const measured = medians.map((each) => each.toFixed(each < 100 ? 1 : 0)).join(" ÷ ");
  const promise = least === undefined ? `at most ${most}` : `at least ${least}`;
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
    .addHelpText("after", `\n${BENCHES.map(({ name, description }) => `${name}: ${description}`).join("\n")}`)
    .showHelpAfterError()
    .parse();
  const wanted = command.args.length === 0 ? names : command.args;
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`nothing is called ${unknown.join(", ")}. There is ${names.join(", ")}.`);
  for (const { name, run } of BENCHES)
    if (wanted.includes(name))
      for (const row of await run(command.opts())) {
        const { line, holds } = describe(row);
        process.stdout.write(`${line}\n`);
        if (!holds) process.exitCode = 1;
      }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
