import type { Collection, Records, StoredRecord } from "../../../rehearsal/datadog-intake/store";
import { type DatadogIntake, startDatadogIntake } from "../../helpers/datadog-intake";
import { PluginStack } from "../../helpers/plugin-stack";
import { any, everything, type WatchSettings } from "./programs/datadog";

jest.setTimeout(240_000);

const PROGRAMS = require.resolve("./programs/datadog");
/** Resources of the program, its provider and its stack among them. */
const ALL = 64;
const OTHER_USER = "5a1d7b0e-3c52-4f7e-9a41-0c7d5b1e2f02";

let intake: DatadogIntake;
let provider: WatchSettings["provider"];
const stacks: PluginStack[] = [];

beforeAll(async () => {
  intake = await startDatadogIntake();
  provider = { apiUrl: `${intake.url}/`, ...intake.keys, validate: "false" };
});
afterAll(async () => {
  stacks.forEach((stack) => stack.remove());
  await intake?.remove();
});

function newStack(stackName: string): PluginStack {
  const stack = PluginStack.create({ packages: ["datadog"], stackName, env: { DD_API_KEY: "", DD_APP_KEY: "" } });
  stacks.push(stack);
  return stack;
}

const records = () => intake.records();
/** Ids of a collection, sorted. */
const ids = (all: Records, collection: Collection) => Object.keys(all[collection]).sort();
/** The only record of that name. */
async function named(collection: Collection, name: string, key = "name"): Promise<StoredRecord> {
  const found = Object.values((await records())[collection]).filter((record) => record[key] === name);
  expect(found).toHaveLength(1);
  return found[0];
}

