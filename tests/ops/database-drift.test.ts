/**
 * Drift of roles and rights, on real servers: what each kind of harm is called, and that its advice, run as the administrator, leaves nothing to
 * find.
 */
import type { Client } from "pg";
import { readCatalogue } from "../../ops/database/catalogue";
import { compareCatalogue, type Finding } from "../../ops/database/compare";
import { runContract, violations, withProbe } from "../../ops/database/contract-run";
import { repairScript } from "../../ops/drift";
import { ADMIN, BENCHES, DatabaseBench, DEMAND } from "../helpers/database-bench";
import { FIRST_MIGRATION, NEXT_MIGRATION } from "../helpers/database-migrations";

/** What somebody does as a superuser, and what is found. */
const HARM: readonly (readonly [name: string, statements: string, problems: readonly string[]])[] = [
  [
    "an extra grant on one table",
    `GRANT TRUNCATE ON "User" TO maestro_app`,
    [`maestro_app holds TRUNCATE on table public."User", which is not specified`],
  ],
  [
    "an extra grant on one column",
    `GRANT UPDATE (email) ON "User" TO maestro_backup`,
    [`maestro_backup holds UPDATE (email) on table public."User", which is not specified`],
  ],
  ["a grant to a stranger", `GRANT SELECT ON "User" TO stranger`, [`stranger holds SELECT on table public."User", which is not specified`]],
  [
    "a grant that may be granted on, and was",
    `GRANT SELECT ON "User" TO maestro_app WITH GRANT OPTION; SET ROLE maestro_app; GRANT SELECT ON "User" TO stranger; RESET ROLE`,
    [
      `maestro_app holds SELECT on table public."User" and may grant it on, which is not specified`,
      `stranger holds SELECT on table public."User", which is not specified`,
    ],
  ],
  [
    "PUBLIC's CREATE back on the schema",
    "GRANT CREATE ON SCHEMA public TO PUBLIC",
    ["PUBLIC holds CREATE on schema public, which is not specified"],
  ],
  [
    "PUBLIC's rights back on the database",
    "GRANT CONNECT, TEMPORARY ON DATABASE maestroverse TO PUBLIC",
    ["PUBLIC holds CONNECT, TEMPORARY on database maestroverse, which is not specified"],
  ],
  [
    "the migrations' table within reach",
    `GRANT INSERT ON "_prisma_migrations" TO maestro_app`,
    ["maestro_app holds INSERT on table public._prisma_migrations, which is not specified"],
  ],
  [
    "a function for everybody",
    "GRANT EXECUTE ON FUNCTION add_one TO PUBLIC",
    ["PUBLIC holds EXECUTE on routine public.add_one(integer), which is not specified"],
  ],
  [
    "a lost grant",
    `REVOKE DELETE ON "User" FROM maestro_app; REVOKE SELECT ON "Titles" FROM maestro_backup`,
    ['maestro_backup lacks SELECT on materialized view public."Titles"', 'maestro_app lacks DELETE on table public."User"'],
  ],
  [
    "default privileges for the wrong role",
    `ALTER DEFAULT PRIVILEGES FOR ROLE maestro_migrator IN SCHEMA public REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLES FROM maestro_app;
     ALTER DEFAULT PRIVILEGES FOR ROLE maestro_admin IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO maestro_app`,
    [
      "default privileges: TABLES that maestro_admin creates in schema public grant DELETE, INSERT, SELECT, UPDATE to maestro_app, which is not specified",
      "default privileges: TABLES that maestro_migrator creates in schema public do not grant SELECT, INSERT, UPDATE, DELETE to maestro_app",
    ],
  ],
  [
    "functions of the next migration for everybody, which is PostgreSQL's default",
    "ALTER DEFAULT PRIVILEGES FOR ROLE maestro_migrator GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
    ["default privileges: ROUTINES that maestro_migrator creates anywhere grant EXECUTE to PUBLIC, which is not specified"],
  ],
  [
    "a table that the application owns",
    `CREATE TABLE mine (id serial); ALTER TABLE mine OWNER TO maestro_app`,
    [
      "maestro_app owns table public.mine, specified is maestro_migrator",
      "maestro_app owns sequence public.mine_id_seq, specified is maestro_migrator",
    ],
  ],
  [
    "a view, a function and a type that the administrator made",
    `CREATE VIEW theirs AS SELECT 1 AS one; ALTER VIEW theirs OWNER TO maestro_admin;
     CREATE FUNCTION theirs() RETURNS integer LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION theirs() OWNER TO maestro_admin;
     CREATE TYPE "Theirs" AS ENUM ('one'); ALTER TYPE "Theirs" OWNER TO maestro_admin`,
    [
      "maestro_admin owns routine public.theirs(), specified is maestro_migrator",
      "maestro_admin owns view public.theirs, specified is maestro_migrator",
      'maestro_admin owns type public."Theirs", specified is maestro_migrator',
    ],
  ],
  [
    "another schema for everybody",
    "CREATE SCHEMA open AUTHORIZATION maestro_admin; GRANT CREATE ON SCHEMA open TO PUBLIC",
    ["PUBLIC holds CREATE on schema open, which is not specified"],
  ],
  [
    "attributes, limits and parameters",
    `ALTER ROLE maestro_app CONNECTION LIMIT -1 VALID UNTIL '2030-01-01Z'; ALTER ROLE maestro_app SET statement_timeout = 0;
     ALTER ROLE maestro_backup SET work_mem = '1GB'; ALTER ROLE maestro_migrator IN DATABASE maestroverse SET search_path = 'elsewhere'`,
    [
      "role maestro_migrator starts with search_path = elsewhere in database maestroverse, which is not specified",
      "role maestro_app has connection limit -1, specified is 10",
      "role maestro_app may log in until 2030-01-01 00:00:00+00 only",
      "role maestro_app does not start with statement_timeout = 30000",
      "role maestro_backup starts with work_mem = 1GB, which is not specified",
    ],
  ],
];

