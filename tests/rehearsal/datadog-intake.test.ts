import { type DatadogIntake, startDatadogIntake } from "../helpers/datadog-intake";

jest.setTimeout(60_000);

let intake: DatadogIntake;
beforeAll(async () => {
  intake = await startDatadogIntake();
});
afterAll(async () => {
  await intake?.remove();
});

const MONITOR = { name: "Errors", type: "query alert", query: "avg(last_5m):sum:api.errors{*} > 5", message: "Too many." };
const TEST = {
  name: "Health",
  type: "api",
  subtype: "http",
  message: "",
  locations: ["aws:us-east-1"],
  options: { tick_every: 60 },
  config: {
    request: { method: "GET", url: "https://api.example/health" },
    assertions: [{ type: "statusCode", operator: "is", target: 200 }],
  },
};
const DASHBOARD = { title: "All", layout_type: "ordered", widgets: [{ definition: { type: "note", content: "Hello" } }] };
const PIPELINE = { name: "API", filter: { query: "service:api" }, processors: [{ type: "status-remapper", sources: ["level"] }] };
const GONE = "00000000-0000-4000-8000-000000000000";

const refusal: DatadogIntake["refusal"] = (...args) => intake.refusal(...args);
const idOf: DatadogIntake["idOf"] = (...args) => intake.idOf(...args);

describe("the keys", () => {
  const forbidden = { status: 403, body: { errors: ["Forbidden"] } };
  const asked = (path: string, headers: Record<string, string>, method = "GET", body?: unknown) =>
    intake.call(method, path, body, { headers });

  it("are both needed for resources", async () => {
    const { apiKey, appKey } = intake.keys;
    const path = "/api/v1/monitor";
    expect(await asked(path, {})).toEqual(forbidden);
    expect(await asked(path, { "DD-API-KEY": apiKey })).toEqual(forbidden);
    expect(await asked(path, { "DD-APPLICATION-KEY": appKey })).toEqual(forbidden);
    expect(await asked(path, { "DD-API-KEY": apiKey, "DD-APPLICATION-KEY": `${appKey}0` })).toEqual(forbidden);
    expect(await asked(path, { "DD-API-KEY": appKey, "DD-APPLICATION-KEY": apiKey })).toEqual(forbidden);
    expect(await asked(path, { "DD-API-KEY": apiKey, "DD-APPLICATION-KEY": appKey })).toEqual({ status: 200, body: [] });
  });

  it("are asked for before anything is said about the body", async () => {
    expect(await asked("/api/v1/monitor", {}, "POST", {})).toEqual(forbidden);
    expect(await asked("/rehearsal/records", { "DD-API-KEY": intake.keys.apiKey })).toEqual(forbidden);
  });

  it("need only the first for telemetry and to find out whether it is right", async () => {
    const headers = { "DD-API-KEY": intake.keys.apiKey };
    expect(await asked("/api/v1/validate", headers)).toEqual({ status: 200, body: { valid: true } });
    expect(await asked("/api/v1/validate", { "DD-API-KEY": "0".repeat(32) })).toEqual(forbidden);
    expect(await asked("/api/v2/logs", headers, "POST", [])).toEqual({ status: 202, body: {} });
    expect(await asked("/api/v2/logs", {}, "POST", [])).toEqual(forbidden);
  });
});

