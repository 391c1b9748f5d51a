/**
 * What the roles may do, asked of a real server by logging in as each with the credential that its pod gets.
 *
 * The resources are made by the rehearsal's stand-in (tests/helpers/postgresql-provider.ts), for an administrator who is a superuser and for
 * one who is not, as on RDS. It does not prove what RDS itself adds to PostgreSQL.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import * as k8s from "@pulumi/kubernetes";
import type { Client } from "pg";
import { DatabaseRoles } from "../../components/database-roles";
import { HardenedNamespace } from "../../components/namespace";
import { FIRST_MIGRATION, MATRIX, NEXT_MIGRATION } from "../helpers/database-privileges";
import { type DatabaseServer, startDatabaseServer } from "../helpers/database-server";
import { type RecordedResource, reveal, startMocks } from "../helpers/mocks";
import { isPostgresql, PostgresqlProvider, STACK } from "../helpers/postgresql-provider";

/** A database with the roles, after its first migration. */
interface Prepared {
  readonly server: DatabaseServer;
  readonly provider: PostgresqlProvider;
  readonly app: Client;
  readonly migrator: Client;
  readonly backup: Client;
  /** Environment of the backup's pod. */
  readonly backupEnvironment: Record<string, string>;
  readonly superuser: Client;
  /** Logical names of what the component keeps when it goes. */
  readonly retained: readonly string[];
}

const PEOPLE = { generation: 1, rotatedOn: "2026-11-01", overlap: false };

/** Registers the component as index.ts does. */
async function register(port: number): Promise<readonly RecordedResource[]> {
  const mocks = await startMocks({ stack: STACK });
  await mocks.run(() => {
    const room = (name: string) => new HardenedNamespace(name, { namespaceName: name, labels: {} });
    const roles = new DatabaseRoles("database", {
      host: "127.0.0.1",
      port,
      databaseName: "maestroverse",
      sslMode: "disable",
      poolSizePerPod: 2,
      maximumPods: 2,
      generations: { migrator: PEOPLE, app: PEOPLE, backup: PEOPLE },
      namespace: room("maestroverse"),
      migrationsNamespace: room("migrations"),
      labels: {},
    });
    roles.protectMigrationsTable(new k8s.batch.v1.Job("migrate", {}));
  });
  return mocks.resources;
}

function providerFor(server: DatabaseServer, superuser: boolean): PostgresqlProvider {
  return new PostgresqlProvider({
    host: "127.0.0.1",
    port: String(server.port),
    database: "maestroverse",
    username: "maestro_admin",
    password: "admin",
    superuser: String(superuser),
    sslmode: "disable",
  });
}

async function prepare(adminIsSuperuser: boolean): Promise<Prepared> {
  const server = await startDatabaseServer();
  const root = await server.connect();
  await root.query(
    `CREATE ROLE maestro_admin LOGIN PASSWORD 'admin' CREATEROLE CREATEDB ${adminIsSuperuser ? "SUPERUSER" : "NOSUPERUSER"}`,
  );
  await root.query("CREATE DATABASE maestroverse OWNER maestro_admin");
  await root.query("CREATE ROLE stranger LOGIN PASSWORD 'stranger'");
  const resources = await register(server.port);
  const provider = providerFor(server, adminIsSuperuser);
  const ours = resources.filter(isPostgresql);
  for (const resource of ours.slice(0, -1)) await provider.create(resource);

  const secret = (name: string) => {
    const found = resources.find((each) => each.name === name) as RecordedResource;
    return reveal<{ stringData: Record<string, string> }>(found.inputs).stringData;
  };
  const connect = (name: string) => server.connect({ connectionString: secret(name)["DATABASE_URL"] });
  const migrator = await connect("database-migrator-g1-secret");
  await migrator.query(FIRST_MIGRATION);
  const table = ours.at(-1) as RecordedResource;
  expect(table.name).toBe("database-app-migrations-table");
  await provider.create(table);
  await migrator.query(NEXT_MIGRATION);

  const backupEnvironment = secret("database-backup-g1-secret");
  const { PGUSER: user, PGPASSWORD: password } = backupEnvironment;
  return {
    server,
    provider,
    migrator,
    app: await connect("database-app-g1-secret"),
    backup: await server.connect({ user: user, password: password, database: "maestroverse" }),
    backupEnvironment,
    superuser: await server.connect({ database: "maestroverse" }),
    retained: resources.filter(({ options }) => options.retainOnDelete).map(({ name }) => name),
  };
}

/** The error of a statement, or `ok`. Nothing that it did stays. */
async function outcome(client: Client, statement: string): Promise<string> {
  await client.query("BEGIN");
  try {
    await client.query(statement);
    return "ok";
  } catch (error) {
    return (error as Error).message;
  } finally {
    await client.query("ROLLBACK");
  }
}

