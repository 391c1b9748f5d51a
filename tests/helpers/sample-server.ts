/** The sample server and its migrations as processes, on a real database, with the environment that the components give their pods. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, type Dispatcher, request } from "undici";
import { databaseUrl } from "../../components/lib/database-url";
import { buildEnvironment } from "../../components/web-service";
import { SECRET_NAMES } from "../../settings/schema";
import { rehearsalPrograms } from "../../rehearsal/programs";
import { RUN_BUNDLE } from "../../toolchain/bundle";
import { type DatabaseServer, startDatabaseServer } from "./database-server";
import { freePort } from "./free-ports";

/** The workspace's root, where npm is called. */
export const SAMPLE_SERVER = join(__dirname, "../../rehearsal/sample-server");
export const API_HOST = "api.maestroverse.edu";
export const APP_ORIGIN = "https://app.maestroverse.edu";

const START_SECONDS = 20;

/** A database with the roles of the migrator and of the application. */
export interface SampleDatabase extends DatabaseServer {
  readonly migratorUrl: string;
  readonly appUrl: string;
}

/** Roles as DatabaseRoles makes them; what they may not do is database-roles-server.test.ts's subject. */
const ROLES = `
  CREATE ROLE maestro_migrator LOGIN PASSWORD 'm:i/g@r';
  CREATE ROLE maestro_app LOGIN PASSWORD 'a:p/p@w';
  CREATE DATABASE maestroverse;
  \\c
  ALTER SCHEMA public OWNER TO maestro_migrator;
  ALTER DEFAULT PRIVILEGES FOR ROLE maestro_migrator IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO maestro_app;
  ALTER DEFAULT PRIVILEGES FOR ROLE maestro_migrator IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO maestro_app;
`;

/** A server with the database `maestroverse`, still without a table. */
export async function startSampleDatabase(): Promise<SampleDatabase> {
  const server = await startDatabaseServer();
  const [cluster = "", database = ""] = ROLES.split("\\c");
  const root = await server.connect();
  for (const statement of cluster.split(";\n")) await root.query(statement);
  await (await server.connect({ database: "maestroverse" })).query(database);
  const parts = {
    host: "127.0.0.1",
    port: server.port,
    databaseName: "maestroverse",
    sslMode: "disable",
    authorityFile: undefined,
  } as const;
  return {
    ...server,
    migratorUrl: databaseUrl({ ...parts, user: "maestro_migrator", password: "m:i/g@r" }),
    appUrl: databaseUrl({ ...parts, user: "maestro_app", password: "a:p/p@w", poolSize: 3 }),
  };
}

/** What a process said, and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of the sample server to its end. Its environment is `environment` and PATH, nothing else. */
export async function runProgram(file: "main.ts" | "migrate.ts", environment: Readonly<Record<string, string>>): Promise<Ended> {
  return output(await spawnProgram(file, environment));
}

/** Collects what a process says until it ends. */
export async function output(child: ChildProcess): Promise<Ended> {
  const said = { stdout: "", stderr: "" };
  child.stdout?.on("data", (data) => (said.stdout += String(data)));
  child.stderr?.on("data", (data) => (said.stderr += String(data)));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...said };
}

async function spawnProgram(file: string, environment: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const program = file === "main.ts" ? [RUN_BUNDLE, (await rehearsalPrograms())["sample-server"]] : ["--import", "tsx", file];
  return spawn(process.execPath, program, {
    cwd: join(SAMPLE_SERVER, "server"),
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Fresh values of the four secrets. */
export function makeSecrets(): Record<string, string> {
  return Object.fromEntries(SECRET_NAMES.map((name) => [name, randomBytes(64).toString("base64")]));
}

/** What the pod of the Deployment gets, but for the secrets and the address. */
export function podEnvironment(port: number): Record<string, string> {
  const corsOrigins = [APP_ORIGIN, "https://admin.maestroverse.edu"];
  return {
    ...buildEnvironment({ corsOrigins, containerPort: port, apiHost: API_HOST, tokenSeconds: { access: 900, session: 43_200 } }),
    LISTEN_ADDRESS: "127.0.0.1",
  };
}

/** An answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

/** What a request has beside its path. */
export interface Call {
  readonly method?: Dispatcher.HttpMethod;
  readonly json?: unknown;
  /** @default those that the edge adds: X-Forwarded-Proto: https, X-Forwarded-For: 203.0.113.7 */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A sample server that runs. */
export interface SampleServer {
  readonly origin: string;
  readonly port: number;
  /** Sends a request as the edge passes it on. */
  call(path: string, call?: Call): Promise<Answer>;
  /** The lines of access.log. */
  accessLog(): string[];
  /** What it wrote to stdout and stderr. */
  readonly said: { stdout: string; stderr: string };
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
  /** Ends it and removes its log. */
  stop(): Promise<void>;
}

/** Starts a server and waits until it listens. */
export async function startSampleServer(environment: Readonly<Record<string, string>>): Promise<SampleServer> {
  const port = await freePort();
  const logs = mkdtempSync(join(tmpdir(), "sample-server-"));
  const child = await spawnProgram("main.ts", { ...podEnvironment(port), LOG_DIRECTORY: logs, ...environment });
  const said = { stdout: "", stderr: "" };
  child.stdout?.on("data", (data) => (said.stdout += String(data)));
  child.stderr?.on("data", (data) => (said.stderr += String(data)));
  const ended = once(child, "close").then(([code]) => code as number | null);
  const agent = new Agent({ keepAliveTimeout: 1000 });
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
    await agent.destroy();
    rmSync(logs, { recursive: true, force: true });
  };
  const deadline = Date.now() + START_SECONDS * 1000;
  while (!said.stdout.includes("Listening")) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`the sample server did not start: ${said.stderr}`);
    }
    await sleep(20);
  }
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    port,
    said,
    ended,
    signal: (name) => child.kill(name),
    call: (path, call = {}) => send(agent, `${origin}${path}`, call),
    accessLog: () => readFileSync(join(logs, "access.log"), "utf8").split("\n").slice(0, -1),
    stop,
  };
}

/** Headers that the edge adds to what the client sent. */
const FROM_EDGE = { host: API_HOST, "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.7" };

async function send(dispatcher: Dispatcher, url: string, { method = "GET", json, headers = {}, body }: Call): Promise<Answer> {
  const answer = await request(url, {
    dispatcher,
    method,
    headers: { ...FROM_EDGE, ...(json === undefined ? {} : { "content-type": "application/json" }), ...headers },
    body: json === undefined ? body : JSON.stringify(json),
  });
  const text = await answer.body.text();
  const isJson = String(answer.headers["content-type"] ?? "").startsWith("application/json") && text !== "";
  return { status: answer.statusCode, headers: answer.headers, body: isJson ? (JSON.parse(text) as unknown) : text };
}
