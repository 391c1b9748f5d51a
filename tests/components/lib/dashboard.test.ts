import { buildDashboard } from "../../../components/lib/dashboard";
import { buildMonitors } from "../../../components/lib/monitors";
import { unknownToDatadog } from "../../helpers/datadog-models";
import { PROD, STAGING, tableOf } from "../../helpers/observability";

const dashboard = buildDashboard(tableOf(PROD));
const graphs = dashboard.widgets.map(({ definition }) => definition).filter(({ type }) => type === "timeseries");

it("is known to the official client to its last field", () => {
  expect(unknownToDatadog("v1", "Dashboard", dashboard)).toEqual([]);
});

it("would not be, with a field or a value that Datadog does not have", () => {
  const [note, status, graph] = dashboard.widgets.map(({ definition }) => ({ ...definition }));
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
                  search: { query: "service:maestroverse-edge env:prod @limit:REJECTED" },
                  compute: { aggregation: "count", interval: 300_000 },
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

it("lists the monitors and the latest errors of its own environment", () => {
  const queries = (widgets: typeof dashboard.widgets) => JSON.stringify(widgets).match(/tag:\([^"]+|service:maestroverse-api env:[^"]+/g);
  expect(queries(dashboard.widgets)).toEqual([
    "tag:(service:maestroverse-api AND env:prod)",
    "service:maestroverse-api env:prod status:error",
  ]);
  const staging = buildDashboard(tableOf(STAGING));
  expect(queries(staging.widgets)).toEqual([
    "tag:(service:maestroverse-api AND env:staging)",
    "service:maestroverse-api env:staging status:error",
  ]);
  expect([dashboard.title, staging.title, staging.tags]).toEqual([
    "Maestroverse prod",
    "Maestroverse staging",
    ["team:maestroverse-ops-staging"],
  ]);
});
