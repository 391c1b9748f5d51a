/** The rehearsal's Datadog as its commands use it: every start, also after each kind of end. */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Settings } from "../../config";
import { makeDirectory } from "../../rehearsal/lib/directory";
import { Supervisor } from "../../rehearsal/lib/supervisor";
import { datadogIntake, readDatadogKeys } from "../../rehearsal/substrates/datadog-intake";
import { freePort } from "../helpers/free-ports";

jest.setTimeout(120_000);

const NAME = "datadog-intake";
const TEAM = { data: { type: "team", attributes: { name: "Operations", handle: "ops", description: "Runs it." } } };

let directory: string;
let supervisor: Supervisor;
let settings: Settings;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "datadog-substrate-"));
  makeDirectory(directory);
  supervisor = new Supervisor(directory);
  settings = { observability: { datadogApiUrl: `http://127.0.0.1:${await freePort()}/` } } as Settings;
});
afterAll(async () => {
  await supervisor.stop(NAME, 0);
  rmSync(directory, { recursive: true, force: true });
});

const start = () => datadogIntake.start({ directory, supervisor, settings, report: () => undefined, signal: new AbortController().signal });
const pid = () => supervisor.find(NAME)?.pid ?? 0;

async function teams(method: "GET" | "POST" = "GET"): Promise<string[]> {
  const { apiKey, appKey } = readDatadogKeys(directory);
  const url = new URL("/api/v2/team", settings.observability.datadogApiUrl);
  const options = { method, headers: { "DD-API-KEY": apiKey, "DD-APPLICATION-KEY": appKey }, signal: AbortSignal.timeout(10_000) };
  const response = await fetch(url, { ...options, ...(method === "POST" && { body: JSON.stringify(TEAM) }) });
  const { data } = (await response.json()) as { data: { id: string } | { id: string }[] };
  return [data].flat().map(({ id }) => id);
}

it("names the port that it listens on, and where to change it", () => {
  const { port } = new URL(settings.observability.datadogApiUrl);
  const setting = "observability.datadogApiUrl in Pulumi.rehearsal.yaml";
  expect(datadogIntake.ports(settings)).toEqual([{ address: "127.0.0.1", port: Number(port), setting }]);
  expect(datadogIntake.servers).toEqual([NAME]);
});

it("has no keys before the first start, and says so", () => {
  expect(() => readDatadogKeys(directory)).toThrow(/ENOENT.*keys\.json/);
});

it("starts with keys that only their owner reads and no argument shows", async () => {
  await start();
  const { apiKey, appKey } = readDatadogKeys(directory);
  expect([apiKey, appKey]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{40}$/)]);
  expect(statSync(join(directory, NAME, "keys.json")).mode & 0o777).toBe(0o600);
  const shown = ["cmdline", "environ"].map((file) => readFileSync(`/proc/${pid()}/${file}`, "utf8")).join();
  expect([shown.includes(NAME), shown.includes(apiKey), shown.includes(appKey)]).toEqual([true, false, false]);
});

it("is left as it is by a second start", async () => {
  const before = [pid(), readDatadogKeys(directory)];
  await start();
  expect([pid(), readDatadogKeys(directory)]).toEqual(before);
});

it("has the same keys and records after a kill", async () => {
  const [[id], keys, killed] = [await teams("POST"), readDatadogKeys(directory), pid()];
  process.kill(killed, "SIGKILL");
  while (pid() !== 0) await new Promise((done) => setTimeout(done, 20));
  await start();
  expect(pid()).not.toBe(killed);
  expect([await teams(), readDatadogKeys(directory)]).toEqual([[id], keys]);
});

it("ends when it is asked to, and does not wait for a caller that says no more", async () => {
  const { hostname, port } = new URL(settings.observability.datadogApiUrl);
  const caller = connect(Number(port), hostname).on("error", () => undefined);
  await once(caller, "connect");
  caller.write("POST /api/v2/logs HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{");
  // Answered after the caller's: the server has both.
  await teams();
  const began = Date.now();
  await supervisor.stop(NAME, 10);
  expect([pid(), Date.now() - began < 5_000]).toEqual([0, true]);
  caller.destroy();
});

it("fails with the reason when somebody else has its port", async () => {
  const other = createServer((_request, response) => response.writeHead(404).end());
  const { hostname, port } = new URL(settings.observability.datadogApiUrl);
  other.listen(Number(port), hostname);
  await once(other, "listening");
  try {
    await expect(start()).rejects.toThrow(/^datadog-intake ended\. The end of its log .*EADDRINUSE/s);
    expect(pid()).toBe(0);
  } finally {
    other.closeAllConnections();
    other.close();
  }
});
