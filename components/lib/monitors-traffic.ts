/** Monitors of what users meet: errors, latency, refusals, and the logs that tell of them. */
import { API_SERVICE, EDGE_SERVICE, PAGING_ENVIRONMENT } from "./alerts";
import { API_ERRORS, EDGE_REQUESTS, LOG_LINES, logMetric } from "./metrics";
import type { MonitorRow, MonitorTableArgs } from "./monitors";
import { commandsOf, count, NOT_OF_TRAFFIC } from "./monitors-shared";
import { REFUSALS_PER_LOG_LINE } from "./nginx-snippets";
import { SLOW_SECONDS } from "./log-pipeline";
import { LOG_DIRECTORY, SERVER_NAME } from "./web-pod";

/** Percent of the requests that may fail before the ratio counts: ten times what the objective of 99.9 % allows. */
const ERROR_PERCENT = 1;
/** Requests beyond a ratio that alert: a ratio alone would page for one failure of three requests at night. */
const BEYOND = 10;
/** Requests in 15 minutes below which the edge's log is not read any more: the uptime test of the websocket alone makes 45, from 3 places. */
const FEWEST_REQUESTS = 10;
/** Standard deviations from what is usual at this hour of the week. */
const DEVIATIONS = 4;
/** Lines in 15 minutes that are not of the access log's format: a crash writes a few, a logger that was left on thousands. */
const STRANGE_LINES = 20;

/**
 * The rows. A ratio is asked as what exceeds it (`errors - 0.01 * requests > 10`): sums are linear, so that it means the same however Datadog
 * cuts the window, and few requests cannot exceed it.
 */
