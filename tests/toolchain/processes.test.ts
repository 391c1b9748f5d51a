import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { endProcess, isAlive, ownProcess, type ProcessHandle, processStart } from "../../toolchain/processes";

async function start(script: string) {
  const child = spawn("/bin/sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout, "data");
  const handle: ProcessHandle = { pid: child.pid as number, started: processStart(child.pid as number) as string };
  return { child, handle, exit: once(child, "exit") as Promise<[number | null, string | null]> };
}

it("knows that this process is alive", () => {
  expect(isAlive(ownProcess())).toBe(true);
});

it("does not take a process for the one that had its pid before", () => {
  expect(isAlive({ pid: process.pid, started: "1" })).toBe(false);
});

it("ends a process that obeys SIGTERM", async () => {
  const { handle, exit } = await start("echo ready; exec sleep 60");
  await endProcess(handle);
  expect(await exit).toEqual([null, "SIGTERM"]);
  expect(isAlive(handle)).toBe(false);
});

it("kills one that does not, after its grace", async () => {
  const { handle, exit } = await start("trap '' TERM; echo ready; while :; do sleep 0.1; done");
  const began = Date.now();
  await endProcess(handle, 400);
  expect(await exit).toEqual([null, "SIGKILL"]);
  expect(Date.now() - began).toBeGreaterThanOrEqual(400);
});

it("counts a zombie as dead", async () => {
  // The shell that was replaced by sleep never asks after its child.
  const { handle, exit } = await start("sh -c 'echo $$; sleep 0.2' & exec sleep 60");
  const children = readFileSync(`/proc/${handle.pid}/task/${handle.pid}/children`, "utf8").trim();
  const pid = Number(children);
  const inner = { pid, started: processStart(pid) as string };
  expect(isAlive(inner)).toBe(true);
  for (let attempt = 0; attempt < 50 && isAlive(inner); attempt++) await sleep(50);
  expect(readFileSync(`/proc/${pid}/stat`, "utf8")).toContain(") Z ");
  expect(isAlive(inner)).toBe(false);
  await endProcess(handle);
  await exit;
});
