/** How many connections each database role may hold, and for how long a session may keep others waiting (runbook §2). */
import type { RoleKey } from "./privileges";

/** Connections of the migration Job, with one to spare for a person who looks. */
const MIGRATOR_CONNECTIONS = 2;
/** Connections of the nightly dump (it and its question about the server) and of a drill at the same time. */
const BACKUP_CONNECTIONS = 3;

/** Milliseconds after which a request's statement is cancelled: longer than the edge waits. Migrations and dumps have no such limit. */
export const APP_STATEMENT_TIMEOUT_MILLISECONDS = 30_000;
/** Milliseconds after which a forgotten transaction is ended, so that it blocks neither vacuum nor a migration. */
export const IDLE_IN_TRANSACTION_TIMEOUT_MILLISECONDS = 60_000;
/** Milliseconds that a statement waits for a lock. A migration that waits longer holds up every query that queues behind it. */
export const LOCK_TIMEOUT_MILLISECONDS = 10_000;

/** What the limits derive from. */
export interface ConnectionDemand {
  /** Connections that each application pod may open. */
  readonly poolSizePerPod: number;
  /** Upper bound of application pods. */
  readonly maximumPods: number;
}

/** `CONNECTION LIMIT` of each role. Their sum must fit into the server's max_connections. */
export function connectionLimits({ poolSizePerPod, maximumPods }: ConnectionDemand): Record<RoleKey, number> {
  return {
    migrator: MIGRATOR_CONNECTIONS,
    // Every pod's pool, and the surge pod's during a rollout.
    app: poolSizePerPod * (maximumPods + 1),
    backup: BACKUP_CONNECTIONS,
  };
}
