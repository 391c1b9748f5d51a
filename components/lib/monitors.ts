/** The monitors of runbook §6 as a table: pure data, from which the monitors, the dashboard and the test of the runbook's page are made. */
import {
  type AlertContext,
  alertMessage,
  alertName,
  alertTags,
  type AlertText,
  API_SERVICE,
  EDGE_SERVICE,
  PAGING_ENVIRONMENT,
  type Priority,
  runbookUrl,
} from "./alerts";
import { BACKUP_NAME } from "./backup-names";
import { REFUSALS_PER_LOG_LINE } from "./nginx-snippets";
import { LOG_DIRECTORY, SERVER_NAME } from "./web-pod";

/** Minutes after which an unresolved alert says so again: whoever acknowledged it may have been called away. */
export const RENOTIFY_MINUTES = 60;
/** Restarts of the server's containers in 15 minutes that alert: rollouts and lost nodes make new containers and restart none. */
const RESTARTS = 3;
/** Percent of the replicas at which the autoscaler has nothing left to give. */
const ALL_REPLICAS = 100;

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
  /** Requests per minute that the edge grants a client. */
  readonly requestsPerMinute: number;
}

/** Thresholds in the query's unit. Recovery lies on the safe side, so that a value on the edge does not page and recover all night. */
export interface Thresholds {
  readonly critical: number;
  readonly criticalRecovery: number;
  readonly warning?: number;
  readonly warningRecovery?: number;
}

/** Where a monitor's values come from. */
export type Source = { readonly metric: string; readonly window: string } | { readonly logSearch: string };

/** A monitor. */
export interface MonitorSpec {
  /** Name in Datadog. */
  readonly name: string;
  /** What its values are, with the unit. */
  readonly title: string;
  readonly source: Source;
  /** The whole query, threshold included. */
  readonly query: string;
  readonly thresholds: Thresholds;
  /**
   * What silence means. `resolve`: nothing happened, or another monitor of the same source says that nobody looks.
   * `show_and_notify_no_data` (the SDK's documentation spells it in camel case, which the API refuses): nobody looks any more; one monitor per
   * source says so.
   */
  readonly onMissingData: "resolve" | "show_and_notify_no_data";
  readonly priority: Priority;
  readonly tags: readonly string[];
  readonly message: string;
  readonly runbookUrl: string;
}

/** A line of the table: what sets a monitor apart. */
interface Row extends AlertText, Pick<MonitorSpec, "title" | "source" | "thresholds" | "onMissingData" | "priority"> {
  /** Section of the runbook that it watches. */
  readonly section: number;
  readonly comparator: ">" | ">=";
}

/** Every monitor by key, in the order of the dashboard. */
export function buildMonitors(args: MonitorTableArgs): Record<string, MonitorSpec> {
  return Object.fromEntries(
    Object.entries(rows(args)).map(([key, { section, comparator, meaning, firstCommands, ...row }]) => [
      key,
      {
        ...row,
        name: alertName(args, row.title),
        query: `${evaluation(row.source)} ${comparator} ${row.thresholds.critical}`,
        tags: alertTags(args, key, section),
        message: alertMessage(args, key, { meaning, firstCommands }),
        runbookUrl: runbookUrl(args, key),
      },
    ]),
  );
}

function evaluation(source: Source): string {
  if ("logSearch" in source) return `logs("${source.logSearch}").index("*").rollup("count").last("5m")`;
  return `${source.window}:${source.metric}`;
}

/** Thresholds as shares of the critical one. */
function shares(critical: number, [warning, recovery, warningRecovery]: readonly [number, number, number]): Thresholds {
  const share = (factor: number) => Math.round(critical * factor * 100) / 100;
  return { critical, criticalRecovery: share(recovery), warning: share(warning), warningRecovery: share(warningRecovery) };
}

/** 80 percent warns above 72, and recovers below 76 and 68. */
const percent = (critical: number) => shares(critical, [0.9, 0.95, 0.85]);
/** 5 events warn above 3, and recover below 4 and 2. */
const count = (critical: number) => shares(critical, [0.6, 0.8, 0.4]);

