/** `npm run db:migrate --workspace=server`: applies the migrations with the migrator's DATABASE_URL. */
import { join } from "node:path";
import { Client } from "pg";
import { describeServer } from "./database-url";
import { EnvironmentError, readMigrationEnvironment } from "./environment";
import { loadMigrations, migrate } from "./migrations";

/** Milliseconds in which the database must take the connection. */
const CONNECT_MILLISECONDS = 10_000;

async function main(): Promise<void> {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const database = readMigrationEnvironment(process.env);
  const migrations = loadMigrations(join(__dirname, "migrations"));
  say(`${migrations.length} migrations found; database ${database.connection.database} at ${describeServer(database)}`);
  const client = new Client({
    ...database.connection,
    application_name: "maestroverse-migrate",
    connectionTimeoutMillis: CONNECT_MILLISECONDS,
  });
  // A connection that breaks fails the query that waits for it; this is for the moments between two.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const applied = await migrate(client, migrations, say);
    say(applied.length === 0 ? "No pending migrations to apply." : "All migrations have been successfully applied.");
  } finally {
    await client.end().catch(() => undefined);
  }
}

main().catch((error: unknown) => {
  const problems = error instanceof EnvironmentError ? error.problems : [describe(error)];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
});

/** The words of an error: those of the address that was tried last where several were. */
function describe(error: unknown): string {
  return error instanceof AggregateError && error.message === "" ? (error.errors.at(-1) as Error).message : (error as Error).message;
}