/** A script of the runbook's page, by its first words. */
function pageScript(beginning: string): string {
  const scripts = readFileSync("docs/runbook/2-database.md", "utf8").match(/(?<=```sql\n)[\s\S]*?(?=```)/g) ?? [];
  return scripts.find((script) => script.startsWith(`-- ${beginning}`)) ?? `no script begins with ${beginning}`;
}

describe.each([
  ["a superuser", true],
  ["no superuser, as on RDS", false],
])("on a server whose administrator is %s", (_who, adminIsSuperuser) => {
  let prepared: Prepared;
  beforeAll(async () => {
    prepared = await prepare(adminIsSuperuser);
  });
  afterAll(async () => {
    await prepared.provider.close();
    await prepared.server.stop();
  });

  it.each(MATRIX)("%s", async (statement, app, backup, migrator) => {
    const { app: asApp, backup: asBackup, migrator: asMigrator } = prepared;
    expect({
      app: await outcome(asApp, statement),
      backup: await outcome(asBackup, statement),
      migrator: await outcome(asMigrator, statement),
    }).toEqual({ app, backup, migrator });
  });

  it("shows no drift once the migrations have run", async () => {
    expect(await prepared.provider.drift()).toEqual([]);
  });

  it("leaves PUBLIC nothing in the database, which a fresh database gives it without saying so", async () => {
    const { rows } = await prepared.superuser.query(
      `SELECT has_database_privilege('public', 'maestroverse', 'CONNECT') AS connect,
              has_database_privilege('public', 'maestroverse', 'TEMPORARY') AS temporary,
              has_schema_privilege('public', 'public', 'CREATE') AS create,
              has_schema_privilege('public', 'public', 'USAGE') AS usage`,
    );
    expect(rows).toEqual([{ connect: false, temporary: false, create: false, usage: false }]);
    await expect(prepared.server.connect({ user: "stranger", password: "stranger", database: "maestroverse" })).rejects.toThrow(
      'permission denied for database "maestroverse"',
    );
  });

  it("answers the questions of the runbook's page as it says", async () => {
    const { rows } = await prepared.superuser.query(pageScript("Least privilege"));
    expect(rows).toEqual([
      { may_create_tables: false, may_create_schemas: false, may_forge_migrations: false, anybody_may_connect: false },
    ]);
  });

  it("gives no role an attribute beyond LOGIN, nor a membership, and the administrator none in them", async () => {
    const { rows } = await prepared.superuser.query(
      `SELECT rolname, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls AS powerful, rolcanlogin, rolconnlimit,
              array(SELECT roleid::regrole::text FROM pg_auth_members WHERE member = pg_roles.oid) AS member_of,
              array(SELECT member::regrole::text FROM pg_auth_members WHERE roleid = pg_roles.oid) AS members
         FROM pg_roles WHERE rolname LIKE 'maestro\\_%' AND rolname <> 'maestro_admin' ORDER BY rolname`,
    );
    const plain = { powerful: false, rolcanlogin: true, member_of: [], members: [] };
    expect(rows).toEqual([
      { ...plain, rolname: "maestro_app", rolconnlimit: 6 },
      { ...plain, rolname: "maestro_backup", rolconnlimit: 3 },
      { ...plain, rolname: "maestro_migrator", rolconnlimit: 2 },
    ]);
  });

  it("makes the migrator the owner of the schema and of all in it", async () => {
    const { rows } = await prepared.superuser.query(
      `SELECT DISTINCT owner::regrole::text FROM (
         SELECT relowner FROM pg_class WHERE relnamespace = 'public'::regnamespace
         UNION SELECT nspowner FROM pg_namespace WHERE nspname = 'public') AS owned (owner)`,
    );
    expect(rows).toEqual([{ owner: "maestro_migrator" }]);
  });

  it("gives each session its limits of time", async () => {
    const limits = (client: Client) =>
      client
        .query(
          `SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
                  current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('search_path') AS path`,
        )
        .then(({ rows }) => rows as unknown[]);
    expect(await limits(prepared.app)).toEqual([{ statement: "30s", lock: "10s", idle: "1min", path: "public" }]);
    expect(await limits(prepared.migrator)).toEqual([{ statement: "0", lock: "10s", idle: "1min", path: "public" }]);
    expect(await limits(prepared.backup)).toEqual([{ statement: "0", lock: "0", idle: "1min", path: "public" }]);
  });

  it("refuses the connection after the last that a role may have", async () => {
    const { server, backupEnvironment } = prepared;
    const another = () => server.connect({ user: "maestro_backup", password: backupEnvironment["PGPASSWORD"], database: "maestroverse" });
    const open = [await another(), await another()];
    await expect(another()).rejects.toThrow('too many connections for role "maestro_backup"');
    await Promise.all(open.map((client) => client.end()));
  });

  describe("the nightly dump", () => {
    const dump = () =>
      promisify(execFile)(`${prepared.server.programs}/pg_dump`, ["--format=plain"], {
        env: prepared.backupEnvironment,
        maxBuffer: 16 * 1024 * 1024,
      });

    it("holds every table, sequence and view", async () => {
      const { stdout } = await dump();
      const kinds = stdout.match(/^CREATE (TABLE|VIEW|SEQUENCE) public\.\S+/gm)?.map((line) => line.split(" ").slice(1).join(" "));
      expect(kinds?.sort()).toEqual([
        'SEQUENCE public."User_id_seq"',
        "SEQUENCE public.ticket",
        'TABLE public."Course"',
        'TABLE public."Event"',
        'TABLE public."Event_2026"',
        'TABLE public."User"',
        "TABLE public._prisma_migrations",
        'VIEW public."Teacher"',
      ]);
    });

    it("fails rather than leave rows out when a table has row-level security", async () => {
      await prepared.migrator.query(`ALTER TABLE "User" ENABLE ROW LEVEL SECURITY`);
      await expect(dump()).rejects.toThrow('query would be affected by row-level security policy for table "User"');
      await prepared.migrator.query(`ALTER TABLE "User" DISABLE ROW LEVEL SECURITY`);
    });

    it("fails rather than leave a large object out", async () => {
      await prepared.migrator.query("SELECT lo_create(4711)");
      await expect(dump()).rejects.toThrow("permission denied for large object 4711");
      await prepared.migrator.query("SELECT lo_unlink(4711)");
    });
  });

  it("never told the server a password", () => {
    const { server, app, migrator, backupEnvironment } = prepared;
    const passwords = [app.password, migrator.password, backupEnvironment["PGPASSWORD"]] as string[];
    expect(passwords.map((password) => server.log().includes(password))).toEqual([false, false, false]);
    expect(server.log()).toContain('CREATE ROLE "maestro_app" WITH ENCRYPTED PASSWORD \'SCRAM-SHA-256$4096:');
  });

  it("goes without a trace, and leaves the rows to the administrator", async () => {
    const { provider, server, superuser, retained } = prepared;
    if (!adminIsSuperuser) {
      // What it holds was granted by the migrator, as which DROP OWNED does not act.
      await expect(provider.destroy(retained)).rejects.toThrow('role "maestro_app" cannot be dropped because some objects depend on it');
      const admin = await server.connect({ user: "maestro_admin", password: "admin", database: "maestroverse" });
      await admin.query(pageScript("Before a destroy"));
    }
    await provider.destroy(retained);
    const { rows } = await superuser.query(
      `SELECT (SELECT count(*)::int FROM pg_roles WHERE rolname IN ('maestro_app', 'maestro_backup', 'maestro_migrator')) AS roles,
              (SELECT count(*)::int FROM pg_default_acl) AS defaults,
              (SELECT count(*)::int FROM pg_class, aclexplode(relacl) WHERE relnamespace = 'public'::regnamespace AND grantee <> relowner) AS granted,
              (SELECT array_agg(DISTINCT relowner::regrole::text) FROM pg_class WHERE relnamespace = 'public'::regnamespace) AS owners`,
    );
    expect(rows).toEqual([{ roles: 0, defaults: 0, granted: 0, owners: ["maestro_admin"] }]);
  });
});