describe("a life of a stack", () => {
  let stack: PluginStack;
  let outputs: Record<string, { value: unknown }>;
  beforeAll(() => (stack = newStack("test-datadog")));
  const bind = (settings: Omit<WatchSettings, "provider"> = {}) => stack.bind(everything({ provider, ...settings }));
  const changes = async (settings?: Omit<WatchSettings, "provider">) => (await (await bind(settings)).up()).summary.resourceChanges;
  const refresh = async () => (await (await bind()).refresh()).summary.resourceChanges;

  it("creates everything, with the outputs that the SDK names", async () => {
    const result = await (await bind()).up();
    expect(result.summary.resourceChanges).toEqual({ create: ALL });
    outputs = result.outputs;
    const [monitor, test, dashboard] = [
      await named("monitors", "Errors"),
      await named("synthetics", "Health"),
      await named("dashboards", "All", "title"),
    ];
    expect(outputs["monitor"]?.value).toBe(String(monitor["id"]));
    expect([outputs["test"]?.value, outputs["testMonitor"]?.value]).toEqual([test["public_id"], test["monitor_id"]]);
    expect(outputs["url"]?.value).toBe(dashboard["url"]);
  });

  it("turns texts into the numbers that Datadog wants, and sends the official plugin's defaults", async () => {
    expect((await named("monitors", "Errors"))["options"]).toEqual({
      include_tags: true,
      on_missing_data: "resolve",
      renotify_statuses: ["alert"],
      require_full_window: true,
      scheduling_options: { custom_schedule: { recurrences: [{ rrule: "FREQ=DAILY;INTERVAL=1", timezone: "UTC" }] } },
      thresholds: { critical: 5, warning: 3 },
    });
    expect((await named("synthetics", "Health"))["config"]).toEqual({
      assertions: [
        { type: "statusCode", operator: "is", target: 200 },
        { type: "responseTime", operator: "lessThan", target: 2000 },
        { type: "header", property: "content-type", operator: "contains", target: "200" },
        { type: "body", operator: "validatesJSONPath", target: { jsonPath: "$.status", operator: "is", targetValue: "ok" } },
      ],
      request: { method: "GET", url: "https://api.example/health", timeout: 20, headers: { accept: "application/json" } },
    });
    expect((await named("pipelines", "API"))["processors"]).toEqual([
      { type: "grok-parser", is_enabled: true, source: "message", grok: { match_rules: "rule %{data}", support_rules: "" } },
      {
        type: "pipeline",
        name: "nested",
        is_enabled: true,
        filter: { query: "*" },
        processors: [{ type: "status-remapper", is_enabled: true, sources: ["level"] }],
      },
    ]);
  });

  it("connects the on-call resources", async () => {
    const { memberships, schedules, policies, routing } = await records();
    const team = outputs["team"]?.value as string;
    const byName = (all: Records[Collection], name: string) =>
      Object.values(all).find(({ attributes }) => (attributes as StoredRecord)["name"] === name) as StoredRecord;
    const [schedule, policy] = [byName(schedules, "Weekly")["id"], byName(policies, "Ladder")["id"]];
    expect(Object.values(memberships).map(({ attributes }) => attributes)).toEqual([{ role: "admin" }]);
    expect(byName(schedules, "Weekly")["teams"]).toEqual([{ id: team, type: "teams" }]);
    const steps = byName(policies, "Ladder")["parts"] as { targets: unknown }[];
    expect(steps.map(({ targets }) => targets)).toEqual([
      [{ id: schedule, type: "schedules" }],
      [
        { id: schedule, type: "schedules", config: { schedule: { position: "next" } } },
        { id: OTHER_USER, type: "users" },
      ],
    ]);
    const { rules } = routing[team] as unknown as { rules: { query: string; policy_id: string }[] };
    expect(rules.map(({ query, policy_id: id }) => [query, id])).toEqual([
      ["tags.env:staging", policy],
      ["", policy],
    ]);
  });

  it("keeps the keys out of the state file's plain text", () => {
    const state = stack.stateText();
    expect([state.includes("apiUrl"), state.includes(intake.keys.apiKey), state.includes(intake.keys.appKey)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("changes nothing on a second run, nor on a refresh", async () => {
    expect(await changes()).toEqual({ same: ALL });
    expect(await refresh()).toEqual({ same: ALL });
  });

  it("changes a threshold and a step of the ladder in place, and their ids stay", async () => {
    const before = await records();
    expect(await changes({ critical: "7", second: "previous" })).toEqual({ same: ALL - 2, update: 2 });
    const after = await records();
    expect(ids(after, "monitors")).toEqual(ids(before, "monitors"));
    expect((await named("monitors", "Errors"))["query"]).toBe("avg(last_5m):sum:api.errors{service:api} > 7");
    const stepIds = ({ policies }: Records) => Object.values(policies).map(({ parts }) => (parts as { id: string }[]).map(({ id }) => id));
    expect(stepIds(after)).toEqual(stepIds(before));
    expect(await changes()).toEqual({ same: ALL - 2, update: 2 });
  });

  it("sees on a refresh what others changed, added and removed, and puts it right", async () => {
    const { id, options } = (await named("monitors", "Errors")) as { id: number; options: object };
    await intake.call("PUT", `/api/v1/monitor/${id}`, { name: "Drifted", options: { ...options, timeout_h: 3, notify_audit: true } });
    await intake.call("POST", "/api/v1/synthetics/tests/delete", { public_ids: [(await named("synthetics", "Health"))["public_id"]] });
    expect(await refresh()).toEqual({ same: ALL - 2, update: 1, delete: 1 });
    const preview = await (await bind()).preview({ diff: true });
    expect(preview.changeSummary).toEqual({ same: ALL - 2, update: 1, create: 1 });
    expect(preview.stdout).toContain('~ name       : "Drifted" => "Errors"');
    expect(preview.stdout).toContain("- timeoutH   : 3");
    expect(preview.stdout).not.toContain("- tags");
    expect(await changes()).toEqual({ same: ALL - 2, update: 1, create: 1 });
    expect((await named("monitors", "Errors"))["name"]).toBe("Errors");
    expect(Object.keys((await named("monitors", "Errors"))["options"] as object).sort()).toEqual(Object.keys(options).sort());
    expect(await refresh()).toEqual({ same: ALL });
  });

  it("replaces what Datadog cannot change: a monitor's type, a member's user, a dashboard's layout", async () => {
    const before = await records();
    const replaced = { type: "event alert", user: OTHER_USER, layout: "free" };
    expect(await changes(replaced)).toEqual({ same: ALL - 3, replace: 3 });
    const after = await records();
    for (const collection of ["monitors", "memberships", "dashboards"] as const) {
      const [olds, news] = [ids(before, collection), ids(after, collection)];
      expect([olds.length - news.length, olds.filter((id) => !news.includes(id)).length]).toEqual([0, 1]);
    }
    expect(ids(after, "teams")).toEqual(ids(before, "teams"));
  });

  it("takes the type that Datadog turned into another for what it is", async () => {
    expect(await changes()).toEqual({ same: ALL - 3, replace: 3 });
    expect(await changes({ type: "metric alert" })).toEqual({ same: ALL });
  });

  it("leaves nothing after destroy", async () => {
    expect((await (await bind()).destroy()).summary.resourceChanges).toEqual({ delete: ALL });
    const { lastNumber, series, checkRuns, logs, ...collections } = await records();
    expect([lastNumber > 0, series, checkRuns, logs]).toEqual([true, [], [], []]);
    expect(Object.values(collections).flatMap((each) => Object.values(each))).toEqual([]);
  });
});

const MONITOR = { name: "n", type: "query alert", query: "avg(last_5m):sum:a{*} > 5", message: "m" };

describe("a team that is there already", () => {
  const attributes = { name: "Left", handle: "left", description: "By a run that was killed." };
  const settings = (description: string) => ({ type: "team:Team", inputs: { ...attributes, description }, provider });

  it("is gone on with when it is what the program wants: an interrupted run left it", async () => {
    await intake.call("POST", "/api/v2/team", { data: { type: "team", attributes } });
    const result = await (await newStack("test-datadog-again").bind(any(settings(attributes.description)))).up();
    expect(result.summary.resourceChanges).toEqual({ create: 3 });
    expect(result.stdout).toContain("goes on with the team that an interrupted run left");
    expect(Object.keys((await records()).teams)).toHaveLength(1);
  });

  it("is never taken when it differs", async () => {
    const program = { file: PROGRAMS, name: "any", settings: settings("Not theirs.") };
    expect(await newStack("test-datadog-other").failure("up", program)).toContain(
      "A team with the handle left exists already and is another one. Import it (pulumi import), or choose another handle.",
    );
  });
});

describe("a preview", () => {
  const failure = (type: string, inputs: object, settings: object = provider) =>
    newStack("test-datadog-preview").failure("preview", { file: PROGRAMS, name: "any", settings: { type, inputs, provider: settings } });

  it("passes while the intake is down, and without keys", async () => {
    const nowhere = { apiUrl: "http://127.0.0.1:1/", validate: "false" };
    const stack = await newStack("test-datadog-preview").bind(everything({ provider: nowhere }));
    expect((await stack.preview()).changeSummary).toEqual({ create: ALL });
  });

  it("refuses a member that the stand-in does not know, however deep it is", async () => {
    const recurrence = { rrule: "FREQ=DAILY", timezone: "UTC", until: "2027" };
    const message = await failure("monitor:Monitor", { ...MONITOR, schedulingOptions: { customSchedule: { recurrence } } });
    expect(message).toContain("schedulingOptions.customSchedule.recurrence.until is not known to the stand-in, which must not ignore it.");
    expect(await failure("monitor:Monitor", { ...MONITOR, restrictedUsers: [] })).toMatch(
      /restrictedUsers.*does not know this input of datadog:index\/monitor:Monitor and must not ignore it/s,
    );
  });

  it("refuses a wrong kind of value, a value out of range and what cannot go together", async () => {
    const inputs = { ...MONITOR, monitorThresholds: { critical: "high" }, timeoutH: 25, onMissingData: "showNoData" };
    const message = await failure("monitor:Monitor", inputs);
    expect(message).toContain('monitorThresholds.critical must be a number, as text, got "high".');
    expect(message).toContain("must be a whole number of 0 to 24, got 25.");
    expect(message).toContain('must be one of show_no_data, show_and_notify_no_data, resolve, default, got "showNoData".');
    expect(await failure("monitor:Monitor", { ...MONITOR, onMissingData: "resolve", notifyNoData: true })).toContain(
      "cannot be given together with onMissingData, which says the same in another way. Leave it out.",
    );
  });

  it("refuses a provider setting that it does not know, and one that makes no sense", async () => {
    expect(await failure("monitor:Monitor", MONITOR, { ...provider, orgUuid: "x" })).toMatch(
      /orgUuid.*does not know this setting and must not ignore it/s,
    );
    expect(await failure("monitor:Monitor", MONITOR, { ...provider, apiUrl: "http://127.0.0.1/api", validate: "no" })).toMatch(
      /must be "true" or "false", got "no"\..*must be an address without a path|must be an address without a path.*must be "true" or "false", got "no"\./s,
    );
  });
});

describe("an up that cannot be", () => {
  const failure = (inputs: object, settings: object = provider) =>
    newStack("test-datadog-failure").failure("up", {
      file: PROGRAMS,
      name: "any",
      settings: { type: "monitor:Monitor", inputs, provider: settings },
    });

  it("fails with Datadog's own words, and creates nothing", async () => {
    expect(await failure({ ...MONITOR, monitorThresholds: { critical: "6" } })).toContain(
      "Datadog answered 400: The value provided for parameter 'query' is invalid: alert threshold (6) does not match that used in the query (5).",
    );
    expect((await records()).monitors).toEqual({});
  });

  it("says that Datadog refuses the keys, and not which they are", async () => {
    const wrong = { ...provider, appKey: "f".repeat(40) };
    const message = await failure(MONITOR, wrong);
    expect(message).toContain("Datadog answered 403: Forbidden. Check datadog:apiKey and datadog:appKey.");
    expect(message).not.toContain("f".repeat(40));
  });

  it("tries the API key first unless told not to, as the official plugin does", async () => {
    const wrong = { apiUrl: `${intake.url}/`, apiKey: "f".repeat(32), appKey: intake.keys.appKey };
    const message = await failure(MONITOR, wrong);
    expect(message).toContain("Datadog could not validate the API key: Datadog answered 403: Forbidden.");
    expect(message).not.toContain("f".repeat(32));
  });

  it("says which keys are missing and which address it could not reach", async () => {
    expect(await failure(MONITOR, { apiUrl: "http://127.0.0.1:1/" })).toContain(
      "Datadog needs an API key and an application key. Set datadog:apiKey and datadog:appKey, or DD_API_KEY and DD_APP_KEY",
    );
    expect(await failure(MONITOR, { ...provider, apiUrl: "http://127.0.0.1:1/" })).toMatch(/connect ECONNREFUSED 127\.0\.0\.1:1/);
  });
});
