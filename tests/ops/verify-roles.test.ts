/** The database's roles and grants as evidence: what psql's `\du` prints, letter by letter, and a grid in its letters. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describeRoles, grantsGrid } from "../../ops/verify/roles";
import type { Catalogue } from "../../ops/database/catalogue";
import { type DatabaseServer, startDatabaseServer } from "../helpers/database-server";

describe("the roles", () => {
  let server: DatabaseServer;
  beforeAll(async () => {
    // Debian's psql 15 has the column that the runbook's readers know.
    server = await startDatabaseServer();
  }, 60_000);
  afterAll(() => server?.stop());

  it("are told as psql tells them", async () => {
    const admin = await server.connect();
    await admin.query(`
      CREATE ROLE maestro_app LOGIN CONNECTION LIMIT 25;
      CREATE ROLE maestro_migrator LOGIN CREATEROLE CREATEDB CONNECTION LIMIT 0;
      CREATE ROLE alone LOGIN CREATEDB CONNECTION LIMIT 1 VALID UNTIL '2027-01-01 00:00:00+00';
      CREATE ROLE readers NOLOGIN NOINHERIT BYPASSRLS REPLICATION;
      CREATE ROLE "Ünlike others" LOGIN VALID UNTIL '2027-01-01 00:00:00+00';
      GRANT pg_read_all_data, readers TO maestro_app;`);
    const printed = execFileSync(join(server.programs, "psql"), ["--no-psqlrc", "--command=\\du"], {
      encoding: "utf8",
      env: {
        PATH: process.env["PATH"],
        PGHOST: "127.0.0.1",
        PGPORT: String(server.port),
        PGUSER: "postgres",
        PGDATABASE: "postgres",
        PGPASSWORD: "only-for-a-test",
        PGCLIENTENCODING: "UTF8",
        LC_ALL: "C.UTF-8",
        PAGER: "cat",
      },
    });
    const lines = (text: string) => text.split("\n").map((line) => line.trimEnd());
    expect(lines(await describeRoles(admin))).toEqual(lines(printed).filter((line) => line !== ""));
  });
});

describe("the grid of grants", () => {
  const catalogue: Pick<Catalogue, "objects" | "privileges"> = {
    objects: [
      { kind: "TABLE", name: 'public."User"', owner: "maestro_migrator" },
      { kind: "SCHEMA", name: "public", owner: "pg_database_owner" },
    ] as unknown as Catalogue["objects"],
    privileges: (
      [
        ["TABLE", 'public."User"', "maestro_app", "SELECT"],
        ["TABLE", 'public."User"', "maestro_app", "INSERT"],
        ["TABLE", 'public."User"', "maestro_backup", "SELECT"],
        ["TABLE", 'public."User"', "maestro_backup", "MAINTAIN"],
        ["SCHEMA", "public", "maestro_app", "USAGE"],
        ["SCHEMA", "public", "public", "USAGE"],
      ] as const
    ).map(([kind, name, grantee, privilege]) => ({ kind, name, grantee, privilege })) as unknown as Catalogue["privileges"],
  };

  it("has a row for each object and a column for each role, and names what has no letter", () => {
    const { columns, rows } = grantsGrid(catalogue);
    expect(columns).toEqual(["Object", "maestro_migrator", "maestro_app", "maestro_backup", "public"]);
    expect(rows).toEqual([
      ['table public."User"', "own", "ra", "rMAINTAIN", "–"],
      ["schema public", "–", "U", "–", "U"],
    ]);
  });
});