it("hands an existing database over with the script of the runbook's page", async () => {
  const server = await startDatabaseServer();
  try {
    const root = await server.connect();
    await root.query("CREATE ROLE maestro_admin LOGIN PASSWORD 'admin' CREATEROLE");
    await root.query("CREATE DATABASE maestroverse OWNER maestro_admin");
    const admin = await server.connect({ user: "maestro_admin", password: "admin", database: "maestroverse" });
    await admin.query(FIRST_MIGRATION + NEXT_MIGRATION);
    const resources = await register(server.port);
    const provider = providerFor(server, false);
    for (const resource of resources.filter(isPostgresql).slice(0, -1)) await provider.create(resource);
    await provider.close();
    const connect = (role: string) => {
      const found = resources.find(({ name }) => name === `database-${role}-g1-secret`) as RecordedResource;
      return server.connect({ connectionString: reveal<{ stringData: { DATABASE_URL: string } }>(found.inputs).stringData.DATABASE_URL });
    };
    const app = await connect("app");
    const migrator = await connect("migrator");
    expect(await outcome(app, `SELECT * FROM "User"`)).toBe("permission denied for table User");
    expect(await outcome(migrator, `ALTER TABLE "User" ADD COLUMN x text`)).toBe("must be owner of table User");

    await admin.query(pageScript("Hand over"));

    for (const [statement, expected] of MATRIX) expect([statement, await outcome(app, statement)]).toEqual([statement, expected]);
    for (const [statement, , , expected] of MATRIX) expect([statement, await outcome(migrator, statement)]).toEqual([statement, expected]);
  } finally {
    await server.stop();
  }
});
