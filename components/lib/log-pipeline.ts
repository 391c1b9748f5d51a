/**
 * The log pipeline of runbook §6: Datadog reads the API's `combined` access log into attributes and gives each line a status. The edge's lines
 * are JSON with the same attributes (components/lib/nginx-snippets.ts), which Datadog reads by itself: they get the rest.
 */
import type { types } from "@pulumi/datadog";
import { API_SERVICE, EDGE_SERVICE } from "./alerts";
import { BACKUP_NAME } from "./backup-names";
import { BACKUP_DURATION, BACKUP_FAILURES, BACKUP_SIZE, EDGE_REQUESTS, EDGE_SECONDS, LOG_LINES, logMetric } from "./metrics";

/** Seconds above which an answer is slow: users notice a wait of one. */
export const SLOW_SECONDS = 1;

/**
 * One line of Apache's `combined` format, as morgan writes it. `-` stands for what is not known: a client that has gone, a body without a
 * length, an answer that was never sent.
 */
export const COMBINED_RULE =
  'combined %{_client_ip} %{_ident} %{_user} \\[%{_date}\\] "%{_method} %{_url} HTTP\\/%{_version}" (%{_status}|-) (%{_bytes}|-) "%{_referer}" "%{_user_agent}"';

/** What the names in {@link COMBINED_RULE} stand for. Attributes have Datadog's standard names. */
export const COMBINED_SUPPORT_RULES = [
  '_client_ip %{notSpace:network.client.ip:nullIf("-")}',
  "_ident %{notSpace}",
  '_user %{notSpace:http.auth:nullIf("-")}',
  '_date %{date("dd/MMM/yyyy:HH:mm:ss Z"):date_access}',
  "_method %{word:http.method}",
  "_url %{notSpace:http.url}",
  String.raw`_version %{regex("\\d+(\\.\\d+)?"):http.version}`,
  "_status %{integer:http.status_code}",
  "_bytes %{integer:network.bytes_written}",
  String.raw`_referer %{regex("[^\\\"]*"):http.referer:nullIf("-")}`,
  String.raw`_user_agent %{regex("[^\\\"]*"):http.useragent:nullIf("-")}`,
].join("\n");

/** A line of each kind; Datadog shows beside the parser what it makes of them. */
export const COMBINED_SAMPLES = [
  '203.0.113.7 - - [02/Nov/2026:14:00:00 +0000] "GET /api/courses?page=2 HTTP/1.1" 200 5316 "https://app.maestroverse.edu/" "Mozilla/5.0"',
  '203.0.113.7 - - [02/Nov/2026:14:00:01 +0000] "POST /api/login HTTP/1.1" 503 - "-" "-"',
];

/** Status of a line by its HTTP status, worst first: Datadog takes the first that matches. */
const STATUS_BY_CODE = [
  ["error", "@http.status_code:[500 TO 599]"],
  ["warning", "@http.status_code:[400 TO 499]"],
  ["ok", "@http.status_code:[100 TO 399]"],
] as const;

/** Attributes by which requests are counted: first match wins. A websocket's line comes when it closes, hours late: it has no speed worth counting. */
const CATEGORIES = [
  [
    "kind of request",
    "http.kind",
    [
      ["websocket", "@http.url:/socket.io/*"],
      ["request", "@http.url:*"],
    ],
  ],
  [
    "speed of the answer",
    "http.speed",
    [
      ["slow", `@seconds:>${SLOW_SECONDS}`],
      ["fast", `@seconds:<=${SLOW_SECONDS}`],
    ],
  ],
  [
    "who refused a request",
    "http.refused_by",
    [
      ["edge", "@limit:REJECTED"],
      ["application", "@http.status_code:429"],
    ],
  ],
] as const;

/** What the pipeline takes: the logs of the API and of its edge in one environment, so that two stacks in one organisation do not parse each other's. */
export function pipelineFilter(environment: string): string {
  return `service:(${API_SERVICE} OR ${EDGE_SERVICE}) env:${environment}`;
}

