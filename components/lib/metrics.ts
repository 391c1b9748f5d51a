/**
 * Metrics that this repository itself makes, by name: what emits them and the monitors of runbook §6 read the same constant. Every one carries
 * `env:<environment>`. Ages are emitted as ages, once a day or more often: Datadog cannot subtract a moment from now.
 */
import { PAGING_ENVIRONMENT } from "./alerts";

/**
 * Name of a metric that Datadog makes of log lines. Each environment makes its own, and a name exists once in an organisation: outside of prod
 * it ends in the environment.
 */
export function logMetric(metric: string, environment: string): string {
  return environment === PAGING_ENVIRONMENT ? metric : `${metric}.${environment}`;
}

/** Gauge, by the application: 5xx answers of the process in the last 5 minutes. The runbook's name. */
export const API_ERRORS = "maestroverse.api.errors";

/** Count, made by Datadog of the edge's access log: requests that were served, by `status_category`, `kind` and `speed`. */
export const EDGE_REQUESTS = "maestroverse.edge.requests";
/** Distribution (seconds), made by Datadog of the edge's access log: how long an answer took, websockets left out. */
export const EDGE_SECONDS = "maestroverse.edge.seconds";
/** Count, made by Datadog: lines of log, by `service`. */
export const LOG_LINES = "maestroverse.log.lines";

/** Count, made by Datadog of the backup program's log: runs that failed and could say so. */
export const BACKUP_FAILURES = "maestroverse.backup.failures";
/** Distribution (bytes), made by Datadog of the same: size of the dump that was stored. */
export const BACKUP_SIZE = "maestroverse.backup.size_bytes";
/** Distribution (seconds), made by Datadog of the same: from its start until the dump and its manifest were stored. */
export const BACKUP_DURATION = "maestroverse.backup.duration_seconds";
/** Gauge (days), by `ops verify --send-ages`, which runs every morning: since the last recovery drill that passed. */
export const DRILL_AGE = "maestroverse.drill.age_days";
/** Gauge (days), by the same: since a secret or a database role was rotated, by `secret`. */
export const SECRET_AGE = "maestroverse.secret.age_days";
