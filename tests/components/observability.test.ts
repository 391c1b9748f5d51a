import { Observability, type ObservabilityArgs, validateObservability } from "../../components/observability";
import { buildMonitors } from "../../components/lib/monitors";
import { buildBurnRateAlerts } from "../../components/lib/slo";
import { buildUptimeTests } from "../../components/lib/synthetics";
import { snake, unknownToDatadog } from "../helpers/datadog-models";
import { idOf, type Recorder, startMocks, valueOf } from "../helpers/mocks";
import { PROD, STAGING, tableOf } from "../helpers/observability";

const MONITORS = Object.keys(buildMonitors(tableOf(PROD)));
const BURNING = Object.keys(buildBurnRateAlerts(tableOf(PROD)));
const PROCESSOR_TYPES: Readonly<Record<string, string>> = {
  grokParser: "grok-parser",
  dateRemapper: "date-remapper",
  urlParser: "url-parser",
  categoryProcessor: "category-processor",
  statusRemapper: "status-remapper",
};
const TESTS = ["health", "websocket", "redirect", "certificate"];

async function register(args: ObservabilityArgs = PROD, preview = false): Promise<{ mocks: Recorder; component: Observability }> {
  const mocks = await startMocks({
    preview,
    outputs: ({ type, name }) => ({
      ...(type.endsWith(":DashboardJson") ? { url: "/dashboard/abc-def-ghi/maestroverse" } : {}),
      ...(type.endsWith(":SyntheticsTest") ? { monitorId: 1000 + TESTS.indexOf(name.replace("observability-uptime-", "")) } : {}),
    }),
  });
  const component = await mocks.run(() => new Observability("observability", args));
  return { mocks, component };
}

it("has exactly these children and no orphan", async () => {
  const { mocks } = await register();
  expect(mocks.childrenOf("observability")).toEqual(
    [
      "datadog:index/dashboardJson:DashboardJson observability-dashboard",
      "datadog:index/logsCustomPipeline:LogsCustomPipeline observability-log-pipeline",
      ...["backup-duration", "backup-failures", "backup-size", "edge-requests", "edge-seconds", "log-lines"].map(
        (key) => `datadog:index/logsMetric:LogsMetric observability-metric-${key}`,
      ),
      ...[...MONITORS, ...BURNING].map((key) => `datadog:index/monitor:Monitor observability-monitor-${key}`),
      ...["availability", "latency"].map(
        (key) => `datadog:index/serviceLevelObjective:ServiceLevelObjective observability-objective-${key}`,
      ),
      "datadog:index/onCallEscalationPolicy:OnCallEscalationPolicy observability-escalation-policy",
      "datadog:index/onCallSchedule:OnCallSchedule observability-schedule",
      "datadog:index/onCallTeamRoutingRules:OnCallTeamRoutingRules observability-routing-rules",
      ...TESTS.map((key) => `datadog:index/syntheticsTest:SyntheticsTest observability-uptime-${key}`),
      "datadog:index/team:Team observability-team",
    ].sort(),
  );
  expect(mocks.resources.filter(({ parent }) => parent === undefined).map(({ name }) => name)).toEqual(["observability"]);
});

it("makes the people before the alerts that page them", async () => {
  const { mocks } = await register();
  for (const name of [...MONITORS.map((key) => `monitor-${key}`), ...TESTS.map((key) => `uptime-${key}`)])
    expect([name, mocks.resource(`observability-${name}`).dependsOn]).toEqual([
      name,
      ["observability-routing-rules", "observability-team"],
    ]);
  expect(mocks.resource("observability-routing-rules").inputs).toEqual({
    teamId: idOf("observability-team"),
    rules: [
      { query: "priority:(3 OR 4 OR 5)", escalationPolicy: idOf("observability-escalation-policy"), urgency: "low" },
      { escalationPolicy: idOf("observability-escalation-policy"), urgency: "dynamic" },
    ],
  });
});

