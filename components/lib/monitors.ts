/** The monitors of runbook §6 as a table: pure data, from which the monitors, the dashboard and the test of the runbook's page are made. */
import {
  type AlertContext,
  alertMessage,
  alertName,
  alertTags,
  type AlertText,
  type Maintenance,
  type Priority,
  runbookUrl,
} from "./alerts";
import { backupRows } from "./monitors-backups";
import { databaseRows } from "./monitors-database";
import { podRows } from "./monitors-pods";
import { trafficRows } from "./monitors-traffic";

/** Minutes after which an unresolved alert says so again: whoever acknowledged it may have been called away. */
export const RENOTIFY_MINUTES = 60;

/** Arguments of {@link buildMonitors}. */
export interface MonitorTableArgs extends AlertContext {
  /** Kubernetes namespace of the application. */
  readonly namespaceName: string;
  /** Kubernetes namespace of the Ingress controller. */
  readonly ingressControllerNamespace: string;
  /** Host of the PostgreSQL server: the `server` tag that the agent's check gives its metrics. */
  readonly databaseHost: string;
  readonly databaseName: string;
  /** Errors above which the error monitor alerts. */
  readonly errorsPerFiveMinutes: number;
  /** Percent of the pods' CPU limits above which the monitor alerts. */
  readonly cpuPercent: number;
  /** Percent of a pod's memory limit above which the monitor alerts. */
  readonly memoryPercent: number;
  /** Percent of `usableConnections` above which the monitor alerts. */
  readonly databaseConnectionsPercent: number;
  /** Connections that the roles can have together: max_connections less those reserved. */
  readonly usableConnections: number;
  /** Hours after which the newest backup is too old. */
  readonly backupMaximumAgeHours: number;
  /** How backups are made. The CronJob whose last success is the backup's age exists for `pg_dump` and `both`. */
  readonly backupMethod: "pg_dump" | "rds" | "both";
  /** Days after which a secret is overdue. */
  readonly secretMaximumAgeDays: number;
  /** Requests per minute that the edge grants a client. */
  readonly requestsPerMinute: number;
}

/**
 * Thresholds in the query's unit. Recovery lies on the safe side, so that a value on the edge does not page and recover all night; burn rates
 * have none, Datadog takes none for them.
 */
export interface Thresholds {
  readonly critical: number;
  readonly criticalRecovery?: number;
  readonly warning?: number;
  readonly warningRecovery?: number;
}

/** Where a monitor's values come from. */
export type Source = { readonly metric: string; readonly window: string } | { readonly logSearch: string; readonly window: string };

/** Part of the dashboard that draws a monitor. */
export type Panel = "golden" | "edge" | "pods" | "database" | "backups" | "secrets";

/** A monitor. */
export interface MonitorSpec {
  /** Name in Datadog. */
  readonly name: string;
  /** What its values are, with the unit. */
  readonly title: string;
  readonly panel: Panel;
  readonly source: Source;
  /** The whole query, threshold included. */
  readonly query: string;
  readonly thresholds: Thresholds;
  /** Of an anomaly: how much of the latest values alerts, and how much of them recovers. */
  readonly thresholdWindows?: { readonly triggerWindow: string; readonly recoveryWindow: string };
  /**
   * What silence means. `resolve`: nothing happened, or another monitor of the same source says that nobody looks.
   * `show_and_notify_no_data` (the SDK's documentation spells it in camel case, which the API refuses): nobody looks any more; one monitor per
   * source says so.
   */
  readonly onMissingData: "resolve" | "show_and_notify_no_data";
  /** Why a quiet night with one bad request does not page. */
  readonly lowTraffic: string;
  readonly maintenance: Maintenance;
  readonly priority: Priority;
  readonly tags: readonly string[];
  readonly message: string;
  readonly runbookUrl: string;
}

/** A line of the table: what sets a monitor apart. */
export interface MonitorRow
  extends
    AlertText,
    Pick<
      MonitorSpec,
      "title" | "panel" | "source" | "thresholds" | "thresholdWindows" | "onMissingData" | "lowTraffic" | "maintenance" | "priority"
    > {
  /** Section of the runbook that it watches. */
  readonly section: number;
  readonly comparator: ">" | ">=" | "<";
}

/** Every monitor by key, in the order of the dashboard. Those of the error budgets are in slo.ts. */
export function buildMonitors(args: MonitorTableArgs): Record<string, MonitorSpec> {
  const rows = { ...trafficRows(args), ...podRows(args), ...databaseRows(args), ...backupRows(args) };
  return Object.fromEntries(
    Object.entries(rows).map(([key, { section, comparator, meaning, firstCommands, ...row }]) => [
      key,
      {
        ...row,
        name: alertName(args, row.title),
        query: `${evaluation(row.source)} ${comparator} ${row.thresholds.critical}`,
        tags: alertTags(args, key, section, row.maintenance),
        message: alertMessage(args, key, { meaning, firstCommands }),
        runbookUrl: runbookUrl(args, key),
      },
    ]),
  );
}

function evaluation(source: Source): string {
  if ("logSearch" in source) return `logs("${source.logSearch}").index("*").rollup("count").last("${source.window}")`;
  return `${source.window}:${source.metric}`;
}
