/** How a pack starts: from its sources or compiled, the same; and it ends with its engine, however that ends. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { credentials } from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import type { AnalyzerInfo } from "@pulumi/pulumi/proto/analyzer_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { compiledPacks, POLICY_PACKS } from "../../ops/policy-packs";
import { pluginPath } from "../../toolchain/plugins";
import { setTimeout as sleep } from "node:timers/promises";

const ROOT = resolve(__dirname, "..", "..");
const RUNNER = join(ROOT, "node_modules", "@pulumi", "pulumi", "cmd", "run-policy-pack");

const lives = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

it("is gone when the engine was killed", async () => {
  const pack = join(ROOT, "policies", "maestroverse-checklist");
  // The engine: starts the analyzer, says its pid and waits.
  const engine = spawn(
    process.execPath,
    [
      "-e",
      `const a = require("node:child_process").spawn(process.execPath, [${JSON.stringify(RUNNER)}, "127.0.0.1:1", "."], { cwd: ${JSON.stringify(pack)}, stdio: ["ignore", "pipe", "inherit"] });
       a.stdout.once("data", () => console.log(a.pid));`,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const [said] = (await once(engine.stdout, "data")) as [Buffer];
  const analyzer = Number(said.toString());
  expect(lives(analyzer)).toBe(true);
  engine.kill("SIGKILL");
  for (let waited = 0; lives(analyzer) && waited < 100; waited++) await sleep(100);
  expect(lives(analyzer)).toBe(false);
}, 60_000);

/** What a pack says of itself, started by that command in its folder. */
async function infoOf(pack: string, command: readonly [string, ...string[]], environment: Readonly<Record<string, string>>) {
  const [program, ...words] = command;
  const env = { ...process.env, ...environment };
  const analyzer = spawn(program, [...words, "127.0.0.1:1", "."], { cwd: pack, env, stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [port] = (await once(analyzer.stdout, "data")) as [Buffer];
    const client = new AnalyzerClient(`127.0.0.1:${port.toString().trim()}`, credentials.createInsecure());
    const info = await promisify<Empty, AnalyzerInfo>(client.getAnalyzerInfo.bind(client))(new Empty());
    client.close();
    return info.toObject();
  } finally {
    analyzer.kill();
  }
}

it.each(POLICY_PACKS)(
  "is the same pack from its sources, compiled under Pulumi's runner, and by our own analyzer's script: %s",
  async (pack) => {
    const compiled = await compiledPacks();
    const script = join((await pluginPath(() => undefined)).dir, "pulumi-analyzer-policy");
    const fromSources = await infoOf(pack, [process.execPath, RUNNER], {});
    expect(fromSources.policiesList.length).toBeGreaterThan(50);
    expect(await infoOf(pack, [process.execPath, RUNNER], compiled)).toEqual(fromSources);
    expect(await infoOf(pack, [script], compiled)).toEqual(fromSources);
    expect(await infoOf(pack, [script], {})).toEqual(fromSources);
  },
  120_000,
);
