import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, type ProcessHandle, processStart } from "../../toolchain/processes";
import { InterruptedError, runStep } from "../../toolchain/run";
import { REPOSITORY } from "../../toolchain/versions";
import { type FakeMachine, startFakeMachine } from "../helpers/fake-machine";

let machine: FakeMachine;
beforeEach(() => {
  machine = startFakeMachine();
});
afterEach(() => machine.remove());

const failureOf = (step: Promise<unknown>) =>
  step.then(
    () => "no failure",
    (error: unknown) => (error as Error).message,
  );
const silent = () => undefined;
const pidFile = () => join(machine.root, "pids");
/** A build as `go build` is one: a process that waits for its compiler. Notes the pids of both. */
const build = () => machine.program("build", `/bin/sleep 60 &\necho $$ $! > ${pidFile()}.new\n/bin/mv ${pidFile()}.new ${pidFile()}\nwait`);

async function builders(): Promise<ProcessHandle[]> {
  while (!existsSync(pidFile())) await sleep(20);
  return readFileSync(pidFile(), "utf8")
    .trim()
    .split(" ")
    .map((pid) => ({ pid: Number(pid), started: processStart(Number(pid)) as string }));
}

async function untilDead(handles: readonly ProcessHandle[], seconds: number): Promise<boolean[]> {
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline && handles.some(isAlive);) await sleep(20);
  return handles.map(isAlive);
}

it("returns what the program printed, on both streams", async () => {
  machine.program("talk", "echo one; /bin/sleep 0.2; echo two >&2; /bin/sleep 0.2; echo three");
  expect(await runStep("talking", silent, ["talk"])).toBe("one\ntwo\nthree");
});

it("says what failed, how, and the last lines of what was said", async () => {
  machine.program("fail", "i=0; while [ $i -lt 20 ]; do i=$((i + 1)); echo line $i; done; exit 3");
  const lines = Array.from({ length: 15 }, (_, index) => `line ${index + 6}`).join("\n");
  expect(await failureOf(runStep("building it", silent, ["fail"]))).toBe(`building it failed after 0 s (exit code 3).\n${lines}`);
});

it("says that a program is not installed", async () => {
  expect(await failureOf(runStep("building it", silent, ["nowhere"]))).toBe("building it failed: nowhere is not installed.");
});

it("says that the disk is full", async () => {
  machine.program("fail", "echo 'write /x: no space left on device' >&2; exit 1");
  expect(await failureOf(runStep("building it", silent, ["fail"]))).toBe(
    "building it failed after 0 s (exit code 1). The disk is full: free some space and run again.\nwrite /x: no space left on device",
  );
});

it("ends a step that takes too long, and what it started", async () => {
  build();
  const step = runStep("building it", silent, ["build"], { timeoutSeconds: 1 });
  const failure = failureOf(step);
  const processes = await builders();
  expect(await failure).toBe("building it failed after 1 s (no end within 1 s).");
  expect(await untilDead(processes, 1)).toEqual([false, false]);
});

it("ends a step that is aborted, and what it started", async () => {
  build();
  const abort = new AbortController();
  const step = runStep("building it", silent, ["build"], { signal: abort.signal });
  const ended = expect(step).rejects.toThrow(new InterruptedError("building it", "aborted"));
  const processes = await builders();
  abort.abort();
  await ended;
  expect(await untilDead(processes, 1)).toEqual([false, false]);
});

it("kills one that does not end by itself, after its grace", async () => {
  machine.program("build", `trap '' TERM\necho $$ $$ > ${pidFile()}\nwhile :; do /bin/sleep 0.1; done`);
  const abort = new AbortController();
  const step = runStep("building it", silent, ["build"], { signal: abort.signal, graceSeconds: 0.3 });
  const ended = expect(step).rejects.toThrow(InterruptedError);
  await builders();
  abort.abort();
  await ended;
});

describe("a process that runs a step", () => {
  let runner: ChildProcess;
  let said = "";
  const start = (environment: Readonly<Record<string, string>> = {}) => {
    build();
    const module = JSON.stringify(join(REPOSITORY, "toolchain", "run.ts"));
    const code = `require(${module}).runStep("building it", () => 0, ["build"]).catch((error) => { console.log(error.message); process.exitCode = 7; });`;
    const tsx = join(REPOSITORY, "node_modules", "tsx", "dist", "loader.mjs");
    runner = spawn(process.execPath, ["--import", tsx, "--input-type=commonjs", "-e", code], {
      env: { ...machine.environment, ...environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    said = "";
    runner.stdout?.on("data", (chunk) => (said += String(chunk)));
  };

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("ends the whole build on %s, says so, and fails", async (signal) => {
    start();
    const processes = await builders();
    const began = Date.now();
    runner.kill(signal);
    expect(await once(runner, "close")).toEqual([7, null]);
    expect(await untilDead(processes, 1)).toEqual([false, false]);
    expect(said).toBe(`building it was interrupted (${signal}). Run the command again: it goes on where this run ended.\n`);
    expect(Date.now() - began).toBeLessThan(3000);
  });

  it("does not leave the build's leader running when it is killed outright", async () => {
    start({ PATH: `${machine.environment["PATH"]}:/usr/bin:/bin` });
    const [leader, compiler] = await builders();
    runner.kill("SIGKILL");
    await once(runner, "close");
    expect(await untilDead([leader], 3)).toEqual([false]);
    // What the leader started ends with its own work; here it is put an end to.
    process.kill(compiler.pid);
  });
});