function rows(args: MonitorTableArgs): Record<string, Row> {
  const { environment, namespaceName: namespace, databaseHost, databaseName } = args;
  const env = `env:${environment}`;
  const container = `${env},kube_namespace:${namespace},kube_container_name:${SERVER_NAME}`;
  const pods = `{${container}}`;
  const autoscaler = `{${env},kube_namespace:${namespace},horizontalpodautoscaler:${SERVER_NAME}}`;
  // The runbook's query names no environment; in prod it stands to the letter.
  const errorScope = environment === PAGING_ENVIRONMENT ? `service:${API_SERVICE}` : `service:${API_SERVICE},${env}`;
  const kubectl = `kubectl -n ${namespace}`;
  const selector = `-l app.kubernetes.io/name=${SERVER_NAME}`;
  const psql = (query: string) => `psql -h ${databaseHost} -d ${databaseName} -c "${query}"`;
  const getPods = `${kubectl} get pods ${selector} -o wide`;
  const top = `${kubectl} top pods ${selector} --containers`;
  const autoscalerEvents = `${kubectl} describe hpa ${SERVER_NAME}`;
  const previousLogs = `${kubectl} logs ${selector} --previous --ignore-errors --tail=100 --prefix`;
  return {
    "api-errors": {
      title: "API errors (average of the last 5 minutes)",
      section: 6,
      source: { window: "avg(last_5m)", metric: `sum:maestroverse.api.errors{${errorScope}}` },
      comparator: ">",
      thresholds: count(args.errorsPerFiveMinutes),
      onMissingData: "resolve",
      priority: 2,
      meaning: "The API answers requests with errors (5xx). Users see it.",
      firstCommands: [
        getPods,
        `${kubectl} exec deploy/${SERVER_NAME} -- sh -c 'tail -n 200 ${LOG_DIRECTORY}/*.log'`,
        `${kubectl} rollout history deploy/${SERVER_NAME}`,
      ],
    },
    cpu: {
      title: "CPU of the API's pods (percent of their limits)",
      section: 6,
      // Of the limit: the autoscaler keeps the pods near its target, which is a percentage of the request.
      source: {
        window: "avg(last_10m)",
        metric: `100 * sum:kubernetes.cpu.usage.total${pods} / sum:kubernetes.cpu.limits${pods} / 1000000000`,
      },
      comparator: ">",
      thresholds: percent(args.cpuPercent),
      onMissingData: "show_and_notify_no_data",
      priority: 3,
      meaning: "The pods are close to being throttled, in spite of the autoscaler. No data: the agents on the nodes report nothing.",
      firstCommands: [top, autoscalerEvents, getPods],
    },
    memory: {
      title: "Memory of the API's fullest pod (percent of its limit)",
      section: 6,
      source: {
        window: "avg(last_10m)",
        metric: `100 * max:kubernetes.memory.working_set${pods} / max:kubernetes.memory.limits${pods}`,
      },
      comparator: ">",
      thresholds: percent(args.memoryPercent),
      onMissingData: "resolve",
      priority: 3,
      meaning: "A pod nears its memory limit, at which it is killed and its requests are lost.",
      firstCommands: [top, `${kubectl} describe pods ${selector}`, `${kubectl} rollout history deploy/${SERVER_NAME}`],
    },
    "database-connections": {
      title: "Database connections (percent of those that are not reserved)",
      section: 6,
      source: {
        window: "avg(last_10m)",
        metric: `100 * sum:postgresql.connections{${env},server:${databaseHost}} / ${args.usableConnections}`,
      },
      comparator: ">",
      thresholds: percent(args.databaseConnectionsPercent),
      onMissingData: "show_and_notify_no_data",
      priority: 2,
      meaning: `The database soon refuses connections (${args.usableConnections} of max_connections are not reserved). No data: the agent does not reach it.`,
      firstCommands: [
        psql("SELECT usename, state, count(*) FROM pg_stat_activity GROUP BY 1, 2 ORDER BY 3 DESC"),
        psql("SELECT pid, usename, now() - xact_start AS open FROM pg_stat_activity WHERE state LIKE 'idle in%' ORDER BY 3 DESC LIMIT 20"),
        `${kubectl} get hpa ${SERVER_NAME}`,
      ],
    },
    "edge-rate-limited": {
      title: `Requests refused by the edge's rate limit (log lines in 5 minutes, one for ${REFUSALS_PER_LOG_LINE} of them)`,
      section: 4,
      source: { logSearch: `service:${EDGE_SERVICE} ${env} @limit:REJECTED` },
      comparator: ">",
      // As many refused as a client is granted: someone asks at twice the limit, or many ask a little too often. Lines are a sample.
      thresholds: count(Math.max(5, Math.ceil((5 * args.requestsPerMinute) / REFUSALS_PER_LOG_LINE))),
      onMissingData: "resolve",
      priority: 3,
      meaning: "The edge refuses many requests: a flood, a client in a loop, or users behind one address whom the limit hurts.",
      firstCommands: [
        `kubectl -n ${args.ingressControllerNamespace} logs -l app.kubernetes.io/name=nginx-ingress --since=10m --tail=-1 | grep '"limit":"REJECTED"' | grep -o '"ip":"[^"]*"' | sort | uniq -c | sort -rn | head`,
        `${kubectl} describe ingress`,
        top,
      ],
    },
    restarts: {
      title: "Restarts of the API's containers (in 15 minutes)",
      section: 6,
      source: { window: "change(max(last_15m),last_15m)", metric: `sum:kubernetes.containers.restarts${pods}` },
      comparator: ">",
      thresholds: { critical: RESTARTS, criticalRecovery: 1 },
      onMissingData: "resolve",
      priority: 3,
      meaning: "Containers of the API die or are killed by their liveness probe, and start again.",
      firstCommands: [getPods, previousLogs, `${kubectl} describe pods ${selector}`],
    },
    "crash-loop": {
      title: "Containers of the API in CrashLoopBackOff",
      section: 1,
      source: {
        window: "max(last_10m)",
        metric: `max:kubernetes_state.container.status_report.count.waiting{${container},reason:crashloopbackoff}`,
      },
      comparator: ">=",
      thresholds: { critical: 1, criticalRecovery: 0 },
      onMissingData: "resolve",
      priority: 2,
      meaning: "A pod of the API does not come up. In a rollout the old pods serve on; otherwise the service runs with fewer pods.",
      firstCommands: [getPods, previousLogs, `${kubectl} rollout status deploy/${SERVER_NAME} --timeout=5s`],
    },
    "autoscaler-at-maximum": {
      title: "Replicas of the API (percent of the autoscaler's maximum)",
      section: 6,
      source: {
        window: "min(last_15m)",
        metric: `100 * max:kubernetes_state.hpa.current_replicas${autoscaler} / max:kubernetes_state.hpa.max_replicas${autoscaler}`,
      },
      comparator: ">=",
      thresholds: { critical: ALL_REPLICAS, criticalRecovery: ALL_REPLICAS - 1 },
      onMissingData: "resolve",
      priority: 3,
      meaning: "The autoscaler has given all pods it may for 15 minutes: the next rise of the load meets no new ones.",
      firstCommands: [autoscalerEvents, top, getPods],
    },
    ...(args.backupMethod === "rds" ? {} : { "backup-age": backupAge(args, kubectl) }),
  };
}

function backupAge({ environment, namespaceName, backupMaximumAgeHours }: MonitorTableArgs, kubectl: string): Row {
  const cronJob = `{env:${environment},kube_namespace:${namespaceName},kube_cronjob:${BACKUP_NAME}}`;
  return {
    title: "Age of the newest backup (hours)",
    section: 5,
    // Datadog cannot subtract a timestamp from now: kube-state-metrics reports the age itself.
    source: { window: "min(last_15m)", metric: `max:kubernetes_state.cronjob.duration_since_last_successful${cronJob} / 3600` },
    comparator: ">",
    // No warning: every night the age reaches 24 hours and the length of a dump.
    thresholds: { critical: backupMaximumAgeHours, criticalRecovery: backupMaximumAgeHours - 1 },
    onMissingData: "show_and_notify_no_data",
    priority: 2,
    meaning:
      "No backup has succeeded since the last night but one: a loss of the database would lose more than a day. No data: nobody knows.",
    firstCommands: [
      `${kubectl} get cronjob ${BACKUP_NAME}`,
      `${kubectl} get jobs --sort-by=.metadata.creationTimestamp`,
      `${kubectl} logs -l app.kubernetes.io/name=${BACKUP_NAME} --tail=20 --prefix`,
    ],
  };
}
