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

/** Count, by the backup's program: 1 for each run that failed. */
export const BACKUP_FAILURES = "maestroverse.backup.failures";
/** Gauge (bytes), by the backup's program: size of the dump that it has stored. */
export const BACKUP_SIZE = "maestroverse.backup.size_bytes";
/** Gauge (seconds), by the backup's program: from its start until the dump was stored. */
export const BACKUP_DURATION = "maestroverse.backup.duration_seconds";
/** Gauge (days), by a scheduled check: since the last recovery drill that passed. */
export const DRILL_AGE = "maestroverse.drill.age_days";
/** Gauge (days), by a scheduled check: since a secret or a database role was rotated, by `secret`. */
export const SECRET_AGE = "maestroverse.secret.age_days";
