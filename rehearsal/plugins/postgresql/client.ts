/** Transactions on a PostgreSQL server, with errors for people. */
import type * as Sdk from "pg";
import type { Properties } from "../lib/contract";
import { type Connection, connectionFailure, connectionIn, isRefusal } from "./connection";
import { literal } from "./sql";

/** A transaction under way. */
export interface Session {
  /** Runs a statement; `values` stand for $1, $2… @throws Error with the server's words and address */
  query<Row = Properties>(statement: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** What {@link PostgresqlClient.transaction} may be told. */
export interface TransactionOptions {
  /** @default the provider setting `database` */
  readonly database?: string | undefined;
  /** Texts that stand in statements and must not stand in an error, which may quote its statement. */
  readonly secrets?: readonly string[];
}

/** The client: one pool of connections for each database. */
export class PostgresqlClient {
  private readonly pools = new Map<string, Sdk.Pool>();

  private constructor(
    readonly connection: Connection,
    private readonly sdk: typeof Sdk,
  ) {}

  /** A client for the server that the provider's settings say; connects with the first transaction. */
  static async connect(config: Properties): Promise<PostgresqlClient> {
    const connection = connectionIn(config);
    return new PostgresqlClient(connection, await import("pg"));
  }

  /** Runs `work` in a transaction of its own: all of it stays, or nothing. */
  async transaction<T>(work: (session: Session) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const { database = this.connection.database, secrets = [] } = options;
    const client = await this.pool(database)
      .connect()
      .catch((error: unknown) => {
        throw connectionFailure(this.connection, database, error);
      });
    const session: Session = {
      query: async <Row>(statement: string, values: readonly unknown[] = []) => {
        try {
          return (await client.query(statement, [...values])).rows as Row[];
        } catch (error) {
          throw this.failure(error, database, secrets);
        }
      },
    };
    let broken = true;
    try {
      await session.query("BEGIN");
      const result = await work(session);
      await session.query("COMMIT");
      broken = false;
      return result;
    } catch (error) {
      await session.query("ROLLBACK").then(
        () => (broken = false),
        () => undefined,
      );
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** Ends the connections. */
  async close(): Promise<void> {
    const pools = [...this.pools.values()];
    this.pools.clear();
    await Promise.all(pools.map((pool) => pool.end()));
  }

  private pool(database: string): Sdk.Pool {
    const { host, port, username, password, tls, timeoutSeconds, maxConnections } = this.connection;
    const found = this.pools.get(database);
    if (found !== undefined) return found;
    const pool = new this.sdk.Pool({
      host,
      port,
      database,
      user: username,
      password,
      ssl: tls,
      application_name: "Pulumi (stand-in)",
      connectionTimeoutMillis: timeoutSeconds * 1000,
      max: maxConnections,
    });
    // The server ends idle connections when it stops; the next transaction opens another.
    pool.on("error", () => undefined);
    this.pools.set(database, pool);
    return pool;
  }

  private failure(error: unknown, database: string, secrets: readonly string[]): Error {
    if (!isRefusal(error)) return connectionFailure(this.connection, database, error);
    const { host, port } = this.connection;
    const words = [error.message, error.detail, error.hint].filter((each) => each !== undefined && each !== "").join(" ");
    const blotted = secrets
      .filter((secret) => secret !== "")
      .reduce((text, secret) => text.replaceAll(literal(secret), "[secret]").replaceAll(secret, "[secret]"), words);
    return new Error(`PostgreSQL at ${host}:${port}, database ${database}: ${blotted}`);
  }
}
