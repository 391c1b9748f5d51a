/**
 * `npm run db:migrate --workspace=server`, as its pod runs it, on a real database. That Prisma itself accepts the table is not proven: its
 * engine is not to be had without a download.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { buildMigrationPod } from "../../components/lib/web-pod";
import { loadMigrations, type Migration, migrate, MigrationError } from "../../rehearsal/sample-server/server/migrations";
import { bubblewrapTool, provide } from "../../toolchain/tools";
import { type Ended, output, runProgram, SAMPLE_SERVER, type SampleDatabase, startSampleDatabase } from "../helpers/sample-server";
import { REPOSITORY } from "../../toolchain/versions";

const FOLDER = join(SAMPLE_SERVER, "server/migrations");
const NAMES = ["0001_accounts_and_courses", "0002_course_events"];

let database: SampleDatabase;
beforeAll(async () => {
  database = await startSampleDatabase();
});
afterAll(() => database.stop());

/** A connection of the migrator to a database without tables. */
async function fresh(): Promise<Client> {
  const admin = await database.connect({ database: "maestroverse" });
  await admin.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION maestro_migrator");
  return database.connect({ connectionString: database.migratorUrl });
}

const run = () => runProgram("migrate.ts", { DATABASE_URL: database.migratorUrl });

/** Runs the command of the migration's pod: nothing but /tmp can be written, and npm's registry does not answer. */
async function runAsPod(): Promise<Ended> {
  const { path } = await provide(bubblewrapTool, () => undefined);
  const container = buildMigrationPod({ image: "i", secretName: "s", serviceAccountName: "a", labels: {} }).spec as unknown as {
    containers: [{ command: string[]; env: { name: string; value: string }[] }];
  };
  const [{ command, env }] = container.containers;
  return output(
    spawn(
      path,
      [
        "--ro-bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--proc",
        "/proc",
        "--tmpfs",
        "/tmp",
        "--ro-bind",
        REPOSITORY,
        REPOSITORY,
        "--die-with-parent",
        ...command,
      ],
      {
        cwd: SAMPLE_SERVER,
        env: {
          PATH: process.env["PATH"],
          ...Object.fromEntries(env.map(({ name, value }) => [name, value])),
          npm_config_registry: "http://127.0.0.1:9/",
          DATABASE_URL: database.migratorUrl,
        },
        stdio: ["ignore", "pipe", "pipe"],
      },
    ),
  );
}

it("applies every migration once, with the pod's command on a read-only file system and without a network", async () => {
  const client = await fresh();
  const first = await runAsPod();
  expect(first).toEqual({
    code: 0,
    stdout: expect.stringContaining(
      `2 migrations found; database maestroverse at 127.0.0.1:${database.port}\nApplying migration ${NAMES[0]}\n` +
        `Applying migration ${NAMES[1]}\nAll migrations have been successfully applied.\n`,
    ) as string,
    stderr: "",
  });

  const second = await runAsPod();
  expect(second.code).toBe(0);
  expect(second.stdout).toMatch(/No pending migrations to apply\.\n$/);
  expect(first.stdout + second.stdout).not.toMatch(/m:i|m%3Ai/);

  const { rows } = await client.query(
    `SELECT migration_name, checksum, applied_steps_count, logs, rolled_back_at, finished_at >= started_at AS finished
       FROM "_prisma_migrations" ORDER BY started_at`,
  );
  const checksum = (name: string) =>
    createHash("sha256")
      .update(readFileSync(join(FOLDER, name, "migration.sql")))
      .digest("hex");
  expect(rows).toEqual(
    NAMES.map((name) => ({
      migration_name: name,
      checksum: checksum(name),
      applied_steps_count: 1,
      logs: null,
      rolled_back_at: null,
      finished: true,
    })),
  );
  const columns = await client.query<Record<string, unknown>>(
    `SELECT column_name, data_type, character_maximum_length AS length, is_nullable FROM information_schema.columns
      WHERE table_name = '_prisma_migrations' ORDER BY ordinal_position`,
  );
  expect(columns.rows.map((row) => Object.values(row))).toEqual([
    ["id", "character varying", 36, "NO"],
    ["checksum", "character varying", 64, "NO"],
    ["finished_at", "timestamp with time zone", null, "YES"],
    ["migration_name", "character varying", 255, "NO"],
    ["logs", "text", null, "YES"],
    ["rolled_back_at", "timestamp with time zone", null, "YES"],
    ["started_at", "timestamp with time zone", null, "NO"],
    ["applied_steps_count", "integer", null, "NO"],
  ]);
});

it("applies each once when two run at the same time", async () => {
  const client = await fresh();
  const runs = await Promise.all([run(), run()]);
  expect(runs.map(({ code }) => code)).toEqual([0, 0]);
  const applying = runs.flatMap(({ stdout }) => stdout.match(/Applying migration .+/g) ?? []);
  expect(applying).toEqual(NAMES.map((name) => `Applying migration ${name}`));
  const { rows } = await client.query(`SELECT count(*)::int AS count FROM "_prisma_migrations"`);
  expect(rows).toEqual([{ count: 2 }]);
});

