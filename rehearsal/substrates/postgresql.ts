/**
 * The rehearsal's database: PostgreSQL on the loopback, with the administrator and the database that the stack's settings name.
 *
 * It does not wait for the disk (fsync off): a crash of the machine may cost the data, a kill of the server does not.
 */
import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { Client } from "pg";
import type { Settings } from "../../config";
import { installAtomically, writeAtomically } from "../../toolchain/cache";
import { endProcess, processStart } from "../../toolchain/processes";
import { type Report, runStep } from "../../toolchain/run";
import { postgresTool, provide } from "../../toolchain/tools";
import { takenPorts } from "../lib/ports";
import type { Rehearsal, Substrate } from "../lib/substrate";

/** Its name with the supervisor, and its folder's. */
const NAME = "postgresql";
/** Random bytes of the administrator's password. */
const PASSWORD_BYTES = 32;
/** Users that it may run as where root starts it, which PostgreSQL refuses: Debian's own, or the one that every system has. */
const USERS = ["postgres", "nobody"];
/** File beside PostgreSQL's own settings that holds the rehearsal's. */
const SETTINGS_FILE = "rehearsal.conf";

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** The database. */
export const postgresql: Substrate = {
  title: "PostgreSQL",
  servers: [NAME],
  ports: ({ database }) => [{ address: database.host, port: database.port, setting: "database.port in Pulumi.rehearsal.yaml" }],
  start,
};

/** Password of `database.adminUser`. @throws Error when there is none yet */
export function readDatabaseAdminPassword(directory: string): string {
  return readFileSync(passwordFile(directory), "utf8");
}

async function start({ directory, settings, supervisor, report, signal }: Rehearsal): Promise<void> {
  const { host, port, name, adminUser } = settings.database;
  if (!/^(127\.[\d.]+|localhost)$/.test(host))
    throw new Error(`PostgreSQL of the rehearsal listens on the loopback only, got database.host ${host}. Set it to 127.0.0.1.`);
  const programs = dirname((await provide(postgresTool, report)).path);
  const user = serverUser();
  const data = join(directory, NAME, "data");
  await prepare(directory, programs, adminUser, user, report).catch((error: unknown) => {
    throw explained(error, directory);
  });
  if (await settle(data, settings.database)) await supervisor.stop(NAME);
  if (supervisor.find(NAME) === undefined) {
    await endLeftovers(data);
    const problems = await takenPorts([postgresql], settings, supervisor);
    if (problems.length > 0) throw new Error(problems.join("\n"));
  }
  const connect = async (database: string) => {
    const password = readDatabaseAdminPassword(directory);
    const client = new Client({ host, port, user: adminUser, password, database, connectionTimeoutMillis: 5_000 });
    // The server ends sessions when it stops.
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  await supervisor.start(
    {
      name: NAME,
      command: [join(programs, "postgres"), "-D", data],
      cwd: join(directory, NAME),
      ...(user === undefined ? {} : { user }),
      ready: () => connect("postgres").then((client) => client.end().then(() => true)),
    },
    signal,
  );
  const client = await connect("postgres");
  try {
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

/** The administrator's password and the data folder; each is made once, in one step. */
async function prepare(directory: string, programs: string, adminUser: string, user: User | undefined, report: Report): Promise<void> {
  const folder = join(directory, NAME);
  mkdirSync(folder, { recursive: true });
  // The server's user passes through it to its data.
  chmodSync(folder, 0o711);
  const data = join(folder, "data");
  if (existsSync(data)) {
    if (existsSync(passwordFile(directory))) return;
    throw new Error(`${passwordFile(directory)} is missing, and with it the way into ${data}. Begin anew: npm run rehearse -- down`);
  }
  if (!existsSync(passwordFile(directory)))
    await writeAtomically(passwordFile(directory), randomBytes(PASSWORD_BYTES).toString("hex"), 0o600);
  await installAtomically(data, async (unfinished) => {
    // initdb runs as the server's user and takes no password but from a file.
    const copy = join(folder, "initdb-password");
    rmSync(copy, { force: true });
    try {
      writeFileSync(copy, readDatabaseAdminPassword(directory), { mode: 0o600 });
      if (user !== undefined) for (const each of [unfinished, copy]) chownSync(each, user.uid, user.gid);
      const as = user === undefined ? [] : ["setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups"];
      const options = [
        "--auth=scram-sha-256",
        `--username=${adminUser}`,
        `--pwfile=${copy}`,
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
      ];
      await runStep("initdb", report, [...as, join(programs, "initdb"), `--pgdata=${unfinished}`, ...options] as [string, ...string[]], {
        cwd: folder,
      });
    } finally {
      rmSync(copy, { force: true });
    }
    writeFileSync(join(unfinished, "pg_hba.conf"), "host all all 127.0.0.0/8 scram-sha-256\n");
    appendFileSync(join(unfinished, "postgresql.conf"), `include_if_exists '${SETTINGS_FILE}'\n`);
  });
}

/** Writes the settings. @returns whether they changed, which takes a new start of the server */
async function settle(data: string, { host, port, maxConnections }: Settings["database"]): Promise<boolean> {
  const lines = [
    `listen_addresses = '${host}'`,
    `port = ${port}`,
    "unix_socket_directories = ''",
    `max_connections = ${maxConnections}`,
    "password_encryption = 'scram-sha-256'",
    "fsync = off",
    // A statement that fails may hold a password.
    "log_min_error_statement = panic",
  ];
  const file = join(data, SETTINGS_FILE);
  const text = lines.map((line) => `${line}\n`).join("");
  if (existsSync(file) && readFileSync(file, "utf8") === text) return false;
  await writeAtomically(file, text, 0o644);
  return true;
}

/**
 * Ends what a killed server left: its children, which still hold its memory, and the file that names its pid, which may be another
 * process's by now.
 */
async function endLeftovers(data: string): Promise<void> {
  const home = realpathSync(data);
  for (const pid of readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)) {
    const started = worksIn(pid) === home ? processStart(pid) : undefined;
    if (started !== undefined) await endProcess({ pid, started }, 0);
  }
  rmSync(join(data, "postmaster.pid"), { force: true });
}

/** Folder that a process works in; undefined when it ended, or is somebody else's. */
function worksIn(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** User that the server runs as; undefined: this process's own. */
function serverUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const user of USERS) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${user}:`))?.split(":") ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(`PostgreSQL refuses to run as root, and this system has none of the users ${USERS.join(", ")}. Run as another user.`);
}

function passwordFile(directory: string): string {
  return join(directory, NAME, "admin-password");
}

function explained(error: unknown, directory: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const folder = join(directory, NAME);
  if (code === "ENOSPC" || code === "EDQUOT")
    return new Error(`The disk of ${folder} is full. Free some space, then run again.`, { cause: error });
  if (code === "EACCES" || code === "EPERM" || code === "EROFS")
    return new Error(`${folder} cannot be written (${code}). Make it this user's, then run again.`, { cause: error });
  return error;
}
