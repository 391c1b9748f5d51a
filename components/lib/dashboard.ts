/** The dashboard of an environment (runbook §6): the same table as the monitors, drawn, in groups that are read from top to bottom. */
import { API_SERVICE, dashboardTitle, EDGE_SERVICE, RUNBOOK_PAGE } from "./alerts";
import { SLOW_SECONDS } from "./log-pipeline";
import { EDGE_REQUESTS, EDGE_SECONDS, logMetric, SECRET_AGE } from "./metrics";
import { buildMonitors, type MonitorSpec, type MonitorTableArgs, type Panel } from "./monitors";

/** The dashboard's definition, ready for JSON. Field names are those of Datadog's API. */
export interface DashboardDefinition {
  readonly title: string;
  readonly description: string;
  readonly layout_type: "ordered";
  readonly reflow_type: "auto";
  /** Datadog allows the key `team` alone. */
  readonly tags: readonly string[];
  readonly widgets: readonly Widget[];
}

/** A widget. */
export interface Widget {
  readonly definition: Readonly<Record<string, unknown>>;
}

/** Groups of the dashboard, in this order, with their colour. */
const PANELS: Readonly<Record<Panel, { readonly title: string; readonly color: string }>> = {
  golden: { title: "Golden signals: traffic, errors, latency", color: "vivid_blue" },
  edge: { title: "Edge and logs", color: "vivid_purple" },
  pods: { title: "Pods: saturation, restarts, rollouts", color: "vivid_green" },
  database: { title: "Database", color: "vivid_orange" },
  backups: { title: "Backups and drills", color: "vivid_pink" },
  secrets: { title: "Secrets' age", color: "vivid_yellow" },
};

/** Builds the dashboard: what to do, the state of everything, then one group after the other, each graph with its alert's thresholds. */
export function buildDashboard(args: MonitorTableArgs): DashboardDefinition {
  const { environment } = args;
  const monitors = Object.values(buildMonitors(args));
  const groups = Object.entries(PANELS).map(([panel, { title, color }]) =>
    group(title, color, [
      ...extras(panel as Panel, environment),
      ...monitors.filter((monitor) => monitor.panel === panel).map((monitor) => ({ definition: graph(monitor) })),
    ]),
  );
  return {
    title: dashboardTitle(environment),
    description: "Made by Pulumi (components/lib/dashboard.ts) from the table of the monitors: changes made here are lost.",
    layout_type: "ordered",
    reflow_type: "auto",
    tags: [`team:${args.teamHandle}`],
    widgets: [
      {
        definition: {
          type: "note",
          content: `What each alert means and what to run first: [runbook](${args.runbookBaseUrl.replace(/\/+$/, "")}/${RUNBOOK_PAGE}). Red line: alert. Yellow line: warning.`,
          background_color: "white",
          font_size: "14",
          text_align: "left",
          show_tick: false,
        },
      },
      group("Now", "vivid_blue", [
        {
          definition: {
            type: "slo_list",
            title: "Objectives and what is left of their budgets",
            requests: [
              {
                request_type: "slo_list",
                query: {
                  query_string: `env:${environment} AND service:${API_SERVICE}`,
                  limit: 10,
                  sort: [{ column: "status.error_budget_remaining", order: "asc" }],
                },
              },
            ],
          },
        },
        {
          definition: {
            type: "manage_status",
            title: "Monitors and uptime tests",
            query: `tag:(service:${API_SERVICE} AND env:${environment})`,
            summary_type: "monitors",
            display_format: "countsAndList",
            sort: "status,asc",
            hide_zero_counts: true,
          },
        },
      ]),
      ...groups,
      { definition: latestErrors(environment) },
    ],
  };
}

function group(title: string, color: string, widgets: readonly Widget[]): Widget {
  return { definition: { type: "group", layout_type: "ordered", title, background_color: color, show_title: true, widgets } };
}

/** Graphs beyond those of the monitors. */
function extras(panel: Panel, environment: string): Widget[] {
  const requests = `${logMetric(EDGE_REQUESTS, environment)}{env:${environment}`;
  const series = (title: string, requests: readonly string[], type = "line", markers: readonly object[] = []): Widget => ({
    definition: { type: "timeseries", title, requests: requests.map((q) => ({ q, display_type: type })), markers },
  });
  if (panel === "golden")
    return [
      series("Requests by status (per minute)", [`sum:${requests}} by {status_category}.as_count().rollup(sum, 60)`], "bars"),
      series(
        "Latency (seconds): p50, p95, p99",
        ["p50", "p95", "p99"].map((percentile) => `${percentile}:${logMetric(EDGE_SECONDS, environment)}{env:${environment}}`),
        "line",
        [{ value: `y = ${SLOW_SECONDS}`, display_type: "error dashed", label: "slow" }],
      ),
    ];
  if (panel === "edge")
    return [series("Websockets that closed (per minute)", [`sum:${requests},kind:websocket}.as_count().rollup(sum, 60)`], "bars")];
  if (panel === "secrets")
    return [
      {
        definition: {
          type: "toplist",
          title: "Age of each secret (days)",
          requests: [{ q: `top(max:${SECRET_AGE}{env:${environment}} by {secret}, 20, 'last', 'desc')` }],
        },
      },
    ];
  return [];
}

function latestErrors(environment: string): Readonly<Record<string, unknown>> {
  return {
    type: "list_stream",
    title: "Latest errors in the logs",
    requests: [
      {
        response_format: "event_list",
        query: {
          data_source: "logs_stream",
          query_string: `service:(${API_SERVICE} OR ${EDGE_SERVICE}) env:${environment} status:error`,
          indexes: [],
        },
        columns: [
          { field: "timestamp", width: "auto" },
          { field: "content", width: "compact" },
        ],
      },
    ],
  };
}

function graph({ title, source, thresholds }: MonitorSpec): Readonly<Record<string, unknown>> {
  return {
    type: "timeseries",
    title,
    requests: [
      "metric" in source
        ? { q: source.metric, display_type: "line" }
        : {
            display_type: "bars",
            response_format: "timeseries",
            queries: [
              {
                data_source: "logs",
                name: "logs",
                indexes: ["*"],
                search: { query: source.logSearch },
                // The width of the monitor's window, or the bars would not compare to its thresholds.
                compute: { aggregation: "count", interval: Number.parseInt(source.window, 10) * 60_000 },
                group_by: [],
              },
            ],
            formulas: [{ formula: "logs" }],
          },
    ],
    markers: [
      { value: `y = ${thresholds.critical}`, display_type: "error dashed", label: "alert" },
      ...(thresholds.warning === undefined
        ? []
        : [{ value: `y = ${thresholds.warning}`, display_type: "warning dashed", label: "warning" }]),
    ],
  };
}
