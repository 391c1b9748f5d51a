/** An analyzer ends with its engine, however that ends. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
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