it("asks Datadog for a monitor as the table has it, without a call at preview", async () => {
  const { mocks } = await register();
  const spec = buildMonitors(tableOf(PROD))["api-errors"];
  expect(mocks.resource("observability-monitor-api-errors").inputs).toEqual({
    name: "[prod] API errors (average of the last 5 minutes)",
    type: "query alert",
    query: "avg(last_5m):sum:maestroverse.api.errors{service:maestroverse-api} > 5",
    message: spec?.message,
    priority: "2",
    tags: spec?.tags,
    monitorThresholds: { critical: "5", criticalRecovery: "4", warning: "3", warningRecovery: "2" },
    onMissingData: "resolve",
    renotifyInterval: 60,
    renotifyStatuses: ["alert", "no data"],
    requireFullWindow: false,
    includeTags: false,
    assets: [{ category: "runbook", name: "Runbook", url: "https://example.com/docs/runbook/6-observability.md#api-errors" }],
    validate: false,
  });
  expect(mocks.resource("observability-monitor-edge-rate-limited").inputs["type"]).toBe("log alert");
});

it("never says notifyNoData beside onMissingData, nor validates a monitor by a call", async () => {
  const { mocks } = await register();
  for (const { name, inputs } of mocks.resourcesOf("datadog:index/monitor:Monitor"))
    expect([name, inputs["notifyNoData"], typeof inputs["onMissingData"], inputs["validate"]]).toEqual(
      inputs["type"] === "slo alert" ? [name, false, "undefined", false] : [name, undefined, "string", false],
    );
});

it("gives operators ids by key and the dashboard's address", async () => {
  const { component } = await register();
  const values = (outputs: Observability["monitorIds"]) =>
    Promise.all(Object.entries(outputs).map(async ([key, output]) => [key, await valueOf(output)]));
  expect(await values(component.monitorIds)).toEqual([
    ...[...MONITORS, ...BURNING].map((key) => [key, idOf(`observability-monitor-${key}`)]),
    ["uptime-health", "1000"],
    ["uptime-websocket", "1001"],
    ["uptime-redirect", "1002"],
    ["uptime-certificate", "1003"],
  ]);
  expect(await values(component.syntheticsIds)).toEqual(TESTS.map((key) => [key, idOf(`observability-uptime-${key}`)]));
  expect(await valueOf(component.dashboardUrl)).toBe("https://app.datadoghq.com/dashboard/abc-def-ghi/maestroverse");
  expect(await valueOf(component.scheduleId)).toBe(idOf("observability-schedule"));
});

it("knows every query, message and the dashboard at preview", async () => {
  const { mocks } = await register(PROD, true);
  const table = tableOf(PROD);
  for (const [key, { query, message }] of Object.entries(buildMonitors(table)))
    expect(mocks.resource(`observability-monitor-${key}`).inputs).toMatchObject({ query, message });
  for (const [key, { message }] of Object.entries(buildUptimeTests(table)))
    expect(mocks.resource(`observability-uptime-${key}`).inputs).toMatchObject({ message });
  expect(mocks.resource("observability-dashboard").inputs["dashboard"]).toContain('"title":"Maestroverse prod"');
});

it("names nothing of prod in staging, so that both may live in one organisation", async () => {
  const { mocks } = await register(STAGING);
  const mentions = mocks.resources.filter(({ inputs }) =>
    /env:prod|\[prod\]|@oncall-maestroverse-ops(?!-staging)|team:maestroverse-ops(?!-staging)/.test(JSON.stringify(inputs)),
  );
  expect(mentions.map(({ name }) => name)).toEqual([]);
  expect(mocks.resource("observability-team").inputs["handle"]).toBe("maestroverse-ops-staging");
  expect(mocks.resource("observability-log-pipeline").inputs["filters"]).toEqual([
    { query: "service:(maestroverse-api OR maestroverse-edge) env:staging" },
  ]);
});

