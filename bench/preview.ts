/** How long a preview of prod takes, with both packs, over one of an empty program with the same imports: same engine, each in a process of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { REPOSITORY } from "../ops/engine";
import { TSX } from "../toolchain/plugins";
import { compare, type Row } from "./compare";

const ROUNDS = 7;
/** What is promised: this many times as long, at most. */
const MOST = 2;

/** Seconds of a preview over seconds of the empty one. */
export async function benchPreview(): Promise<Row[]> {
  return [
    await compare({
      name: "preview: seconds for prod with both packs ÷ for an empty program with the same imports",
      of: () => secondsOf("gated"),
      over: () => secondsOf("empty"),
      rounds: ROUNDS,
      most: MOST,
    }),
  ];
}

/** From the start of the process to its end. @throws Error when the preview fails */
async function secondsOf(kind: "gated" | "empty"): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, [...TSX, join(REPOSITORY, "bench", "preview-child.ts"), kind], {
    cwd: REPOSITORY,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`the preview of the ${kind} program failed. What it says stands above.`);
  return (performance.now() - started) / 1000;
}
