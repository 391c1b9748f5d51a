/** How many connections each database role may hold, and for how long a session may keep others waiting (runbook §2). */
import type { RoleKey } from "./privileges";
import { MAX_SURGE_PODS, type RolloutPace, terminatingPods } from "./rollout";

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
export interface ConnectionDemand extends RolloutPace {
  /** Connections that each application pod may open. */
  readonly poolSizePerPod: number;
}

/** What the server has. */
export interface ConnectionSupply {
  /** The server's max_connections. */
  readonly maxConnections: number;
  /** Of these, what superusers and other tools need. */
  readonly reservedConnections: number;
}

/** `CONNECTION LIMIT` of each role. Their sum must fit into {@link usableConnections}: {@link capacityProblem}. */
export function connectionLimits(demand: ConnectionDemand): Record<RoleKey, number> {
  return { migrator: MIGRATOR_CONNECTIONS, app: demand.poolSizePerPod * podsAtOnce(demand), backup: BACKUP_CONNECTIONS };
}

/** Connections that the three roles can have together: the monitor's 100 %. */
export function usableConnections({ maxConnections, reservedConnections }: ConnectionSupply): number {
  return maxConnections - reservedConnections;
}

/** Completes "poolSizePerPod must be …" when the server has too few connections, with every number; undefined when they suffice. */
export function capacityProblem(demand: ConnectionDemand, supply: ConnectionSupply): string | undefined {
  const { migrator, app, backup } = connectionLimits(demand);
  const needed = migrator + app + backup;
  const usable = usableConnections(supply);
  if (needed <= usable) return undefined;
  const { maximumPods, poolSizePerPod } = demand;
  const pods = podsAtOnce(demand);
  const largest = Math.floor((usable - migrator - backup) / pods);
  return (
    `${largest < 1 ? "smaller than is possible: lower web.replicas.maximum" : `at most ${largest}`}: ${maximumPods} pods + ${MAX_SURGE_PODS} ` +
    `surge + ${terminatingPods(demand)} terminating = ${pods} × ${poolSizePerPod} = ${app}, + ${migrator} ` +
    `migration + ${backup} backup = ${needed} connections, and ${supply.maxConnections} max_connections − ` +
    `${supply.reservedConnections} reserved = ${usable}`
  );
}

/** Application pods that can hold connections at the same moment. */
function podsAtOnce(demand: ConnectionDemand): number {
  return demand.maximumPods + MAX_SURGE_PODS + terminatingPods(demand);
}
