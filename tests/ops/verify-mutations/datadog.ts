/** Runbook §6: uptime tests, monitors, logs and on-call, as they come undone in Datadog. */
import type { StoredRecord } from "../../../rehearsal/datadog-intake/store";
import type { Environment } from "../../helpers/broken/environment";
import type { Undo } from "../../helpers/broken/undo";
import type { Mutation } from "../../helpers/broken/mutation";

/** Seconds since 1970: when a silence ends. */
const NEW_YEAR_2100 = 4_102_444_800;

const idOf = (ids: Readonly<Record<string, string>>, key: string) => ids[key] ?? key;

/** Changes an uptime test by the API. */
const test =
  (key: string, change: (test: StoredRecord) => StoredRecord): Mutation["breaks"] =>
  ({ datadog, outputs }) =>
    datadog.edit(`/api/v1/synthetics/tests/api/${idOf(outputs.monitoring.syntheticsIds, key)}`, change);
/** Changes a monitor by the API. */
const monitor =
  (key: string, change: (monitor: StoredRecord) => StoredRecord): Mutation["breaks"] =>
  ({ datadog, outputs }) =>
    datadog.edit(`/api/v1/monitor/${idOf(outputs.monitoring.monitorIds, key)}`, change);
const silenced = (found: StoredRecord) => ({
  ...found,
  options: { ...(found["options"] as StoredRecord), silenced: { "*": NEW_YEAR_2100 } },
});
/** Another threshold, in the query and beside it. */
const threshold = (from: number, to: number) => (found: StoredRecord) => {
  const { thresholds, ...options } = found["options"] as StoredRecord;
  const query = String(found["query"]).replace(new RegExp(` ${from}$`), ` ${to}`);
  return { ...found, query, options: { ...options, thresholds: { ...(thresholds as StoredRecord), critical: to } } };
};
/** Forgets a metric's points; it has to have some. */
const forgetPoints =
  (metric: string): Mutation["breaks"] =>
  ({ datadog }) =>
    datadog.records((records) => {
      const kept = records.series.filter((each) => each["metric"] !== metric);
      if (kept.length === records.series.length) throw new Error(`the mutation removes nothing: ${metric} has no points`);
      records.series = kept;
    });
/** The only one of a kind. */
const only = (records: Readonly<Record<string, StoredRecord>>): StoredRecord => Object.values(records)[0] ?? {};

async function routing({ datadog }: Environment, rules: readonly StoredRecord[]): Promise<Undo> {
  const { data } = (await datadog.call("GET", "/api/v2/team")) as { data: { id: string }[] };
  const path = `/api/v2/on-call/teams/${data[0]?.id}/routing-rules`;
  const { included } = (await datadog.call("GET", path)) as {
    included: { attributes: StoredRecord; relationships: { policy: { data: { id: string } } } }[];
  };
  const put = (each: readonly StoredRecord[]) =>
    datadog.call("PUT", path, { data: { type: "team_routing_rules", attributes: { rules: each } } });
  await put(rules);
  return () => put(included.map(({ attributes, relationships }) => ({ ...attributes, policy_id: relationships.policy.data.id })));
}

