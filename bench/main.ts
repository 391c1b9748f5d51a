/** `npm run bench -- [names…]`: how fast, as ratios. */
import { Command, InvalidArgumentError } from "commander";
import { BACKUP_MEBIBYTES, benchBackup } from "./backup";
import type { Row } from "./compare";
import { benchEdge } from "./edge";
import { benchPolicies } from "./policies";

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
];

/** One line: the ratio, how it scattered, and what was measured. A promise is broken only when the scatter does not explain it. */
function describe({ name, ratio, quartiles, rounds, least, medians }: Row): { readonly line: string; readonly holds: boolean } {
  const scatter = `half of ${rounds} rounds ${quartiles.map((each) => each.toFixed(3)).join(" to ")}`;
  const verdict = ratio >= least ? "holds" : quartiles[1] >= least ? "NOISE: it may or may not hold; run it on an idle machine" : "BROKEN";
  const line = `${name}: ${ratio.toFixed(3)} (${scatter}; ${medians.map((each) => each.toFixed(0)).join(" ÷ ")}), at least ${least}: ${verdict}`;
  return { line, holds: ratio >= least };
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 10) throw new InvalidArgumentError("It is a whole number, 10 or more.");
  return number;
}

async function main(): Promise<void> {
  const names = BENCHES.map(({ name }) => name);
  const command = new Command("bench")
    .description("Measures ratios: both sides in one run, in turns. Exit code 1 when one is below what is promised.")
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