/** The steps, in order. Lines in another format pass unchanged. */
export function buildProcessors(): types.input.LogsCustomPipelineProcessor[] {
  return [
    {
      grokParser: {
        name: "combined access log",
        isEnabled: true,
        source: "message",
        samples: COMBINED_SAMPLES,
        grok: { matchRules: COMBINED_RULE, supportRules: COMBINED_SUPPORT_RULES },
      },
    },
    { dateRemapper: { name: "time of the request", isEnabled: true, sources: ["date_access"] } },
    {
      urlParser: {
        name: "parts of the URL",
        isEnabled: true,
        sources: ["http.url"],
        target: "http.url_details",
        normalizeEndingSlashes: false,
      },
    },
    {
      categoryProcessor: {
        name: "status by HTTP status",
        isEnabled: true,
        target: "http.status_category",
        categories: STATUS_BY_CODE.map(([name, query]) => ({ name, filter: { query } })),
      },
    },
    ...CATEGORIES.map(([name, target, categories]) => ({
      categoryProcessor: {
        name,
        isEnabled: true,
        target,
        categories: categories.map(([category, query]) => ({ name: category, filter: { query } })),
      },
    })),
    { statusRemapper: { name: "status of the line", isEnabled: true, sources: ["http.status_category", "level", "severity"] } },
  ];
}

/** A metric that Datadog makes of lines as they arrive, kept or not. */
export interface LogMetric {
  /** Name of the metric. */
  readonly metric: string;
  readonly filter: string;
  readonly compute: types.input.LogsMetricCompute;
  /** Attribute (`@…`) or tag of the line → tag of the metric. */
  readonly groupBy: Readonly<Record<string, string>>;
}

/** The metrics by key. @param dumps whether the backup program runs: its line says how the night was, and needs no key of Datadog's in its pod */
export function buildLogMetrics({
  environment,
  dumps,
}: {
  readonly environment: string;
  readonly dumps: boolean;
}): Record<string, LogMetric> {
  const edge = `service:${EDGE_SERVICE} env:${environment}`;
  return {
    ...(dumps ? backupMetrics(environment) : {}),
    "edge-requests": {
      metric: logMetric(EDGE_REQUESTS, environment),
      filter: `${edge} -@limit:REJECTED`,
      compute: { aggregationType: "count" },
      groupBy: { env: "env", "@http.status_category": "status_category", "@http.kind": "kind", "@http.speed": "speed" },
    },
    "edge-seconds": {
      metric: logMetric(EDGE_SECONDS, environment),
      filter: `${edge} @http.kind:request -@limit:REJECTED`,
      compute: { aggregationType: "distribution", path: "@seconds", includePercentiles: true },
      groupBy: { env: "env" },
    },
    "log-lines": {
      metric: logMetric(LOG_LINES, environment),
      filter: pipelineFilter(environment),
      compute: { aggregationType: "count" },
      groupBy: { env: "env", service: "service" },
    },
  };
}

function backupMetrics(environment: string): Record<string, LogMetric> {
  const lines = `service:${BACKUP_NAME} env:${environment}`;
  const ofStored = (path: string) => ({
    filter: `${lines} ${path}:*`,
    compute: { aggregationType: "distribution", path, includePercentiles: false },
  });
  const groupBy = { env: "env" };
  return {
    "backup-size": { metric: logMetric(BACKUP_SIZE, environment), ...ofStored("@manifest.sizeBytes"), groupBy },
    "backup-duration": { metric: logMetric(BACKUP_DURATION, environment), ...ofStored("@durationSeconds"), groupBy },
    "backup-failures": {
      metric: logMetric(BACKUP_FAILURES, environment),
      filter: `${lines} status:error`,
      compute: { aggregationType: "count" },
      groupBy,
    },
  };
}
