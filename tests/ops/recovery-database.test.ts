/**
 * A dump restored by an administrator who is no superuser, as on RDS, and by one who is: PostgreSQL 15 of Debian and 18 of npm. The roles are as `up`
 * makes them. What RDS adds to PostgreSQL is not shown.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { ROLE_NAMES, type RoleKey } from "../../components/lib/privileges";
import { type Access, readStackSettings } from "../../ops/access";
import { takeSnapshot } from "../../ops/backup/database";
import type { AnyManifest } from "../../ops/backup/manifest";
import { NewDatabase } from "../../ops/recovery/new-database";
import { Systems } from "../../ops/verify/systems";
import { ADMIN, BENCHES, DATABASE, DatabaseBench, DEMAND } from "../helpers/database-bench";
import { FIRST_MIGRATION, NEXT_MIGRATION } from "../helpers/database-migrations";

const NAME = "maestroverse_drill_by_test";
/** What a migration can leave that a restore has to give an owner, a comment or a right. */
const MORE = `
  ALTER TABLE "_prisma_migrations" ADD COLUMN finished_at timestamptz DEFAULT now(), ADD COLUMN rolled_back_at timestamptz;
  INSERT INTO "User" (email) SELECT 'student-' || n FROM generate_series(1, 1000) n;
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER touched BEFORE UPDATE ON "User" FOR EACH ROW EXECUTE FUNCTION touch();
  CREATE INDEX by_email ON "User" USING gin (email gin_trgm_ops);
  COMMENT ON TABLE "User" IS 'who logs in';
  COMMENT ON SCHEMA public IS 'the application';
  INSERT INTO "Event" VALUES ('2026-11-24', 'concert');
  REFRESH MATERIALIZED VIEW "Titles";`;

let folder: string;
let file: string;
let manifest: Pick<AnyManifest, "contents" | "serverVersion">;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "recovery-database-"));
  file = join(folder, "dump");
  const source = await DatabaseBench.start({
    adminIsSuperuser: false,
    before: "CREATE EXTENSION pg_trgm; COMMENT ON EXTENSION pg_trgm IS 'ours'",
  });
  try {
    const migrator = await source.connect("migrator");
    await migrator.query(FIRST_MIGRATION);
    await source.protectMigrationsTable();
    await migrator.query(NEXT_MIGRATION);
    await migrator.query(MORE);
    const { PGUSER = "", PGPASSWORD = "" } = source.secret("backup");
    const { port, programs } = source.server;
    const database = { host: "127.0.0.1", port, name: DATABASE, user: PGUSER, password: PGPASSWORD };
    const snapshot = await takeSnapshot({ ...database, sslMode: "disable", sslRootCert: undefined });
    await promisify(execFile)(join(programs, "pg_dump"), ["--format=custom", `--snapshot=${snapshot.id}`, `--file=${file}`], {
      env: { PGHOST: "127.0.0.1", PGPORT: String(port), PGDATABASE: DATABASE, PGUSER, PGPASSWORD },
    });
    manifest = { contents: await snapshot.contents(), serverVersion: snapshot.server.version };
    await snapshot.close();
  } finally {
    await source.stop();
  }
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The systems of a stack whose database is the bench's. */
async function systemsOf(bench: DatabaseBench, adminUser = ADMIN): Promise<Systems> {
  const settings = await readStackSettings("staging");
  const { port } = bench.server;
  const database = { ...settings.database, ...DEMAND, host: "127.0.0.1", port, name: DATABASE, adminUser, sslMode: "disable" as const };
  const administrator = { user: adminUser, password: adminUser };
  const access: Partial<Access> = {
    settings: { ...settings, database, web: { ...settings.web, ...DEMAND, replicas: { minimum: 1, maximum: DEMAND.maximumPods } } },
    edge: { host: "unused" },
    database: () =>
      Promise.resolve({
        ...administrator,
        ...{ host: "127.0.0.1", port, databaseName: DATABASE, tls: false },
        async connect(as = administrator, name = DATABASE) {
          const client = new Client({ host: "127.0.0.1", port, database: name, ...as });
          client.on("error", () => undefined);
          await client.connect();
          return client;
        },
      }),
  };
  const systems = new Systems(access as Access);
  const credentials = (key: RoleKey) => {
    const { PGPASSWORD, DATABASE_URL = "none:" } = bench.secret(key);
    const password = PGPASSWORD ?? decodeURIComponent(new URL(DATABASE_URL).password);
    return Promise.resolve({ user: ROLE_NAMES[key], password });
  };
  return Object.assign(systems, { credentialOf: credentials });
}

describe.each(BENCHES)("$title", ({ edition, adminIsSuperuser }) => {
  let bench: DatabaseBench;
  beforeAll(async () => {
    bench = await DatabaseBench.start({ edition, adminIsSuperuser });
    await bench.superuser.query(`GRANT pg_monitor, pg_signal_backend TO ${ADMIN}`);
  }, 60_000);
  afterAll(() => bench.stop());
  const memberships = async () =>
    (
      await bench.superuser.query(
        "SELECT roleid::regrole::text AS role, member::regrole::text AS member, admin_option FROM pg_auth_members WHERE roleid::regrole::text ~ 'maestro' ORDER BY 1, 2, 3",
      )
    ).rows as unknown[];

  it("restores it as it was dumped, gives the roles their rights, and takes it away again", async () => {
    const before = await memberships();
    const systems = await systemsOf(bench);
    const database = new NewDatabase(systems, NAME, folder, AbortSignal.timeout(60_000));
    await database.create();
    await database.restore(file);
    expect(await database.differences(manifest)).toEqual([]);
    await database.grant();
    const { problems, tried } = await database.privileges();
    expect(problems).toEqual([]);
    expect(tried).toBeGreaterThan(100);
    expect(await memberships()).toEqual(before);
    await systems.sessionOf("app", NAME);
    await database.drop();
    const { rows } = await bench.superuser.query("SELECT FROM pg_database WHERE datname = $1", [NAME]);
    expect(rows).toEqual([]);
    await systems.close();
  });

  // Before PostgreSQL 16 CREATEROLE was enough for every role that is no superuser.
  (edition === "npm" && !adminIsSuperuser ? it : it.skip)("says what an administrator lacks who did not make the roles", async () => {
    await bench.superuser.query(
      `CREATE ROLE stranger LOGIN PASSWORD 'stranger' CREATEROLE CREATEDB; GRANT CONNECT ON DATABASE ${DATABASE} TO stranger`,
    );
    const systems = await systemsOf(bench, "stranger");
    const database = new NewDatabase(systems, NAME, folder, AbortSignal.timeout(60_000));
    await database.create();
    await expect(database.restore(file)).rejects.toThrow(
      'stranger is no superuser and cannot act for maestro_migrator: permission denied to grant role "maestro_migrator". Have who made the roles, ' +
        "or a superuser, run: GRANT maestro_migrator TO stranger WITH ADMIN OPTION, INHERIT FALSE, SET FALSE",
    );
    await bench.superuser.query("GRANT maestro_migrator TO stranger WITH ADMIN OPTION, INHERIT FALSE, SET FALSE");
    await database.restore(file);
    expect(await database.differences(manifest)).toEqual([]);
    await database.drop();
    await systems.close();
  });
});