describe("a payload is refused", () => {
  it("for a field that Datadog does not know, wherever it is", async () => {
    expect(await refusal("/api/v1/monitor", { ...MONITOR, colour: "red" })).toEqual([400, "body.colour is not known to Monitor"]);
    expect(await refusal("/api/v1/monitor", { ...MONITOR, options: { thresholds: { critical: 5, danger: 6 } } })).toEqual([
      400,
      "body.options.thresholds.danger is not known to MonitorThresholds",
    ]);
    const widgets = [{ definition: { type: "note", content: "Hello", size: 3 } }];
    expect(await refusal("/api/v1/dashboard", { ...DASHBOARD, widgets })).toEqual([
      400,
      "body.widgets[0].definition.size is not known to NoteWidgetDefinition",
    ]);
  });

  it("for what is missing", async () => {
    // JSON leaves the member out.
    expect(await refusal("/api/v1/monitor", { ...MONITOR, query: undefined })).toEqual([400, "body.query is missing (Monitor)"]);
    expect(await refusal("/api/v1/dashboard", { title: "All" })).toEqual([
      400,
      "body.layout_type is missing (Dashboard)",
      "body.widgets is missing (Dashboard)",
    ]);
    expect(await refusal("/api/v2/team", { data: { type: "team", attributes: { name: "Operations" } } })).toEqual([
      400,
      "body.data.attributes.handle is missing (TeamCreateAttributes)",
    ]);
  });

  it("for a value that is none of those that Datadog lists", async () => {
    expect(await refusal("/api/v1/monitor", { ...MONITOR, type: "smoke alert" })).toEqual([
      400,
      'body.type is no MonitorType: "smoke alert"',
    ]);
    const assertions = [{ type: "statusCode", operator: "equals", target: 200 }];
    expect(await refusal("/api/v1/synthetics/tests/api", { ...TEST, config: { ...TEST.config, assertions } })).toEqual([
      400,
      'body.config.assertions[0] is no SyntheticsAssertion: {"type":"statusCode","operator":"equals","target":200}',
    ]);
    expect(await refusal("/api/v1/logs/config/pipelines", { ...PIPELINE, processors: [{ type: "paint" }] })).toEqual([
      400,
      'body.processors[0] is no LogsProcessor: {"type":"paint"}',
    ]);
  });

  it("for a value of another kind", async () => {
    expect(await refusal("/api/v1/monitor", { ...MONITOR, name: 5 })).toEqual([400, "body.name must be a string, got a number"]);
    expect(await refusal("/api/v1/monitor", { ...MONITOR, tags: "a:1" })).toEqual([400, "body.tags must be a list, got a string"]);
    expect(await refusal("/api/v1/monitor", { ...MONITOR, options: { renotify_interval: 1.5 } })).toEqual([
      400,
      "body.options.renotify_interval must be a whole number, got 1.5",
    ]);
    const series = [{ metric: "backup.age", points: [{ timestamp: "now", value: 1 }] }];
    expect(await refusal("/api/v2/series", { series })).toEqual([400, "body.series[0].points[0].timestamp must be a number, got a string"]);
    expect(await refusal("/api/v1/monitor", [])).toEqual([400, "body must be an object (Monitor), got a list"]);
  });

  it("for no JSON, and for none at all", async () => {
    const noJson = { status: 400, body: { errors: ["The body is no JSON"] } };
    expect(await intake.call("POST", "/api/v1/monitor", undefined, { text: '{"name": ' })).toEqual(noJson);
    expect(await intake.call("POST", "/api/v1/monitor")).toEqual(noJson);
  });

  it("for more than 5 MiB, and not for as much", async () => {
    const limit = 5 * 1024 * 1024;
    const padded = (bytes: number) => JSON.stringify({ ...MONITOR, type: "smoke alert" }).padEnd(bytes);
    const { status, body } = await intake.call("POST", "/api/v1/monitor", undefined, { text: padded(limit + 1) });
    expect([status, body]).toEqual([413, { errors: ["The body is larger than 5242880 bytes"] }]);
    const { status: within } = await intake.call("POST", "/api/v1/monitor", undefined, { text: padded(limit) });
    expect(within).toBe(400);
  });

  it("by rules that no model has: thresholds, priority, missing data", async () => {
    const query = "avg(last_5m):default_zero(sum:api.errors{*}) > 5";
    expect(await refusal("/api/v1/monitor", { ...MONITOR, options: { thresholds: { critical: 6 } } })).toEqual([
      400,
      "The value provided for parameter 'query' is invalid: alert threshold (6) does not match that used in the query (5)",
    ]);
    expect(await refusal("/api/v1/monitor/validate", { ...MONITOR, priority: 6 })).toEqual([
      400,
      "The value provided for parameter 'priority' is invalid: must be 1 to 5, got 6",
    ]);
    expect(await refusal("/api/v1/monitor", { ...MONITOR, query, options: { on_missing_data: "resolve" } })).toEqual([
      400,
      "Invalid on_missing_data value: resolve; valid value is: default",
    ]);
    expect((await intake.call("POST", "/api/v1/monitor/validate", { ...MONITOR, priority: 5 })).status).toBe(200);
  });

  it("and leaves no record", async () => {
    expect(await intake.records()).toEqual({
      ...Object.fromEntries(
        [
          "monitors",
          "synthetics",
          "dashboards",
          "pipelines",
          "objectives",
          "downtimes",
          "logsMetrics",
          "teams",
          "memberships",
          "schedules",
          "policies",
          "routing",
        ].map((name) => [name, {}]),
      ),
      ...{ series: [], checkRuns: [], logs: [], lastNumber: 1000 },
    });
  });
});

describe("an address that nothing is at", () => {
  it("is a 404, in Datadog's form", async () => {
    const expected: Readonly<Record<string, string>> = {
      "/api/v1/monitor/7": "Monitor not found",
      "/api/v1/monitor/toString": "Monitor not found",
      "/api/v1/synthetics/tests/api/abc-def-ghi": "Synthetics test not found",
      "/api/v1/dashboard/abc-def-ghi": "Dashboard not found",
      "/api/v1/logs/config/pipelines/x": "Pipeline not found",
      [`/api/v2/team/${GONE}`]: "Team not found",
      [`/api/v2/team/${GONE}/memberships`]: "Team not found",
      [`/api/v2/on-call/schedules/${GONE}`]: "Schedule not found",
      [`/api/v2/on-call/escalation-policies/${GONE}`]: "Escalation policy not found",
      [`/api/v2/on-call/teams/${GONE}/routing-rules`]: "Team not found",
      "/api/v1/notebooks": "Not found",
    };
    const answers = await Promise.all(Object.keys(expected).map((path) => intake.call("GET", path)));
    expect(answers).toEqual(Object.values(expected).map((reason) => ({ status: 404, body: { errors: [reason] } })));
    expect(await refusal("/api/v1/monitor/7", MONITOR, "PUT")).toEqual([404, "Monitor not found"]);
    expect(await refusal("/api/v1/synthetics/tests/delete", { public_ids: ["abc-def-ghi"] })).toEqual([404, "Synthetics test not found"]);
  });
});

