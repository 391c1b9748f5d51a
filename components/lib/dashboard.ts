/** The dashboard of an environment (runbook §6): the same table as the monitors, drawn. */
import { API_SERVICE, dashboardTitle, RUNBOOK_PAGE } from "./alerts";
import { buildMonitors, type MonitorSpec, type MonitorTableArgs } from "./monitors";

/** The dashboard's definition, ready for JSON. Field names are those of Datadog's API. */
export interface DashboardDefinition {
  readonly title: string;
  readonly description: string;
  readonly layout_type: "ordered";
  readonly reflow_type: "auto";
  /** Datadog allows the key `team` alone. */
  readonly tags: readonly string[];
  readonly widgets: readonly { readonly definition: Readonly<Record<string, unknown>> }[];
}

/** Builds the dashboard: how to use it, the state of every monitor, a graph per monitor with its thresholds, and the last errors in the logs. */
export function buildDashboard(args: MonitorTableArgs): DashboardDefinition {
  const scope = `service:${API_SERVICE} env:${args.environment}`;
  return {
    title: dashboardTitle(args.environment),
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
      {
        definition: {
          type: "manage_status",
          title: "Monitors and uptime tests",
          query: `tag:(${scope.replace(" ", " AND ")})`,
          summary_type: "monitors",
          display_format: "countsAndList",
          sort: "status,asc",
          hide_zero_counts: true,
        },
      },
      ...Object.values(buildMonitors(args)).map((monitor) => ({ definition: graph(monitor) })),
      {
        definition: {
          type: "list_stream",
          title: "Latest errors in the logs",
          requests: [
            {
              response_format: "event_list",
              query: { data_source: "logs_stream", query_string: `${scope} status:error`, indexes: [] },
              columns: [
                { field: "timestamp", width: "auto" },
                { field: "content", width: "compact" },
              ],
            },
          ],
        },
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
                compute: { aggregation: "count", interval: 300_000 },
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