export const datadogMutations: readonly Mutation[] = [
  {
    defect: "websockets do not reach the application",
    breaks: ({ edge }) => edge.edit(["proxy_set_header Upgrade $upgrade_to;", 'proxy_set_header Upgrade "";']),
    caughtBy: { "uptime-conditions": "websocket " },
  },
  {
    defect: "the certificate ends in five days",
    breaks: ({ edge }) => edge.shortCertificate(5),
    caughtBy: { "uptime-conditions": /^certificate certificate is [45], wanted isInMoreThan 21$/ },
  },
  {
    defect: "an uptime test is paused",
    breaks: test("health", (found) => ({ ...found, status: "paused" })),
    caughtBy: { "uptime-tests": /^health is paused$/ },
  },
  {
    defect: "an uptime test is deleted",
    breaks: ({ datadog, outputs }) => datadog.forget("synthetics", idOf(outputs.monitoring.syntheticsIds, "websocket")),
    caughtBy: { "uptime-tests": /^websocket is not in Datadog$/ },
  },
  {
    defect: "an uptime test tells nobody",
    breaks: test("redirect", (found) => ({ ...found, message: "The redirect is gone." })),
    caughtBy: { "uptime-tests": /^redirect tells nobody$/ },
  },
  {
    defect: "an uptime test runs every quarter of an hour",
    breaks: test("health", (found) => ({ ...found, options: { ...(found["options"] as StoredRecord), tick_every: 900 } })),
    caughtBy: { "uptime-tests": /^health has tick_every 900, not 60$/ },
  },
  {
    defect: "an uptime test is content with any status",
    breaks: test("health", (found) => {
      const { assertions, ...config } = found["config"] as { assertions: { type: string }[] };
      return { ...found, config: { ...config, assertions: assertions.filter(({ type }) => type !== "statusCode") } };
    }),
    caughtBy: { "uptime-tests": /^health does not want statusCode is 200$/ },
  },
  {
    defect: "a monitor of an error budget is muted",
    breaks: monitor("burn-availability-fast", silenced),
    caughtBy: { "budget-monitors": /^burn-availability-fast is muted$/ },
  },
  {
    defect: "the errors' monitor is muted",
    breaks: monitor("api-errors", silenced),
    caughtBy: { "error-monitors": /^api-errors is muted$/ },
  },
  {
    defect: "the errors' monitor alerts at ten times as many",
    breaks: monitor("api-errors", threshold(5, 50)),
    caughtBy: { "error-monitors": /^api-errors alerts at > 50, not at > 5$/ },
  },
  {
    defect: "the errors' monitor looks at another environment",
    breaks: monitor("api-errors", (found) => ({ ...found, query: String(found["query"]).replace("env:rehearsal", "env:prod") })),
    caughtBy: { "error-monitors": "api-errors asks " },
  },
  {
    defect: "a monitor tells nobody",
    breaks: monitor("latency-p95", (found) => ({ ...found, message: "It is slow." })),
    caughtBy: { "error-monitors": /^latency-p95 tells nobody$/ },
  },
  {
    defect: "a monitor alerts",
    breaks: ({ datadog, outputs }) =>
      datadog.records(({ monitors }) => {
        const id = idOf(outputs.monitoring.monitorIds, "backup-failed");
        monitors[id] = { ...monitors[id], overall_state: "Alert" };
      }),
    caughtBy: { "error-monitors": /^backup-failed is alerting$/ },
  },
  {
    defect: "a downtime silences the monitor of the CPU",
    breaks: async ({ datadog, outputs }) => {
      const monitor_id = Number(idOf(outputs.monitoring.monitorIds, "cpu"));
      const attributes = { scope: "*", monitor_identifier: { monitor_id }, message: "it is noisy" };
      const { data } = (await datadog.call("POST", "/api/v2/downtime", { data: { type: "downtime", attributes } })) as {
        data: { id: string };
      };
      return () => datadog.call("DELETE", `/api/v2/downtime/${data.id}`);
    },
    caughtBy: { "metric-monitors": /^cpu is muted$/ },
  },
  {
    defect: "the monitor of the memory alerts at 95 percent",
    breaks: monitor("memory", threshold(75, 95)),
    caughtBy: { "metric-monitors": /^memory alerts at > 95, not at > 75$/ },
  },
  {
    defect: "the monitor of the connections is deleted",
    breaks: ({ datadog, outputs }) => datadog.forget("monitors", idOf(outputs.monitoring.monitorIds, "database-connections")),
    caughtBy: { "metric-monitors": /^database-connections is not in Datadog$/ },
  },
  {
    defect: "the log pipeline is switched off",
    breaks: async ({ datadog }) => {
      const [pipeline] = (await datadog.call("GET", "/api/v1/logs/config/pipelines")) as unknown as { id: string }[];
      return datadog.edit(`/api/v1/logs/config/pipelines/${pipeline?.id}`, (found) => ({ ...found, is_enabled: false }));
    },
    caughtBy: { "log-pipeline": "[rehearsal] Maestroverse API is switched off" },
  },
  {
    defect: "the log pipeline no longer reads the access log",
    breaks: ({ datadog }) =>
      datadog.records(({ pipelines }) => {
        const [reader] = only(pipelines)["processors"] as { is_enabled: boolean }[];
        if (reader !== undefined) reader.is_enabled = false;
      }),
    caughtBy: { "log-pipeline": 'the step "combined access log" is switched off' },
  },
  {
    defect: "the log pipeline is deleted",
    breaks: ({ datadog }) => datadog.records((records) => (records.pipelines = {})),
    caughtBy: { "log-pipeline": "Datadog has no pipeline for these logs" },
  },
  {
    defect: "what the dump prints is collected no longer",
    breaks: forgetPoints("maestroverse.backup.size_bytes.rehearsal"),
    caughtBy: {
      "own-metrics":
        /^maestroverse\.backup\.size_bytes\.rehearsal has no point of the last 26 hours \(made by the nightly dump's line of log\)$/,
    },
  },
  {
    defect: "nobody sends the ages of secrets",
    breaks: forgetPoints("maestroverse.secret.age_days"),
    caughtBy: { "own-metrics": /^maestroverse\.secret\.age_days has no point of the last 26 hours \(made by verify --send-ages\)$/ },
  },
  {
    defect: "the metric that the edge's alerts are made of is deleted",
    breaks: ({ datadog }) =>
      datadog.records(({ logsMetrics }) => {
        const id = Object.keys(logsMetrics).find((each) => each.includes("requests"));
        if (id !== undefined) delete logsMetrics[id];
      }),
    caughtBy: { "log-pipeline": "counts nothing: it is gone" },
  },
  {
    defect: "the rotation has a turn of nobody",
    breaks: ({ datadog }) =>
      datadog.records(({ schedules }) => {
        const { parts } = only(schedules) as unknown as { parts: { members: { user?: unknown }[] }[] };
        parts[0]?.members.push({});
      }),
    caughtBy: { "on-call": /^1 turns have nobody$/ },
  },
  {
    defect: "the rotation has somebody else in it",
    breaks: ({ datadog }) =>
      datadog.records(({ schedules }) => {
        const { parts } = only(schedules) as unknown as { parts: { members: { user: { id: string } }[] }[] };
        const [first] = parts[0]?.members ?? [];
        if (first !== undefined) first.user.id = "5a1d7b0e-3c52-4f7e-9a41-0c7d5b1e2f99";
      }),
    caughtBy: {
      "on-call":
        "Avery Lindqvist is not in the rotation; user 5a1d7b0e-3c52-4f7e-9a41-0c7d5b1e2f99 is in the rotation, not in onCall.people",
    },
  },
  {
    defect: "the rotation is deleted",
    breaks: ({ datadog, outputs }) => datadog.forget("schedules", outputs.monitoring.onCallScheduleId),
    caughtBy: { "on-call": "Datadog has no schedule " },
  },
  {
    defect: "alerts of the team are routed nowhere",
    breaks: (environment) => routing(environment, []),
    caughtBy: { escalation: "no rule routes alerts of maestroverse-ops-rehearsal: nobody is paged" },
  },
  {
    defect: "the ladder is deleted",
    breaks: ({ datadog }) => datadog.records((records) => (records.policies = {})),
    caughtBy: { escalation: "Datadog has no escalation policy " },
  },
  {
    defect: "the ladder does not begin with who is on call",
    breaks: ({ datadog }) =>
      datadog.records(({ policies }) => {
        (only(policies)["parts"] as unknown[]).shift();
      }),
    caughtBy: { escalation: "step 1 of the ladder is the next turn for 10 min, not the current turn for 10 min" },
  },
  {
    defect: "the team is deleted",
    breaks: ({ datadog }) => datadog.records((records) => (records.teams = {})),
    caughtBy: { escalation: "Datadog has no team maestroverse-ops-rehearsal: alerts name nobody" },
  },
];