/** What a superuser did, and on PostgreSQL 16 and newer only a superuser can undo. */
const MEMBERSHIPS: typeof HARM = [
  ["membership in a powerful role", "GRANT pg_write_all_data TO maestro_app", ["maestro_app is a member of pg_write_all_data"]],
  ["membership of one role in another", "GRANT maestro_migrator TO maestro_app", ["maestro_app is a member of maestro_migrator"]],
  ["a stranger's membership", "GRANT maestro_migrator TO stranger", ["stranger is a member of maestro_migrator"]],
];

/** What takes a superuser to mend, and often a look. */
const SUPERUSERS_HARM: readonly (readonly [name: string, statements: string, problems: readonly string[], undo: string])[] = [
  [
    "a role with a superuser's attributes",
    "ALTER ROLE maestro_app SUPERUSER CREATEDB BYPASSRLS",
    ["role maestro_app is SUPERUSER", "role maestro_app is CREATEDB", "role maestro_app is BYPASSRLS"],
    "ALTER ROLE maestro_app NOSUPERUSER NOCREATEDB NOBYPASSRLS",
  ],
  [
    "rights on PostgreSQL's own functions and tables",
    "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO maestro_app; GRANT SELECT ON pg_authid TO PUBLIC",
    [
      "maestro_app was granted function pg_read_file(text), which is not specified",
      "PUBLIC holds SELECT on PostgreSQL's own pg_catalog.pg_authid",
    ],
    "REVOKE EXECUTE ON FUNCTION pg_read_file(text) FROM maestro_app; REVOKE SELECT ON pg_authid FROM PUBLIC",
  ],
  [
    "ownership of databases",
    "ALTER DATABASE maestroverse OWNER TO maestro_app; ALTER DATABASE postgres OWNER TO maestro_migrator",
    [
      "maestro_app owns database maestroverse, specified is maestro_admin",
      "maestro_migrator owns database postgres, which is not specified",
    ],
    "ALTER DATABASE maestroverse OWNER TO maestro_admin; GRANT CONNECT ON DATABASE maestroverse TO maestro_app; ALTER DATABASE postgres OWNER TO postgres",
  ],
  [
    "a large object, which the nightly dump could not read",
    "SELECT lo_create(4711); ALTER LARGE OBJECT 4711 OWNER TO maestro_app",
    ["maestro_app owns large object 4711, which is not specified"],
    "SELECT lo_unlink(4711)",
  ],
];