describe("the resources of version 1", () => {
  const ADDRESSES: Readonly<Record<string, { readonly body: object; readonly change: object }>> = {
    "/api/v1/monitor": { body: MONITOR, change: { name: "Failures" } },
    "/api/v1/synthetics/tests/api": { body: TEST, change: { name: "Alive" } },
    "/api/v1/dashboard": { body: DASHBOARD, change: { title: "Some" } },
    "/api/v1/logs/config/pipelines": { body: PIPELINE, change: { name: "Web" } },
  };

  it.each(Object.keys(ADDRESSES))("%s: made, shown, changed, gone", async (address) => {
    const { body, change } = ADDRESSES[address] as { body: object; change: object };
    const path = `${address}/${await idOf(address, body)}`;
    const { body: made } = await intake.call("GET", path);
    expect(made).toMatchObject(body);
    expect(await intake.call("PUT", path, { ...body, ...change })).toEqual({ status: 200, body: { ...(made as object), ...change } });
    expect(await intake.call("GET", path)).toEqual({ status: 200, body: { ...(made as object), ...change } });
    const tests = address.endsWith("/api");
    const id = path.split("/").at(-1) ?? "";
    const removed = tests
      ? await intake.call("POST", "/api/v1/synthetics/tests/delete", { public_ids: [id] })
      : await intake.call("DELETE", path);
    expect(removed.status).toBe(200);
    expect((await intake.call("GET", path)).status).toBe(404);
  });

  it("keep what an update of a monitor leaves out, and take away what it nulls", async () => {
    const path = `/api/v1/monitor/${await idOf("/api/v1/monitor", { ...MONITOR, priority: 2, tags: ["a:1"] })}`;
    const { body } = await intake.call("PUT", path, { priority: null, message: "Look." });
    expect(body).toMatchObject({ ...MONITOR, message: "Look.", tags: ["a:1"] });
    expect(body).not.toHaveProperty("priority");
    await intake.call("DELETE", path);
  });
});

describe("telemetry", () => {
  const series = (value: number) => ({ series: [{ metric: "backup.age", type: 3, points: [{ timestamp: 1_793_000_000, value }] }] });

  it("is checked, and kept in the order in which it came", async () => {
    expect(await intake.call("POST", "/api/v2/series", series(1))).toEqual({ status: 202, body: { errors: [] } });
    expect((await intake.call("POST", "/api/v2/series", series(2))).status).toBe(202);
    const check = { check: "backup.ran", host_name: "h", status: 0, tags: [] };
    expect(await intake.call("POST", "/api/v1/check_run", [check])).toEqual({ status: 202, body: { status: "ok" } });
    // A log line has whatever attributes the application writes.
    const line = { message: "Hello", orderId: "7" };
    expect((await intake.call("POST", "/api/v2/logs", [line])).status).toBe(202);
    expect(await refusal("/api/v2/logs", line)).toEqual([400, "body must be a list, got an object"]);
    expect(await refusal("/api/v2/logs", [{ ddsource: "nodejs" }])).toEqual([400, "body[0].message is missing (HTTPLogItem)"]);
    expect(await refusal("/api/v2/series", { series: [{ metric: "backup.age" }] })).toEqual([
      400,
      "body.series[0].points is missing (MetricSeries)",
    ]);
    expect(await refusal("/api/v1/check_run", [{ ...check, status: 4 }])).toEqual([400, "body[0].status is no ServiceCheckStatus: 4"]);

    const { series: kept, checkRuns, logs } = await intake.records();
    expect(kept).toEqual([...series(1).series, ...series(2).series]);
    expect([checkRuns, logs]).toEqual([[check], [line]]);
  });

  it("is kept to the last 1000", async () => {
    const lines = Array.from({ length: 1000 }, (_each, index) => ({ message: String(index) }));
    await intake.call("POST", "/api/v2/logs", lines);
    await intake.call("POST", "/api/v2/logs", [{ message: "last" }]);
    const { logs } = await intake.records();
    expect([logs.length, logs[0], logs.at(-1)]).toEqual([1000, { message: "1" }, { message: "last" }]);
  });
});

describe("the records", () => {
  it("survive a crash, numbers go on, and no key is in them", async () => {
    const first = await idOf("/api/v1/monitor", MONITOR);
    const before = await intake.records();
    await intake.restart();
    expect(await intake.records()).toEqual(before);
    expect(Object.keys(before.monitors)).toEqual([first]);
    expect(await idOf("/api/v1/monitor", MONITOR)).toBe(String(Number(first) + 1));
    expect(Object.values(intake.keys).filter((key: string) => intake.recordsText().includes(key))).toEqual([]);
  });
});