describe("payloads, as the official provider makes them, are known to the official client to the last field", () => {
  const inputsOf = (mocks: Recorder, type: string) =>
    mocks.resourcesOf(`datadog:index/${type}`).map(({ name, inputs }) => ({ name, inputs: inputs as Record<string, unknown> }));
  const only = (mocks: Recorder, name: string) => mocks.resource(name).inputs as Record<string, unknown>;

  it("monitors", async () => {
    const { mocks } = await register();
    const monitors = inputsOf(mocks, "monitor:Monitor");
    for (const { name, inputs } of monitors) {
      const {
        monitorThresholds,
        monitorThresholdWindows: thresholdWindows,
        message,
        type,
        query,
        tags,
        assets,
        priority,
        validate,
        name: title,
        ...options
      } = inputs;
      const thresholds = Object.fromEntries(Object.entries(monitorThresholds as object).map(([key, text]) => [key, Number(text)]));
      const body = { name: title, message, type, query, tags, assets, priority: Number(priority) };
      const payload = snake({ ...body, options: { ...options, thresholds, thresholdWindows } });
      expect([name, validate, unknownToDatadog("v1", "Monitor", payload)]).toEqual([name, false, []]);
      expect(unknownToDatadog("v1", "Monitor", { ...body, type: "metric" })).toEqual(["Monitor"]);
    }
    expect(monitors).toHaveLength(MONITORS.length + BURNING.length);
  });

  it("uptime tests", async () => {
    const { mocks } = await register();
    const tests = inputsOf(mocks, "syntheticsTest:SyntheticsTest");
    const numbers = ["statusCode", "responseTime", "certificate"];
    for (const { name, inputs } of tests) {
      const { requestDefinition: request, assertions, optionsList, ...rest } = inputs;
      const checks = (assertions as { type: string; target: string }[]).map((each) => ({
        ...each,
        target: numbers.includes(each.type) ? Number(each.target) : each.target,
      }));
      const read = (assertion: object) =>
        unknownToDatadog("v1", "SyntheticsAPITest", {
          ...rest,
          config: { request, assertions: [...checks, assertion] },
          options: snake(optionsList),
        });
      const [good] = checks;
      expect([name, read({ ...good })]).toEqual([name, []]);
      expect(read({ ...good, type: "mood" })).toHaveLength(1);
    }
    expect(tests).toHaveLength(TESTS.length);
  });

  const relationships = { teams: { data: [{ type: "teams", id: idOf("observability-team") }] } };

  it("the rotation", async () => {
    const { mocks } = await register();
    const { layers, teams, ...rest } = only(mocks, "observability-schedule");
    const withMembers = (layers as { users: string[] }[]).map(({ users, ...layer }) => ({
      ...layer,
      members: users.map((id) => ({ user: { id } })),
    }));
    const attributes = snake({ ...rest, layers: withMembers });
    expect(teams).toEqual([idOf("observability-team")]);
    expect(unknownToDatadog("v2", "ScheduleCreateRequest", { data: { type: "schedules", attributes, relationships } })).toEqual([]);
  });

  it("the ladder", async () => {
    const { mocks } = await register();
    const { steps, teams, ...rest } = only(mocks, "observability-escalation-policy");
    const asTargets = ({ schedule, user, position }: Record<string, string>) =>
      schedule === undefined ? { type: "users", id: user } : { type: "schedules", id: schedule, config: { schedule: { position } } };
    const withTargets = (steps as { targets: Record<string, string>[] }[]).map((step) => ({
      ...step,
      targets: step.targets.map(asTargets),
    }));
    const attributes = snake({ ...rest, steps: withTargets });
    expect(teams).toEqual([idOf("observability-team")]);
    expect(unknownToDatadog("v2", "EscalationPolicyCreateRequest", { data: { type: "policies", attributes, relationships } })).toEqual([]);
  });

  it("the routing", async () => {
    const { mocks } = await register();
    const rules = (only(mocks, "observability-routing-rules")["rules"] as Record<string, string>[]).map(
      ({ escalationPolicy, ...rule }) => ({
        ...rule,
        policy_id: escalationPolicy,
      }),
    );
    expect(unknownToDatadog("v2", "TeamRoutingRulesRequest", { data: { type: "team_routing_rules", attributes: { rules } } })).toEqual([]);
  });

  it("the log pipeline", async () => {
    const { mocks } = await register();
    const { name, isEnabled, filters, processors } = only(mocks, "observability-log-pipeline");
    const steps = (processors as Record<string, object>[]).flatMap((step) =>
      Object.entries(step).map(([kind, settings]) => snake({ type: PROCESSOR_TYPES[kind], ...settings })),
    );
    const [filter] = filters as object[];
    expect(unknownToDatadog("v1", "LogsPipeline", { name, is_enabled: isEnabled, filter, processors: steps })).toEqual([]);
  });
});

