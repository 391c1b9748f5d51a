import { buildDashboard } from "../../../components/lib/dashboard";
import { buildMonitors } from "../../../components/lib/monitors";
import { unknownToDatadog } from "../../helpers/datadog-models";
import { PROD, STAGING, tableOf } from "../../helpers/observability";

const dashboard = buildDashboard(tableOf(PROD));
type Widgets = typeof dashboard.widgets;
const within = ({ definition }: Widgets[number]) => (definition["widgets"] ?? []) as Widgets;
const groups = dashboard.widgets.filter(({ definition }) => definition["type"] === "group");
const titles = Object.values(buildMonitors(tableOf(PROD))).map(({ title }) => title);
const graphs = groups
  .flatMap(within)
  .map(({ definition }) => definition)
  .filter(({ title }) => titles.includes(title as string));

it("is known to the official client to its last field", () => {
  expect(unknownToDatadog("v1", "Dashboard", dashboard)).toEqual([]);
});

it("would not be, with a field or a value that Datadog does not have", () => {
  const note = { ...dashboard.widgets[0]?.definition };
  const status = { ...groups.flatMap(within)[1]?.definition };
  const graph = { ...graphs[0] };
  const read = (definition: object) => unknownToDatadog("v1", "Dashboard", { ...dashboard, widgets: [{ definition }] });
  expect(read({ ...note, background: "white" })).toEqual(["Dashboard.widgets.0.definition.background"]);
  expect(read({ ...status, display_format: "pie" })).toEqual(["Dashboard.widgets.0"]);
  expect(read({ ...graph, type: "time-series" })).toEqual(["Dashboard.widgets.0"]);
});

it("draws each monitor of the table with its own metric and its thresholds", () => {
  expect(graphs.map(({ title, requests, markers }) => ({ title, requests, markers }))).toEqual(
    Object.values(buildMonitors(tableOf(PROD))).map(({ title, source, thresholds: { critical, warning } }) => ({
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
                  compute: { aggregation: "count", interval: source.window === "5m" ? 300_000 : 900_000 },
                  group_by: [],
                },
              ],
              formulas: [{ formula: "logs" }],
            },
      ],
      markers: [
        { value: `y = ${critical}`, display_type: "error dashed", label: "alert" },
        ...(warning === undefined ? [] : [{ value: `y = ${warning}`, display_type: "warning dashed", label: "warning" }]),
      ],
    })),
  );
});

it("is read from top to bottom: what is wrong now, then one group of signals after the other", () => {
  expect(groups.map((group) => [group.definition["title"], within(group).length])).toEqual([
    ["Now", 2],
    ["Golden signals: traffic, errors, latency", 5],
    ["Edge and logs", 5],
    ["Pods: saturation, restarts, rollouts", 10],
    ["Database", 6],
    ["Backups and drills", 6],
    ["Secrets' age", 2],
  ]);
});

it("lists the monitors and the latest errors of its own environment", () => {
  const queries = (widgets: typeof dashboard.widgets) => JSON.stringify(widgets).match(/tag:\([^"]+|service:\([^"]+ status:error/g);
  expect(queries(dashboard.widgets)).toEqual([
    "tag:(service:maestroverse-api AND env:prod)",
    "service:(maestroverse-api OR maestroverse-edge) env:prod status:error",
  ]);
  const staging = buildDashboard(tableOf(STAGING));
  expect(queries(staging.widgets)).toEqual([
    "tag:(service:maestroverse-api AND env:staging)",
    "service:(maestroverse-api OR maestroverse-edge) env:staging status:error",
  ]);
  expect([dashboard.title, staging.title, staging.tags]).toEqual([
    "Maestroverse prod",
    "Maestroverse staging",
    ["team:maestroverse-ops-staging"],
  ]);
});