export function trafficRows(args: MonitorTableArgs): Record<string, MonitorRow> {
  const { environment, namespaceName } = args;
  const env = `env:${environment}`;
  // The runbook's query names no environment; in prod it stands to the letter.
  const errorScope = environment === PAGING_ENVIRONMENT ? `service:${API_SERVICE}` : `service:${API_SERVICE},${env}`;
  const requests = (tags = "") => `sum:${logMetric(EDGE_REQUESTS, environment)}{${env}${tags}}.as_count()`;
  const { kubectl, getPods, top, history, psql } = commandsOf(args);
  const edgeLog = `kubectl -n ${args.ingressControllerNamespace} logs -l app.kubernetes.io/name=nginx-ingress --since=10m --tail=-1`;
  const serverLog = `${kubectl} exec deploy/${SERVER_NAME} -- sh -c 'tail -n 200 ${LOG_DIRECTORY}/*.log'`;
  return {
    "api-errors": {
      title: "API errors (average of the last 5 minutes)",
      panel: "golden",
      section: 6,
      source: { window: "avg(last_5m)", metric: `sum:${API_ERRORS}{${errorScope}}` },
      comparator: ">",
      thresholds: count(args.errorsPerFiveMinutes),
      onMissingData: "resolve",
      lowTraffic: "it counts errors, not a share: fewer than the threshold never alert",
      maintenance: "muted",
      priority: 2,
      meaning: "The API answers requests with errors (5xx). Users see it.",
      firstCommands: [getPods, serverLog, history],
    },
    "error-ratio": {
      title: `Failed requests beyond ${ERROR_PERCENT} % of all (in 10 minutes)`,
      panel: "golden",
      section: 6,
      source: { window: "sum(last_10m)", metric: `${requests(",status_category:error")} - ${ERROR_PERCENT / 100} * ${requests()}` },
      comparator: ">",
      thresholds: count(BEYOND),
      onMissingData: "resolve",
      lowTraffic: `${BEYOND} failures more than ${ERROR_PERCENT} % are needed: up to ${BEYOND} never alert`,
      maintenance: "muted",
      priority: 2,
      meaning: `More than ${ERROR_PERCENT} % of the requests fail at the edge (5xx), those included that no pod answered.`,
      firstCommands: [
        getPods,
        `${edgeLog} | grep '"status_code":5' | grep -o '"url":"[^"]*"' | sort | uniq -c | sort -rn | head`,
        `kubectl -n ${namespaceName} get events --sort-by=.lastTimestamp`,
      ],
    },
    "latency-p95": {
      title: `Requests slower than ${SLOW_SECONDS} s beyond 5 % of all (in 10 minutes): p95 above ${SLOW_SECONDS} s`,
      panel: "golden",
      section: 6,
      source: {
        window: "sum(last_10m)",
        metric: `${requests(",kind:request,speed:slow")} - 0.05 * ${requests(",kind:request")}`,
      },
      comparator: ">",
      thresholds: count(BEYOND),
      onMissingData: "resolve",
      lowTraffic: `${BEYOND} slow requests more than 5 % are needed: up to ${BEYOND} never alert`,
      maintenance: "muted",
      priority: 2,
      meaning: `The 95th percentile of the answers is above ${SLOW_SECONDS} s: users wait.`,
      firstCommands: [
        top,
        psql(
          "SELECT pid, now() - query_start AS running, wait_event_type, left(query, 60) FROM pg_stat_activity WHERE state = 'active' ORDER BY 2 DESC LIMIT 20",
        ),
        history,
      ],
    },
    "edge-rate-limited": {
      title: `Requests refused by the edge's rate limit (log lines in 5 minutes, one for ${REFUSALS_PER_LOG_LINE} of them)`,
      panel: "edge",
      section: 4,
      source: { logSearch: `service:${EDGE_SERVICE} ${env} @limit:REJECTED`, window: "5m" },
      comparator: ">",
      // As many refused as a client is granted: someone asks at twice the limit, or many ask a little too often. Lines are a sample.
      thresholds: count(Math.max(5, Math.ceil((5 * args.requestsPerMinute) / REFUSALS_PER_LOG_LINE))),
      onMissingData: "resolve",
      lowTraffic: "it counts refusals: a client within its limit has none",
      maintenance: "pages",
      priority: 3,
      meaning: "The edge refuses many requests: a flood, a client in a loop, or users behind one address whom the limit hurts.",
      firstCommands: [
        `${edgeLog} | grep '"limit":"REJECTED"' | grep -o '"ip":"[^"]*"' | sort | uniq -c | sort -rn | head`,
        `${kubectl} describe ingress`,
        top,
      ],
    },
    "edge-silent": {
      title: "Requests in the edge's log (in 15 minutes)",
      panel: "edge",
      section: 6,
      source: { window: "sum(last_15m)", metric: requests() },
      comparator: "<",
      thresholds: { critical: FEWEST_REQUESTS, criticalRecovery: 2 * FEWEST_REQUESTS },
      onMissingData: "show_and_notify_no_data",
      lowTraffic: "the uptime test of the websocket is traffic: 45 requests in 15 minutes without a single user",
      maintenance: "muted",
      priority: 3,
      meaning: "The edge's log does not arrive any more, or nothing reaches the edge: error ratio, latency and objectives see nothing.",
      firstCommands: [
        `${edgeLog} | tail -n 5`,
        "kubectl get pods -A -l app.kubernetes.io/component=agent -o wide",
        `${kubectl} describe ingress`,
      ],
    },
    "log-volume": {
      title: "Lines of log outside of what is usual (share of the last 15 minutes)",
      panel: "edge",
      section: 6,
      source: {
        window: "avg(last_4h)",
        metric: `anomalies(sum:${logMetric(LOG_LINES, environment)}{${env}}.as_count(), 'agile', ${DEVIATIONS}, direction='both', interval=60, alert_window='last_15m', seasonality='weekly', count_default_zero='true')`,
      },
      comparator: ">=",
      thresholds: { critical: 1, criticalRecovery: 0 },
      thresholdWindows: { triggerWindow: "last_15m", recoveryWindow: "last_15m" },
      onMissingData: "resolve",
      lowTraffic: "every one of 15 minutes has to be unusual for this hour of the week",
      maintenance: "muted",
      priority: 3,
      meaning: "Far more or far fewer lines than usual: a loop that logs, a flood, or an agent that lost a file.",
      firstCommands: [
        `${kubectl} exec deploy/${SERVER_NAME} -- sh -c 'ls -l ${LOG_DIRECTORY}; tail -n 20 ${LOG_DIRECTORY}/*.log'`,
        `${edgeLog} | grep -o '"status_code":[0-9]*' | sort | uniq -c | sort -rn | head`,
        history,
      ],
    },
    "log-format": {
      title: "Lines of the API's log that are not in the combined format (in 15 minutes)",
      panel: "edge",
      section: 1,
      source: { logSearch: `service:${API_SERVICE} ${env} -@http.status_code:*`, window: "15m" },
      comparator: ">",
      thresholds: count(STRANGE_LINES),
      onMissingData: "resolve",
      lowTraffic: NOT_OF_TRAFFIC,
      maintenance: "pages",
      priority: 3,
      meaning: "The API writes lines that are not of its access log: a verbose logger was left on, and nothing scrubs what it prints.",
      firstCommands: [serverLog, `${kubectl} get configmaps -o yaml | grep -n 'NODE_ENV\\|LOG'`, history],
    },
  };
}