describe("wrong arguments", () => {
  it("are none in production and staging", () => {
    expect(validateObservability(PROD)).toEqual([]);
    expect(validateObservability(STAGING)).toEqual([]);
  });

  it("are all reported at once", () => {
    expect(
      validateObservability({
        ...PROD,
        apiHost: "https://api.maestroverse.edu",
        errorsPerFiveMinutes: 0,
        cpuPercent: 101,
        memoryPercent: 0.5,
        databaseConnectionsPercent: 0,
        usableConnections: 0,
        requestsPerMinute: -1,
        backupMaximumAgeHours: 24,
        uptime: { intervalSeconds: 10, consecutiveFailures: 1, locations: ["aws:us-east-1", "aws:us-east-1"] },
        runbookBaseUrl: "http://example.com",
        datadogAppUrl: "app.datadoghq.com",
        onCall: { ...PROD.onCall, leadEmail: "nobody@maestroverse.edu" },
      }),
    ).toEqual([
      'apiHost must be a DNS host name, got "https://api.maestroverse.edu". Give it without scheme, port or path.',
      "errorsPerFiveMinutes must be a whole number from 1 to 100000, got 0. The runbook's number is 5.",
      "cpuPercent must be a whole number from 1 to 100, got 101. The runbook's number is 80.",
      "memoryPercent must be a whole number from 1 to 100, got 0.5. The runbook's number is 75.",
      "databaseConnectionsPercent must be a whole number from 1 to 100, got 0. The runbook's number is 80.",
      "usableConnections must be a whole number from 1 to 100000, got 0. Give max_connections less those reserved.",
      "requestsPerMinute must be a whole number from 1 to 100000, got -1. Give the edge's rate limit.",
      "backupMaximumAgeHours must be a whole number from 25 to 168, got 24. A nightly backup is 24 hours old before the next one is done.",
      "uptime.consecutiveFailures must be a whole number from 2 to 10, got 1. The runbook's number is 2.",
      "uptime.intervalSeconds must be at least 30 (Datadog's minimum), got 10. Set it to 30 or 60.",
      'uptime.locations must be 3 different ones at least, got ["aws:us-east-1","aws:us-east-1"]: 2 must fail at once, and one may be out of order. Add a location.',
      'runbookBaseUrl must be an https URL of a folder, got "http://example.com". Give the address of docs/runbook.',
      'datadogAppUrl must be a URL, got "app.datadoghq.com". Give https://app.datadoghq.com or your site\'s.',
      'onCall.leadEmail must be the e-mail of one of onCall.people, got "nobody@maestroverse.edu". Add the lead to people.',
    ]);
  });

  it.each([
    [60, 3, 140],
    [120, 2, 140],
  ])(
    "are runs every %i seconds with %i failures: the alert would come %i seconds after the first",
    (intervalSeconds, consecutiveFailures, seconds) => {
      expect(validateObservability({ ...PROD, uptime: { ...PROD.uptime, intervalSeconds, consecutiveFailures } })).toEqual([
        `uptime.intervalSeconds and uptime.consecutiveFailures must alert within 120 seconds of the first failure, got ${seconds}. Shorten the interval.`,
      ]);
    },
  );

  it("create nothing", async () => {
    const mocks = await startMocks();
    await expect(
      mocks.run(() => new Observability("observability", { ...STAGING, onCall: { ...STAGING.onCall, teamHandle: "maestroverse-ops" } })),
    ).rejects.toThrow(
      'Observability: 1 problem in its arguments; nothing was created:\n  - onCall.teamHandle must end in -staging, got "maestroverse-ops": staging must never page prod\'s on-call. Give it a team of its own.',
    );
    expect(mocks.childrenOf("observability")).toEqual([]);
  });
});