// One administrator on each edition: what they find does not depend on it, only how they mend it.
describe.each([BENCHES[0], BENCHES[3]].filter((each) => each !== undefined))("$title", ({ edition, adminIsSuperuser }) => {
  let bench: DatabaseBench;
  let admin: Client;
  beforeAll(async () => {
    bench = await DatabaseBench.start({ edition, adminIsSuperuser });
    const migrator = await bench.connect("migrator");
    await migrator.query(FIRST_MIGRATION);
    await bench.protectMigrationsTable();
    await migrator.query(NEXT_MIGRATION);
    await bench.superuser.query("CREATE ROLE stranger");
    admin = await bench.asAdmin();
  }, 60_000);
  afterAll(async () => {
    await bench.stop();
    process.stderr.write(
      `PostgreSQL ${bench.server.version}: ${HARM.length + MEMBERSHIPS.length + SUPERUSERS_HARM.length} kinds of harm found\n`,
    );
  });

  const find = async (): Promise<Finding[]> =>
    compareCatalogue(await readCatalogue(admin), { ...DEMAND, roles: { app: { generation: 1, overlap: false } } });
  const problems = (findings: readonly Finding[]) => findings.map(({ problem }) => problem);

  it("finds nothing after a deployment and two migrations", async () => {
    expect(await find()).toEqual([]);
  });

  it.each(HARM)("finds %s, and how to mend it", async (_name, statements, expected) => {
    await bench.superuser.query(statements);
    const findings = await find();
    expect(problems(findings)).toEqual(expected);
    await admin.query(repairScript(findings, adminIsSuperuser));
    expect(problems(await find())).toEqual([]);
  });

  it.each(MEMBERSHIPS)("finds %s, and how a superuser mends it", async (_name, statements, expected) => {
    await bench.superuser.query(statements);
    const findings = await find();
    expect(problems(findings)).toEqual(expected);
    await bench.superuser.query(repairScript(findings, true));
    expect(problems(await find())).toEqual([]);
  });

  it.each(SUPERUSERS_HARM)("finds %s", async (_name, statements, expected, undo) => {
    await bench.superuser.query(statements);
    const findings = await find();
    await bench.superuser.query(undo);
    expect(problems(findings)).toEqual(expected);
    expect(problems(await find())).toEqual([]);
  });

  it("is not all: the contract sees by trying what a role may do that it should not, and the other way round", async () => {
    const sessions = await bench.sessions();
    await bench.superuser.query(
      `ALTER DEFAULT PRIVILEGES FOR ROLE maestro_migrator IN SCHEMA public GRANT TRUNCATE ON TABLES TO maestro_app;
       ALTER DEFAULT PRIVILEGES FOR ROLE maestro_migrator IN SCHEMA public REVOKE SELECT ON SEQUENCES FROM maestro_backup;
       GRANT CREATE ON SCHEMA public TO PUBLIC; GRANT TEMPORARY ON DATABASE maestroverse TO PUBLIC; GRANT pg_read_server_files TO maestro_app`,
    );
    const results = await withProbe(sessions.migrator, (objects) => runContract({ sessions, objects, adminUser: ADMIN }));
    await bench.superuser.query(repairScript(await find(), true));
    const created = ["a table", "a view", "a sequence", "a function", "a type"].map((what) => `create ${what}`);
    const allowed = (role: string, actions: readonly string[]) => actions.map((action) => `${role}: ${action}: specified deny, got allow`);
    expect(violations(results).sort()).toEqual(
      [
        ...allowed("maestro_app", ["truncate a table", ...created, "load a file into a table"]),
        ...allowed("maestro_backup", created),
        ...["maestro_app", "maestro_backup", "maestro_migrator"].flatMap((role) => allowed(role, ["create a temporary table"])),
        "maestro_backup: read a sequence's last value: specified allow, got deny",
      ].sort(),
    );
    expect(problems(await find())).toEqual([]);
  });

  it("finds a role that is missing", async () => {
    await bench.superuser.query("ALTER ROLE maestro_backup RENAME TO other");
    const findings = problems(await find());
    await bench.superuser.query("ALTER ROLE other RENAME TO maestro_backup");
    expect(findings[0]).toBe("role maestro_backup does not exist");
    expect(problems(await find())).toEqual([]);
  });
});
