/** What is asked of the database beside the dump itself, in the dump's own snapshot. */
import { readFileSync } from "node:fs";
import { Client } from "pg";
import { type DatabaseContents, readContents } from "./contents";
import type { BackupSettings } from "./settings";

/** Milliseconds until a database that does not answer is given up. */
const CONNECT_MILLISECONDS = 15_000;
/** How long a table that somebody holds a lock on is waited for, as pg_dump does. */
export const LOCK_WAIT = "60s";

/** A server, as a manifest names it. */
export interface ServerDescription {
  /** For example `15.14 (Debian 15.14-0+deb12u1)`. */
  readonly version: string;
  /** For example 15. */
  readonly majorVersion: number;
  /** PostgreSQL's number of the cluster of databases. */
  readonly systemIdentifier: string;
}

/** A moment of the database that is held. */
export interface Snapshot {
  readonly server: ServerDescription;
  /** What `pg_dump --snapshot` takes. */
  readonly id: string;
  /** What the database holds at that moment. @throws Error that names the server */
  contents(): Promise<DatabaseContents>;
  /** Lets it go, whatever it is at. */
  close(): Promise<void>;
}

/**
 * Asks the server who it is, and holds a moment of the database.
 *
 * @throws Error that names the server, without the password
 */
export async function takeSnapshot(database: BackupSettings["database"]): Promise<Snapshot> {
  const named = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      const reason = error instanceof Error ? error.message || error.name : String(error);
      throw new Error(`cannot ask database ${database.name} on ${database.host}:${database.port} as ${database.user}: ${reason}.`, {
        cause: error,
      });
    }
  };
  let client: Client | undefined;
  // A connection that never came up has nothing to end.
  const close = async () => {
    await client?.end().catch(() => undefined);
  };
  try {
    return await named(async () => {
      client = new Client({
        host: database.host,
        port: database.port,
        database: database.name,
        user: database.user,
        password: database.password,
        application_name: "maestroverse-backup-contents",
        connectionTimeoutMillis: CONNECT_MILLISECONDS,
        ssl:
          database.sslMode === "verify-full"
            ? { rejectUnauthorized: true, ...(database.sslRootCert === undefined ? {} : { ca: readFileSync(database.sslRootCert) }) }
            : false,
      });
      const session = client;
      // A session that the server ends between two questions is noticed at the next.
      session.on("error", () => undefined);
      await session.connect();
      // It waits for the dump, which may take hours.
      await session.query(
        `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = '${LOCK_WAIT}'`,
      );
      const { rows } = await session.query<{ version: string; number: number; identifier: string; snapshot: string }>(
        `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
                (SELECT system_identifier::text FROM pg_control_system()) AS identifier, pg_export_snapshot() AS snapshot`,
      );
      const [server] = rows;
      if (server === undefined) throw new Error("the server did not say its version");
      return {
        server: { version: server.version, majorVersion: Math.floor(server.number / 10_000), systemIdentifier: server.identifier },
        id: server.snapshot,
        contents: () => named(() => readContents(session)),
        close,
      };
    });
  } catch (error) {
    await close();
    throw error;
  }
}
