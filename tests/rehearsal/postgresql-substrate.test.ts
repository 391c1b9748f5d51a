/** The rehearsal's database as its commands use it: every start, also after each kind of end. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { parse } from "yaml";
import { parseSettings, type Settings } from "../../config";
import { makeDirectory } from "../../rehearsal/lib/directory";
import { Supervisor } from "../../rehearsal/lib/supervisor";
import { postgresql, readDatabaseAdminPassword } from "../../rehearsal/substrates/postgresql";
import { freePort } from "../helpers/free-ports";

const NAME = "postgresql";

const folders: string[] = [];
const supervisors: Supervisor[] = [];
let committed: Settings;

beforeAll(() => {
  const file = parse(readFileSync(join(__dirname, "../../Pulumi.rehearsal.yaml"), "utf8")) as { config: Record<string, unknown> };
  const raw = Object.entries(file.config).map(([key, value]) => [key.replace(/^maestroverse-ops:/, ""), value] as const);
  committed = parseSettings("rehearsal", Object.fromEntries(raw));
});
afterAll(async () => {
  for (const supervisor of supervisors) await supervisor.stop(NAME, 0);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A rehearsal in a folder of its own, with the committed settings but for the database's. */
class Bench {
  readonly directory = mkdtempSync(join(tmpdir(), "postgresql-substrate-"));
  readonly supervisor: Supervisor;
  settings: Settings;

  constructor(database: Partial<Settings["database"]>) {
    folders.push(this.directory);
    makeDirectory(this.directory);
    this.supervisor = new Supervisor(this.directory);
    supervisors.push(this.supervisor);
    this.settings = this.with(database);
  }

  with(database: Partial<Settings["database"]>): Settings {
    return { ...committed, database: { ...(this.settings ?? committed).database, ...database } };
  }

  async start(): Promise<void> {
    const { directory, supervisor, settings } = this;
    await postgresql.start({ directory, supervisor, settings, report: () => undefined, signal: new AbortController().signal });
  }

  get pid(): number {
    return this.supervisor.find(NAME)?.pid ?? 0;
  }

  async query(statement: string, database = this.settings.database.name): Promise<unknown[]> {
    const { host, port, adminUser: user } = this.settings.database;
    const client = new Client({ host, port, user, password: readDatabaseAdminPassword(this.directory), database });
    // The server's end is the query's error, too.
    client.on("error", () => undefined);
    await client.connect();
    try {
      return (await client.query<unknown[]>({ text: statement, rowMode: "array" })).rows;
    } finally {
      await client.end();
    }
  }
}