it("waits for the lock that Prisma takes, and goes on once it is free", async () => {
  const client = await fresh();
  const prisma = await database.connect({ connectionString: database.migratorUrl });
  await prisma.query("SELECT pg_advisory_lock(72707369)");
  const lines: string[] = [];
  const waiting = migrate(client, loadMigrations(FOLDER), (line) => {
    lines.push(line);
    if (line.includes("waiting")) void prisma.query("SELECT pg_advisory_unlock(72707369)");
  });
  await expect(waiting).resolves.toEqual(NAMES);
  expect(lines[0]).toBe("Another migration runs: waiting for it");
});

const GOOD: Migration = { name: "0001_good", sql: "CREATE TABLE good (id int)", checksum: "a".repeat(64) };
const BAD: Migration = { name: "0002_bad", sql: "CREATE TABLE half (id int); SELECT 1/0", checksum: "b".repeat(64) };
const LATER: Migration = { name: "0003_later", sql: "CREATE TABLE later (id int)", checksum: "c".repeat(64) };
const quiet = () => undefined;

async function tables(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

it("leaves nothing of a failed migration, stops before the next, and refuses to run until somebody says that it was rolled back", async () => {
  const client = await fresh();
  const all = [GOOD, BAD, LATER];
  await expect(migrate(client, all, quiet)).rejects.toThrow(
    /^Migration 0002_bad failed: division by zero \(SQLSTATE 22012\)\. Nothing of it stayed; the next run says how to go on\.$/,
  );
  expect(await tables(client)).toEqual(["_prisma_migrations", "good"]);

  const refusal = (await migrate(client, all, quiet).catch((error: Error) => error.message)) as string;
  expect(refusal).toMatch(
    /^Migration 0002_bad failed at \S+Z: division by zero \(SQLSTATE 22012\)\. Nothing of it stayed\. Correct it, then allow it again/,
  );
  expect(await tables(client)).toEqual(["_prisma_migrations", "good"]);

  const remedy = /UPDATE .+?;/.exec(refusal)?.[0] as string;
  await client.query(remedy);
  const corrected = { ...BAD, sql: "CREATE TABLE whole (id int)", checksum: "d".repeat(64) };
  await expect(migrate(client, [GOOD, corrected, LATER], quiet)).resolves.toEqual(["0002_bad", "0003_later"]);
  expect(await tables(client)).toEqual(["_prisma_migrations", "good", "later", "whole"]);
});

it("refuses after a run that was killed in the middle", async () => {
  const client = await fresh();
  const victim = await database.connect({ connectionString: database.migratorUrl });
  const hanging = migrate(victim, [{ ...GOOD, sql: "CREATE TABLE half (id int); SELECT pg_sleep(60)" }], quiet).catch(() => "ended");
  const admin = await database.connect();
  const kill = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()`;
  while ((await admin.query(kill)).rowCount === 0);
  await expect(hanging).resolves.toBe("ended");
  await expect(migrate(client, [GOOD], quiet)).rejects.toThrow(
    /^Migration 0001_good failed at \S+: it was interrupted\. Nothing of it stayed\./,
  );
  expect(await tables(client)).toEqual(["_prisma_migrations"]);
});

it("refuses a migration that was changed after it was applied, before it applies another", async () => {
  const client = await fresh();
  await migrate(client, [GOOD], quiet);
  await expect(migrate(client, [{ ...GOOD, checksum: "e".repeat(64) }, LATER], quiet)).rejects.toThrow(
    new MigrationError(
      `Migration 0001_good was changed after it was applied: the database has SHA-256 ${"a".repeat(64)}, this image ${"e".repeat(64)}. ` +
        "Restore the file as it was, and put the change into a new migration.",
    ),
  );
  expect(await tables(client)).toEqual(["_prisma_migrations", "good"]);
});

it("lets an older image go on a newer database, and says so", async () => {
  const client = await fresh();
  await migrate(client, [GOOD, LATER], quiet);
  const lines: string[] = [];
  await expect(migrate(client, [GOOD], (line) => lines.push(line))).resolves.toEqual([]);
  expect(lines).toEqual(["In the database, not in this image (a newer one applied them): 0003_later"]);
});

it("waits for a table's lock no longer than the connection string says", async () => {
  const client = await fresh();
  await migrate(client, [GOOD], quiet);
  const other = await database.connect({ connectionString: database.migratorUrl });
  await other.query("BEGIN; LOCK TABLE good");
  const url = database.migratorUrl.replace("lock_timeout%3D10000", "lock_timeout%3D200");
  expect(url).not.toBe(database.migratorUrl);
  const impatient = await database.connect({ connectionString: url });
  await expect(migrate(impatient, [GOOD, { ...LATER, sql: "ALTER TABLE good ADD x int" }], quiet)).rejects.toThrow(
    /canceling statement due to lock timeout \(SQLSTATE 55P03\)/,
  );
  await other.query("ROLLBACK");
});

it("ends with the reason, and without the password, when the database does not let it in", async () => {
  const wrong = await runProgram("migrate.ts", { DATABASE_URL: database.migratorUrl.replace("m%3Ai", "wrong%3Ai") });
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toBe('password authentication failed for user "maestro_migrator"\n');
  const nobody = await runProgram("migrate.ts", { DATABASE_URL: database.migratorUrl.replace(`:${database.port}/`, ":9/") });
  expect(nobody.code).toBe(1);
  expect(nobody.stderr).toBe("connect ECONNREFUSED 127.0.0.1:9\n");
});
