/** The rehearsal's Datadog for a test: the real program, as a process. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Keys } from "../../rehearsal/datadog-intake/api";
import type { Records } from "../../rehearsal/datadog-intake/store";
import { REPOSITORY } from "../../toolchain/versions";
import { TSX } from "../../toolchain/plugins";
import { freePort } from "./free-ports";

/** How long a cold machine with two busy cores may take. */
const START_SECONDS = 60;
const ANSWER_SECONDS = 20;

/** An answer. */
export interface Answer {
  readonly status: number;
  /** Undefined where there is no body. */
  readonly body: unknown;
}

/** How a request differs from a usual one. */
export interface Unusual {
  /** @default those of {@link DatadogIntake.keys} */
  readonly headers?: Record<string, string>;
  /** The body as it is, instead of JSON of the third argument. */
  readonly text?: string;
}

/** A running intake. */
export interface DatadogIntake {
  readonly url: string;
  readonly keys: Keys;
  /** For example `call("PUT", "/api/v1/monitor/1", {…})`. */
  call(method: string, path: string, body?: unknown, unusual?: Unusual): Promise<Answer>;
  /** What a body is refused with: the status and the reasons. @param method by default POST */
  refusal(path: string, body: unknown, method?: string): Promise<(string | number)[]>;
  /** Makes a resource. */
  idOf(path: string, body: unknown): Promise<string>;
  /** What it holds. */
  records(): Promise<Records>;
  /** The same on the disk. */
  recordsText(): string;
  /** Ends it as a crash would and starts it again, on the same port with the same records. */
  restart(): Promise<void>;
  /** Ends it; the records stay. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes the records. */
  remove(): Promise<void>;
}

/** Starts the intake on a free port and waits until it listens. @throws Error when it does not come up */
export async function startDatadogIntake(): Promise<DatadogIntake> {
  const folder = mkdtempSync(join(tmpdir(), "datadog-intake-"));
  const [port, keysFile] = [await freePort(), join(folder, "keys.json")];
  const keys: Keys = { apiKey: randomBytes(16).toString("hex"), appKey: randomBytes(20).toString("hex") };
  writeFileSync(keysFile, JSON.stringify(keys), { mode: 0o600 });
  const url = `http://127.0.0.1:${port}`;
  let child: ReturnType<typeof spawnIntake> | undefined;

  const start = async () => {
    child = spawnIntake(["--port", String(port), "--data", folder, "--keys", keysFile]);
    await listening(child);
  };
  const stop = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  const call: DatadogIntake["call"] = async (method, path, body, { headers, text } = {}) => {
    const own = { "DD-API-KEY": keys.apiKey, "DD-APPLICATION-KEY": keys.appKey };
    const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const options = {
      method,
      headers: headers ?? own,
      signal: AbortSignal.timeout(ANSWER_SECONDS * 1000),
      ...(sent !== undefined && { body: sent }),
    };
    const response = await fetch(`${url}${path}`, options);
    const answer = await response.text();
    return { status: response.status, body: answer === "" ? undefined : (JSON.parse(answer) as unknown) };
  };
  const remove = async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    ...{ url, keys, call, start, stop, remove },
    async refusal(path, body, method = "POST") {
      const { status, body: answer } = await call(method, path, body);
      return [status, ...((answer as { errors?: string[] }).errors ?? [])];
    },
    async idOf(path, body) {
      const { body: answer } = await call("POST", path, body);
      const { id, public_id: publicId, data } = answer as { id?: unknown; public_id?: unknown; data?: { id: unknown } };
      return String(publicId ?? data?.id ?? id);
    },
    records: async () => (await call("GET", "/rehearsal/records")).body as Records,
    recordsText: () => readFileSync(join(folder, "records.json"), "utf8"),
    async restart() {
      await stop();
      await start();
    },
  };
}

function spawnIntake(options: readonly string[]) {
  const program = [...TSX, join(REPOSITORY, "rehearsal/datadog-intake/main.ts"), ...options];
  // It must not outlive a test runner that is killed.
  return spawn("setpriv", ["--pdeathsig", "KILL", process.execPath, ...program], { stdio: ["ignore", "pipe", "pipe"] });
}

async function listening(child: ReturnType<typeof spawnIntake>): Promise<void> {
  let [said, complaint] = ["", ""];
  child.stderr.on("data", (data) => (complaint += String(data)));
  const timer = setTimeout(() => child.kill("SIGKILL"), START_SECONDS * 1000);
  try {
    await new Promise<void>((done, fail) => {
      child.stdout.on("data", (data) => {
        said += String(data);
        if (said.includes("listening on")) done();
      });
      child.once("exit", (code, signal) => fail(new Error(`The intake ended with ${String(code ?? signal)}: ${complaint}`)));
      child.once("error", fail);
    });
  } finally {
    clearTimeout(timer);
  }
}
