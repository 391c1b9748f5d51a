/**
 * Applies migrations as `prisma migrate deploy` does, with Prisma's own table: each once, in order, one run at a time; a failed or changed
 * one is refused. Unlike Prisma's, each runs in a transaction of its own, so that nothing of a failed one stays.
 */
import { createHash, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client, DatabaseError } from "pg";

/** A migration of this image. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, hex. */
  readonly checksum: string;
}

/** A row of Prisma's table. */
interface Row {
  readonly migration_name: string;
  readonly checksum: string;
  readonly started_at: Date;
  readonly finished_at: Date | null;
  readonly rolled_back_at: Date | null;
  readonly logs: string | null;
}

/** Why nothing was applied, with what to do. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

/** Number of Prisma's advisory lock: Prisma and this runner wait for each other. */
const ADVISORY_LOCK = 72_707_369;
/** Seconds to wait for another run. */
const LOCK_SECONDS = 60;
const LOCK_POLL_MILLISECONDS = 200;

const TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id"                  VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum"            VARCHAR(64) NOT NULL,
    "finished_at"         TIMESTAMPTZ,
    "migration_name"      VARCHAR(255) NOT NULL,
    "logs"                TEXT,
    "rolled_back_at"      TIMESTAMPTZ,
    "started_at"          TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`;

/** The migrations of a folder, in order: `NNNN_name/migration.sql`. */
export function loadMigrations(folder: string): Migration[] {
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names
    .map(({ name }) => name)
    .sort()
    .map((name) => {
      const sql = readFileSync(join(folder, name, "migration.sql"), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    });
}

/**
 * Applies what is pending.
 *
 * @param say what is done, line by line
 * @returns names of what was applied
 * @throws MigrationError when a migration failed or was changed, or another run holds the lock for a minute
 */
export async function migrate(client: Client, migrations: readonly Migration[], say: (line: string) => void): Promise<string[]> {
  await lock(client, say);
  try {
    await createTable(client);
    const rows = await recorded(client);
    refuse(rows, migrations);
    const applied = new Set(rows.map(({ migration_name }) => migration_name));
    const unknown = [...applied].filter((name) => !migrations.some((migration) => migration.name === name));
    // The image before the last one, rolled back to: its migrations are all there.
    if (unknown.length > 0) say(`In the database, not in this image (a newer one applied them): ${unknown.join(", ")}`);
    const pending = migrations.filter(({ name }) => !applied.has(name));
    for (const migration of pending) {
      say(`Applying migration ${migration.name}`);
      await apply(client, migration);
    }
    return pending.map(({ name }) => name);
  } finally {
    // The end of the session would do, but a pooler may keep it.
    await client.query("SELECT pg_advisory_unlock($1)", [ADVISORY_LOCK]).catch(() => undefined);
  }
}

/** Not pg_advisory_lock: the session's lock_timeout would end it. */
async function lock(client: Client, say: (line: string) => void): Promise<void> {
  const deadline = Date.now() + LOCK_SECONDS * 1000;
  for (let waited = false; ; waited = true) {
    const { rows } = await client.query<{ locked: boolean }>("SELECT pg_try_advisory_lock($1) AS locked", [ADVISORY_LOCK]);
    if (rows[0]?.locked === true) return;
    if (!waited) say("Another migration runs: waiting for it");
    if (Date.now() > deadline)
      throw new MigrationError(
        `Another migration has been running for ${LOCK_SECONDS} s. See who it is (SELECT pid, query_start, query FROM pg_stat_activity ` +
          "WHERE usename = current_user), wait for its end and run this again.",
      );
    await sleep(LOCK_POLL_MILLISECONDS);
  }
}

/** IF NOT EXISTS alone would tell the server's log of a table that exists at every run. */
async function createTable(client: Client): Promise<void> {
  const { rows } = await client.query<{ exists: boolean }>(`SELECT to_regclass('"_prisma_migrations"') IS NOT NULL AS exists`);
  if (rows[0]?.exists !== true) await client.query(TABLE);
}

async function recorded(client: Client): Promise<Row[]> {
  const { rows } = await client.query<Row>(
    `SELECT "migration_name", "checksum", "started_at", "finished_at", "rolled_back_at", "logs" FROM "_prisma_migrations"
      WHERE "rolled_back_at" IS NULL ORDER BY "started_at"`,
  );
  return rows;
}

function refuse(rows: readonly Row[], migrations: readonly Migration[]): void {
  const problems = rows.flatMap((row) => {
    const { migration_name: name, finished_at: finishedAt, checksum } = row;
    if (finishedAt === null) return [failed(row)];
    const migration = migrations.find((each) => each.name === name);
    if (migration === undefined || migration.checksum === checksum) return [];
    return [
      `Migration ${name} was changed after it was applied: the database has SHA-256 ${checksum}, this image ${migration.checksum}. ` +
        "Restore the file as it was, and put the change into a new migration.",
    ];
  });
  if (problems.length > 0) throw new MigrationError(problems.join("\n"));
}

function failed({ migration_name: name, started_at: startedAt, logs }: Row): string {
  return (
    `Migration ${name} failed at ${startedAt.toISOString()}: ${logs ?? "it was interrupted"}. Nothing of it stayed. Correct it, then allow it ` +
    `again, as maestro_migrator: UPDATE "_prisma_migrations" SET rolled_back_at = now() WHERE migration_name = '${name}' AND finished_at IS NULL; ` +
    `(what "prisma migrate resolve --rolled-back ${name}" does).`
  );
}

/** The row comes first, on its own: a run that is killed leaves it, and the next one knows. */
async function apply(client: Client, { name, sql, checksum }: Migration): Promise<void> {
  const id = randomUUID();
  await client.query(`INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name") VALUES ($1, $2, $3)`, [id, checksum, name]);
  try {
    await client.query("BEGIN");
    await client.query(sql);
    await client.query(`UPDATE "_prisma_migrations" SET "finished_at" = now(), "applied_steps_count" = 1 WHERE "id" = $1`, [id]);
    await client.query("COMMIT");
  } catch (error) {
    const { code, message } = error as DatabaseError;
    const logs = code === undefined ? message : `${message} (SQLSTATE ${code})`;
    await client.query("ROLLBACK").catch(() => undefined);
    await client.query(`UPDATE "_prisma_migrations" SET "logs" = $1 WHERE "id" = $2`, [logs, id]).catch(() => undefined);
    throw new MigrationError(`Migration ${name} failed: ${logs}. Nothing of it stayed; the next run says how to go on.`, { cause: error });
  }
}
