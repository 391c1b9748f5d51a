/**
 * What the roles are and may do, asked of real servers by logging in as each with the credential that its pod gets: the contract of
 * ops/database/contract.ts, and what no statement shows. tests/helpers/database-bench.ts says what that does not prove.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import type { Client } from "pg";
import type { RoleKey } from "../../components/lib/privileges";
import { CONTRACT } from "../../ops/database/contract";
import { runContract, violations, withProbe } from "../../ops/database/contract-run";
import { ADMIN, BENCHES, DatabaseBench } from "../helpers/database-bench";
import { FIRST_MIGRATION, MIGRATED, NEXT_MIGRATION } from "../helpers/database-migrations";

/** A line among the results of the tests. */
const report = (line: string) => process.stderr.write(`${line}\n`);

/** A script of the runbook's page, by its first words. */
function pageScript(beginning: string): string {
  const scripts = readFileSync("docs/runbook/2-database.md", "utf8").match(/(?<=```sql\n)[\s\S]*?(?=```)/g) ?? [];
  return scripts.find((script) => script.startsWith(`-- ${beginning}`)) ?? `no script begins with ${beginning}`;
}

describe.each(BENCHES)("$title", ({ edition, adminIsSuperuser }) => {
  let bench: DatabaseBench;
  let sessions: Record<RoleKey, Client>;
  beforeAll(async () => {
    bench = await DatabaseBench.start({ edition, adminIsSuperuser });
    sessions = await bench.sessions();
    await sessions.migrator.query(FIRST_MIGRATION);
    await bench.protectMigrationsTable();
  }, 60_000);
  afterAll(() => bench.stop());

  it(`holds the contract, ${CONTRACT.length} cases for each of three roles, on what a migration makes this moment`, async () => {
    const results = await withProbe(sessions.migrator, (objects) => runContract({ sessions, objects, adminUser: ADMIN }));
    expect(violations(results)).toEqual([]);
    expect(results).toHaveLength(3 * CONTRACT.length);
    report(
      `PostgreSQL ${bench.server.version}, ${adminIsSuperuser ? "superuser" : "as on RDS"}: ${results.length} cases before the migration`,
    );
  });

  it("is left as it was by that", async () => {
    const { rows } = await bench.superuser.query(
      `SELECT relname AS name FROM pg_class WHERE relname LIKE 'maestro_probe%' UNION ALL SELECT typname FROM pg_type WHERE typname LIKE '%maestro_probe%'
       UNION ALL SELECT proname FROM pg_proc WHERE proname LIKE 'maestro_probe%' UNION ALL SELECT datname FROM pg_database WHERE datname LIKE 'maestro_probe%'`,
    );
    expect(rows).toEqual([]);
  });

  it(`holds the contract, ${CONTRACT.length} cases for each of three roles, after a migration, on what it made`, async () => {
    await sessions.migrator.query(NEXT_MIGRATION);
    const results = await runContract({ sessions, objects: MIGRATED, adminUser: ADMIN });
    expect(violations(results)).toEqual([]);
    expect(results).toHaveLength(3 * CONTRACT.length);
    report(
      `PostgreSQL ${bench.server.version}, ${adminIsSuperuser ? "superuser" : "as on RDS"}: ${results.length} cases after the migration`,
    );
  });

  it("shows no drift once the migrations have run", async () => {
    expect(await bench.provider.drift()).toEqual([]);
  });

  it("leaves PUBLIC nothing in the database, which a fresh database gives it without saying so", async () => {
    await bench.superuser.query("CREATE ROLE stranger LOGIN PASSWORD 'stranger'");
    const { rows } = await bench.superuser.query(
      `SELECT has_database_privilege('public', 'maestroverse', 'CONNECT') AS connect,
              has_database_privilege('public', 'maestroverse', 'TEMPORARY') AS temporary,
              has_schema_privilege('public', 'public', 'CREATE') AS create,
              has_schema_privilege('public', 'public', 'USAGE') AS usage`,
    );
    expect(rows).toEqual([{ connect: false, temporary: false, create: false, usage: false }]);
    await expect(bench.server.connect({ user: "stranger", password: "stranger", database: "maestroverse" })).rejects.toThrow(
      'permission denied for database "maestroverse"',
    );
  });

  it("gives each session its limits of time", async () => {
    const limits = (client: Client) =>
      client
        .query(
          `SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
                  current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('search_path') AS path`,
        )
        .then(({ rows }) => rows as unknown[]);
    expect(await limits(sessions.app)).toEqual([{ statement: "30s", lock: "10s", idle: "1min", path: "public" }]);
    expect(await limits(sessions.migrator)).toEqual([{ statement: "0", lock: "10s", idle: "1min", path: "public" }]);
    expect(await limits(sessions.backup)).toEqual([{ statement: "0", lock: "0", idle: "1min", path: "public" }]);
  });

  it("refuses the connection after the last that a role may have", async () => {
    const open = [await bench.connect("backup"), await bench.connect("backup")];
    await expect(bench.connect("backup")).rejects.toThrow('too many connections for role "maestro_backup"');
    await Promise.all(open.map((client) => client.end()));
  });

  // npm's package has no pg_dump, and Debian's refuses a newer server.
  if (edition === "debian")
    describe("the nightly dump", () => {
      const dump = () =>
        promisify(execFile)(`${bench.server.programs}/pg_dump`, ["--format=plain"], {
          env: bench.secret("backup"),
          maxBuffer: 16 * 1024 * 1024,
        });

      it("holds every table, sequence and view", async () => {
        const { stdout } = await dump();
        const kinds = stdout.match(/^CREATE (TABLE|VIEW|MATERIALIZED VIEW|SEQUENCE) public\.\S+/gm)?.map((line) => line.slice(7));
        expect(kinds?.sort()).toEqual([
          'MATERIALIZED VIEW public."Titles"',
          'SEQUENCE public."User_id_seq"',
          "SEQUENCE public.ticket",
          'TABLE public."Course"',
          'TABLE public."Event"',
          'TABLE public."Event_2026"',
          'TABLE public."User"',
          "TABLE public._prisma_migrations",
          'VIEW public."Beginners"',
          'VIEW public."Teacher"',
        ]);
      });

      it("fails rather than leave rows out when a table has row-level security", async () => {
        await sessions.migrator.query(`ALTER TABLE "User" ENABLE ROW LEVEL SECURITY`);
        await expect(dump()).rejects.toThrow('query would be affected by row-level security policy for table "User"');
        await sessions.migrator.query(`ALTER TABLE "User" DISABLE ROW LEVEL SECURITY`);
      });

      it("fails rather than leave a large object out", async () => {
        await sessions.migrator.query("SELECT lo_create(4711)");
        await expect(dump()).rejects.toThrow("permission denied for large object 4711");
        await sessions.migrator.query("SELECT lo_unlink(4711)");
      });
    });

  it("never told the server a password", () => {
    const passwords = [sessions.app.password, sessions.migrator.password, sessions.backup.password] as string[];
    expect(passwords.map((password) => [password !== "", bench.server.log().includes(password)])).toEqual(
      passwords.map(() => [true, false]),
    );
    expect(bench.server.log()).toContain('CREATE ROLE "maestro_app" WITH ENCRYPTED PASSWORD \'SCRAM-SHA-256$4096:');
  });

  it("goes without a trace, and leaves the rows to the administrator", async () => {
    await bench.provider.destroy(bench.resources.filter(({ options }) => options.retainOnDelete).map(({ name }) => name));
    const { rows } = await bench.superuser.query(
      `SELECT (SELECT count(*)::int FROM pg_roles WHERE rolname IN ('maestro_app', 'maestro_backup', 'maestro_migrator')) AS roles,
              (SELECT count(*)::int FROM pg_default_acl) AS defaults,
              (SELECT count(*)::int FROM pg_class, aclexplode(relacl) WHERE relnamespace = 'public'::regnamespace AND grantee <> relowner) AS granted,
              (SELECT array_agg(DISTINCT relowner::regrole::text) FROM pg_class WHERE relnamespace = 'public'::regnamespace) AS owners`,
    );
    expect(rows).toEqual([{ roles: 0, defaults: 0, granted: 0, owners: [ADMIN] }]);
  });
});

it("hands an existing database over with the script of the runbook's page", async () => {
  const bench = await DatabaseBench.start({ adminIsSuperuser: false, before: FIRST_MIGRATION + NEXT_MIGRATION });
  try {
    const sessions = await bench.sessions();
    await expect(sessions.app.query(`SELECT * FROM "User"`)).rejects.toThrow("permission denied for table User");
    await expect(sessions.migrator.query(`ALTER TABLE "User" ADD COLUMN x text`)).rejects.toThrow("must be owner of table User");
    await (await bench.asAdmin()).query(pageScript("Hand over"));
    const results = await runContract({ sessions, objects: MIGRATED, adminUser: ADMIN });
    expect(violations(results)).toEqual([]);
    expect(await bench.provider.drift()).toEqual([]);
  } finally {
    await bench.stop();
  }
}, 60_000);
