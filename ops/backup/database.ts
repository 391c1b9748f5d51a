/** What is asked of the database beside the dump itself. */
import { readFileSync } from "node:fs";
import { Client } from "pg";
import type { BackupSettings } from "./settings";

/** Milliseconds until a database that does not answer is given up. */
const CONNECT_MILLISECONDS = 15_000;
/** Milliseconds that a question about the catalogue may take. */
const QUERY_MILLISECONDS = 60_000;

/** A server, as a manifest names it. */
export interface ServerDescription {
  /** For example `15.14 (Debian 15.14-0+deb12u1)`. */
  readonly version: string;
  /** For example 15. */
  readonly majorVersion: number;
  /** Rows by table as the catalogue estimates them; null where a table was never analysed. */
  readonly rowEstimates: Readonly<Record<string, number | null>>;
}

/**
 * Asks the server who it is and about how many rows it has.
 *
 * @throws Error that names the server, without the password
 */
export async function describeServer(database: BackupSettings["database"]): Promise<ServerDescription> {
  let client: Client | undefined;
  try {
    client = new Client({
      host: database.host,
      port: database.port,
      database: database.name,
      user: database.user,
      password: database.password,
      application_name: "maestroverse-backup",
      connectionTimeoutMillis: CONNECT_MILLISECONDS,
      query_timeout: QUERY_MILLISECONDS,
      ssl:
        database.sslMode === "verify-full"
          ? { rejectUnauthorized: true, ...(database.sslRootCert === undefined ? {} : { ca: readFileSync(database.sslRootCert) }) }
          : false,
    });
    // A session that the server ends between two questions is noticed at the next.
    client.on("error", () => undefined);
    await client.connect();
    const { rows: versions } = await client.query<{ version: string; number: number }>(
      "SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number",
    );
    const { rows: tables } = await client.query<{ name: string; estimate: string }>(
      `SELECT format('%I.%I', n.nspname, c.relname) AS name, c.reltuples::bigint AS estimate
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
        ORDER BY 1`,
    );
    const [server] = versions;
    if (server === undefined) throw new Error("the server did not say its version");
    return {
      version: server.version,
      majorVersion: Math.floor(server.number / 10_000),
      rowEstimates: Object.fromEntries(tables.map(({ name, estimate }) => [name, estimate === "-1" ? null : Number(estimate)])),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message || error.name : String(error);
    throw new Error(`cannot ask database ${database.name} on ${database.host}:${database.port} as ${database.user}: ${reason}.`, {
      cause: error,
    });
  } finally {
    // A connection that never came up has nothing to end.
    await client?.end().catch(() => undefined);
  }
}
