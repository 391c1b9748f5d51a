/** Real processes: what is started is found again, and what is stopped is gone. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Supervisor } from "../../../rehearsal/lib/supervisor";
import { processStart } from "../../../toolchain/processes";

let directory: string;
let supervisor: Supervisor;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "supervisor-"));
  supervisor = new Supervisor(directory);
});
afterEach(async () => {
  for (const { name } of supervisor.running()) await supervisor.stop(name, 0);
  rmSync(directory, { recursive: true, force: true });
});

const shell = (name: string, script: string, more: object = {}) => ({
  name,
  command: ["/bin/sh", "-c", script, "server", directory] as [string, ...string[]],
  ready: () => Promise.resolve(existsSync(join(directory, `${name}.ready`))),
  ...more,
});
const SERVES = (name: string) => `touch "$1/${name}.ready"; exec sleep 60`;

it("starts a server once, and a later command finds it", async () => {
  expect(await supervisor.start(shell("one", SERVES("one")))).toBe(true);
  const later = new Supervisor(directory);
  const [found, ...others] = later.running();
  expect([found?.name, others]).toEqual(["one", []]);
  expect(await later.start(shell("one", SERVES("one")))).toBe(false);
  expect(later.find("one")).toEqual(found);
});

it("knows a server from its first moment, also when the starter is killed right after", () => {
  const starter = `
    const { Supervisor } = require(${JSON.stringify(join(__dirname, "../../../rehearsal/lib/supervisor"))});
    const server = { name: "one", command: ["sleep", "60"], ready: () => new Promise(() => undefined) };
    void new Supervisor(${JSON.stringify(directory)}).start(server);
    while (!require("node:fs").existsSync(${JSON.stringify(join(directory, "processes", "one.stat"))}));
    process.kill(process.pid, "SIGKILL");`;
  const { signal, stderr } = spawnSync(process.execPath, ["--import", require.resolve("tsx"), "-e", starter], { encoding: "utf8" });
  expect([signal, stderr]).toEqual(["SIGKILL", ""]);
  expect(supervisor.running().map(({ name }) => name)).toEqual(["one"]);
});

it("says what a server that ended had to say, and leaves nothing behind", async () => {
  const start = supervisor.start(shell("one", "echo cannot bind; exit 3"));
  await expect(start).rejects.toThrow(`one ended. The end of its log (${join(directory, "logs", "one.log")}):\ncannot bind`);
  expect(supervisor.running()).toEqual([]);
});

it("ends a server that does not answer in time", async () => {
  const start = supervisor.start(shell("one", 'echo $$ > "$1/pid"; exec sleep 60', { readySeconds: 1 }));
  await expect(start).rejects.toThrow(/^one did not answer within 1 s\./);
  expect(processStart(Number(readFileSync(join(directory, "pid"), "utf8")))).toBeUndefined();
});

it("gives up at once when it is interrupted", async () => {
  const abort = new AbortController();
  const start = supervisor.start(shell("one", 'echo $$ > "$1/pid"; exec sleep 60'), abort.signal);
  abort.abort(new Error("interrupted"));
  await expect(start).rejects.toThrow("interrupted");
  // Whether the launcher had noted it already or not.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const pid = existsSync(join(directory, "pid")) ? Number(readFileSync(join(directory, "pid"), "utf8")) : 0;
  expect([supervisor.running(), processStart(pid)]).toEqual([[], undefined]);
});

it("kills a server that ignores the request to end, and what it started", async () => {
  await supervisor.start(shell("one", `trap '' TERM; sleep 60 & echo $! > "$1/child"; touch "$1/one.ready"; while :; do sleep 1; done`));
  await supervisor.stop("one", 0.2);
  const child = Number(readFileSync(join(directory, "child"), "utf8"));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect([supervisor.find("one"), processStart(child)]).toEqual([undefined, undefined]);
});

it("takes no other process that has the pid now for its server", async () => {
  await supervisor.start(shell("one", SERVES("one")));
  const record = join(directory, "processes", "one.stat");
  writeFileSync(record, readFileSync("/proc/self/stat", "utf8").replace(String(processStart(process.pid)), "1"));
  expect(supervisor.find("one")).toBeUndefined();
  await supervisor.stop("one");
  expect(processStart(process.pid)).toBeDefined();
});

it("hands variables over by the environment, and leaves no trace of the launcher", async () => {
  await supervisor.start(shell("one", `printenv TOKEN > "$1/token"; ${SERVES("one")}`, { env: { TOKEN: "hidden" } }));
  const server = supervisor.find("one");
  expect(readFileSync(join(directory, "token"), "utf8")).toBe("hidden\n");
  expect(readFileSync(`/proc/${server?.pid}/cmdline`, "utf8")).toBe("sleep\x0060\x00");
});
