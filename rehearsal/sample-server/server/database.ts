/** The pool, the question whether the database answers, and transactions. */
import { setTimeout as sleep } from "node:timers/promises";
import { Pool, type PoolClient } from "pg";
import type { DatabaseSettings } from "./database-url";

/** Milliseconds that a health check waits: less than the kubelet's 3 seconds, so that it gets the answer. */
const HEALTH_MILLISECONDS = 2000;

/** SQLSTATEs (or their classes) and codes of Node.js that mean: not now, ask again. */
const UNAVAILABLE = /^(08|53|57P|55P03|57014|ECONN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EPIPE)/;
/** What node-postgres says, without a code, of a lost connection and of a pool that stays empty. */
const UNAVAILABLE_MESSAGE = /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout)/;

/** The pool. A connection that breaks while idle is replaced at the next request: nothing to do, and no reason to end. */
export function createPool({ connection, poolSize, poolTimeoutSeconds }: DatabaseSettings, onIdleError: (error: Error) => void): Pool {
  const pool = new Pool({
    ...connection,
    application_name: "maestroverse-server",
    max: poolSize,
    // As Prisma's: what is open stays open, also while the role gets another password.
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: poolTimeoutSeconds * 1000,
  });
  pool.on("error", onIdleError);
  return pool;
}

/** A check that holds one connection at most, however many ask. */
export function healthCheck(pool: Pool): () => Promise<boolean> {
  let pending: Promise<boolean> | undefined;
  return async () => {
    // pg forwards query_timeout of a single query; its types do not say so.
    const query = { text: "SELECT 1", query_timeout: HEALTH_MILLISECONDS };
    pending ??= pool
      .query(query)
      .then(
        () => true,
        () => false,
      )
      .finally(() => (pending = undefined));
    return Promise.race([pending, sleep(HEALTH_MILLISECONDS, false, { ref: false })]);
  };
}

/** Runs `action` in a transaction: all of it happens, or nothing. */
export async function inTransaction<T>(pool: Pool, action: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query("BEGIN");
    const result = await action(client);
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch((failure: unknown) => (broken = failure as Error));
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Whether an error means that the database cannot answer now, rather than that the server is wrong. */
export function isUnavailable(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return (typeof code === "string" && UNAVAILABLE.test(code)) || (typeof message === "string" && UNAVAILABLE_MESSAGE.test(message));
}