describe("the rehearsal's database", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = new Bench({ port: await freePort(), maxConnections: 33 });
    await bench.start();
  });

  it("is what the settings say, on the loopback only, and asks for a password", async () => {
    expect(
      await bench.query(
        `SELECT current_user::text, rolsuper, current_setting('max_connections'), current_setting('listen_addresses'),
                current_setting('unix_socket_directories'), current_setting('log_connections'), pg_encoding_to_char(encoding), datcollate
           FROM pg_roles, pg_database WHERE rolname = current_user AND datname = 'maestroverse'`,
      ),
    ).toEqual([["postgres", true, "33", "127.0.0.1", "", "off", "UTF8", "C.UTF-8"]]);
    expect(await bench.query("SELECT DISTINCT auth_method FROM pg_hba_file_rules")).toEqual([["scram-sha-256"]]);
  });

  it("does not run as root, and keeps its data to itself", () => {
    const { uid, mode } = statSync(join(bench.directory, NAME, "data"));
    expect(statSync(`/proc/${bench.pid}`).uid).toBe(uid);
    expect(uid).not.toBe(0);
    expect((mode & 0o777).toString(8)).toBe("700");
  });

  it("keeps the administrator's password in one file, for its owner alone: in no argument and no log", () => {
    const password = readDatabaseAdminPassword(bench.directory);
    expect(password).toMatch(/^[0-9a-f]{64}$/);
    expect((statSync(join(bench.directory, NAME, "admin-password")).mode & 0o777).toString(8)).toBe("600");
    expect(readdirSync(join(bench.directory, NAME)).sort()).toEqual(["admin-password", "data"]);
    const told = [readFileSync(`/proc/${bench.pid}/cmdline`, "utf8"), readFileSync(`/proc/${bench.pid}/environ`, "utf8")];
    const written = [bench.supervisor.logFile(NAME), join(bench.directory, NAME, "data", "postgresql.conf")].map((file) =>
      readFileSync(file, "utf8"),
    );
    expect([...told, ...written].map((text) => text.includes(password))).toEqual([false, false, false, false]);
  });

  it("is left alone by a second start", async () => {
    const { pid } = bench;
    await bench.start();
    expect(bench.pid).toBe(pid);
  });

  it("keeps its rows over a stop", async () => {
    await bench.query("CREATE TABLE kept AS SELECT 1 AS id");
    await bench.supervisor.stop(NAME);
    await bench.start();
    expect(await bench.query("SELECT * FROM kept")).toEqual([[1]]);
  });

  it("recovers from kill -9, also when a session of the old server works on and its pid is another process's", async () => {
    await bench.query("INSERT INTO kept VALUES (2)");
    // Without a wait in it, a session does not see that its server died.
    const busy = bench.query("SELECT count(*) FROM generate_series(1, 100000000000)").catch((error: Error) => error.message);
    while (((await bench.query("SELECT count(*)::int FROM pg_stat_activity WHERE query LIKE '%generate_series%'"))[0] as [number])[0] < 2)
      await sleep(50);
    const old = bench.pid;
    process.kill(old, "SIGKILL");
    while (existsSync(`/proc/${old}`)) await sleep(20);
    const pidFile = join(bench.directory, NAME, "data", "postmaster.pid");
    writeFileSync(pidFile, readFileSync(pidFile, "utf8").replace(String(old), String(process.pid)));
    await bench.start();
    // Which of the two it hears depends on who is faster.
    expect(["Connection terminated unexpectedly", "terminating connection due to administrator command"]).toContain(await busy);
    expect(await bench.query("SELECT id FROM kept ORDER BY id")).toEqual([[1], [2]]);
    expect(bench.pid).not.toBe(old);
  });

  it("is started anew where its settings changed", async () => {
    const { pid } = bench;
    bench.settings = bench.with({ port: await freePort(), maxConnections: 44, name: "other" });
    await bench.start();
    expect(bench.pid).not.toBe(pid);
    expect(await bench.query("SELECT current_setting('max_connections'), current_database()::text")).toEqual([["44", "other"]]);
  });

  it("says what to do when the administrator's password is lost", async () => {
    const file = join(bench.directory, NAME, "admin-password");
    rmSync(file);
    await expect(bench.start()).rejects.toThrow(
      `${file} is missing, and with it the way into ${join(bench.directory, NAME, "data")}. Begin anew: npm run rehearse -- down`,
    );
  });
});

describe("it refuses, with one clear message and no server left,", () => {
  async function refusal(bench: Bench): Promise<string> {
    const message = await bench.start().then(
      () => "it started",
      (error: Error) => error.message,
    );
    expect(bench.supervisor.running()).toEqual([]);
    return message;
  }

  it("an address that is not on the loopback", async () => {
    expect(await refusal(new Bench({ host: "10.0.0.1" }))).toBe(
      "PostgreSQL of the rehearsal listens on the loopback only, got database.host 10.0.0.1. Set it to 127.0.0.1.",
    );
  });

  it("a port that somebody else has", async () => {
    const other: Server = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
    try {
      expect(await refusal(new Bench({ port }))).toBe(
        `PostgreSQL: port 127.0.0.1:${port} is taken by another program. End that program (ss -ltnp shows it), or choose another port: ` +
          "database.port in Pulumi.rehearsal.yaml.",
      );
    } finally {
      other.close();
    }
  });

  it("a folder that it may not write to", async () => {
    const bench = new Bench({ port: await freePort() });
    // Root may write everywhere but here.
    const directory = process.getuid?.() === 0 ? "/sys" : join(bench.directory, "closed");
    if (directory !== "/sys") {
      mkdirSync(directory);
      chmodSync(directory, 0o500);
    }
    Object.assign(bench, { directory });
    expect(await refusal(bench)).toMatch(
      new RegExp(`^${directory}/postgresql cannot be written \\((EACCES|EPERM|EROFS)\\)\\. Make it this user's, then run again\\.$`),
    );
  });

  it("an initialisation that fails halfway, which leaves nothing that looks done", async () => {
    const bench = new Bench({ port: await freePort(), adminUser: "pg_reserved" });
    expect(await refusal(bench)).toMatch(
      /^initdb failed after \d+ s .*superuser name "pg_reserved" is disallowed; role names cannot begin with "pg_"/s,
    );
    expect(readdirSync(join(bench.directory, NAME))).toEqual(["admin-password"]);
    bench.settings = bench.with({ adminUser: "postgres" });
    await bench.start();
    expect(await bench.query("SELECT current_user::text")).toEqual([["postgres"]]);
  });
});
