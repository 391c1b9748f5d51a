/** Programs for the tests of the datadog stand-in. */
import * as datadog from "@pulumi/datadog";
import * as pulumi from "@pulumi/pulumi";

import { Observability } from "../../../../components/observability";
import { PROD } from "../../../helpers/observability";
import type { Program } from "../../../helpers/plugin-stack";

/** What changes in {@link everything}. */
export interface WatchSettings {
  /** The provider's settings. */
  readonly provider: datadog.ProviderArgs;
  readonly critical?: string;
  readonly type?: string;
  readonly user?: string;
  readonly layout?: string;
  readonly second?: string;
}

const USERS = ["5a1d7b0e-3c52-4f7e-9a41-0c7d5b1e2f01", "5a1d7b0e-3c52-4f7e-9a41-0c7d5b1e2f02"];
const REHEARSAL = { ...PROD, environment: "rehearsal", onCall: { ...PROD.onCall, teamHandle: "maestroverse-ops-rehearsal" } };
const START = "2026-11-02T09:00:00-05:00";

/** One resource of each type. */
function watch(settings: WatchSettings, opts: pulumi.CustomResourceOptions) {
  const { critical = "5", type = "query alert", user = USERS[0], layout = "ordered", second = "next" } = settings;
  const team = new datadog.Team("team", { name: "Operations", handle: "ops", description: "Runs it." }, opts);
  new datadog.TeamMembership("member", { teamId: team.id, userId: user, role: "admin" }, opts);
  const schedule = new datadog.OnCallSchedule(
    "schedule",
    {
      name: "Weekly",
      timeZone: "America/New_York",
      teams: [team.id],
      layers: [{ name: "primary", effectiveDate: START, rotationStart: START, interval: { days: 7 }, users: USERS }],
    },
    opts,
  );
  const policy = new datadog.OnCallEscalationPolicy(
    "policy",
    {
      name: "Ladder",
      teams: [team.id],
      steps: [
        { escalateAfterSeconds: 600, targets: [{ schedule: schedule.id }] },
        { escalateAfterSeconds: 600, targets: [{ schedule: schedule.id, position: second }, { user: USERS[1] }] },
      ],
    },
    opts,
  );
  const supportHours = {
    timeZone: "America/New_York",
    restrictions: [{ startDay: "monday", startTime: "09:00:00", endDay: "friday", endTime: "17:00:00" }],
  };
  new datadog.OnCallTeamRoutingRules(
    "routing",
    {
      teamId: team.id,
      rules: [
        { query: "tags.env:staging", urgency: "low", escalationPolicy: policy.id, timeRestrictions: supportHours },
        { actions: [{ sendSlackMessage: { workspace: "w", channel: "c" } }], escalationPolicy: policy.id, urgency: "high" },
      ],
    },
    opts,
  );
  const monitor = new datadog.Monitor(
    "monitor",
    {
      name: "Errors",
      type,
      query: `avg(last_5m):sum:api.errors{service:api} > ${critical}`,
      message: "Too many. ",
      monitorThresholds: { critical, warning: "3.0" },
      onMissingData: "resolve",
      priority: "2",
      tags: ["b:2", "a:1"],
      renotifyStatuses: ["alert"],
      assets: [{ category: "runbook", name: "Runbook", url: "https://runbook.example/6" }],
      schedulingOptions: { customSchedule: { recurrence: { rrule: "FREQ=DAILY;INTERVAL=1", timezone: "UTC" } } },
    },
    opts,
  );
  const test = new datadog.SyntheticsTest(
    "test",
    {
      name: "Health",
      type: "api",
      status: "live",
      locations: ["aws:us-east-1"],
      requestDefinition: { method: "GET", url: "https://api.example/health", timeout: 20 },
      requestHeaders: { accept: "application/json" },
      assertions: [
        { type: "statusCode", operator: "is", target: "200" },
        { type: "responseTime", operator: "lessThan", target: "2000" },
        { type: "header", property: "content-type", operator: "contains", target: "200" },
        { type: "body", operator: "validatesJSONPath", targetjsonpath: { jsonpath: "$.status", operator: "is", targetvalue: "ok" } },
      ],
      optionsList: { tickEvery: 60, retry: { count: 1, interval: 300 }, monitorOptions: { renotifyInterval: 60 }, monitorPriority: 1 },
    },
    opts,
  );
  const definition = { type: "note", content: "Hello" };
  const place = layout === "free" ? { layout: { x: 0, y: 0, width: 10, height: 10 } } : {};
  const dashboard = new datadog.DashboardJson(
    "dashboard",
    { dashboard: JSON.stringify({ title: "All", layout_type: layout, widgets: [{ definition, ...place }] }) },
    opts,
  );
  new datadog.LogsCustomPipeline(
    "pipeline",
    {
      name: "API",
      filters: [{ query: "service:api" }],
      isEnabled: true,
      processors: [
        { grokParser: { isEnabled: true, source: "message", grok: { matchRules: "rule %{data}", supportRules: "" } } },
        {
          pipeline: {
            name: "nested",
            isEnabled: true,
            filters: [{ query: "*" }],
            processors: [{ statusRemapper: { isEnabled: true, sources: ["level"] } }],
          },
        },
      ],
    },
    opts,
  );
  return { monitor: monitor.id, test: test.id, testMonitor: test.monitorId, url: dashboard.url, team: team.id };
}

/** Past the types: what a program in plain JavaScript could pass. */
class Untyped extends pulumi.CustomResource {}

/** One resource with any inputs. */
export function any({ type, inputs, provider }: { type: string; inputs: object; provider: datadog.ProviderArgs }): Program {
  return () => {
    new Untyped(`datadog:index/${type}`, "it", inputs, { provider: new datadog.Provider("datadog", provider) });
    return Promise.resolve();
  };
}

/** One resource of each type beside what this repository deploys. */
export function everything(settings: WatchSettings): Program {
  return () => {
    const provider = new datadog.Provider("datadog", settings.provider);
    const outputs = watch(settings, { provider });
    const component = new Observability("observability", REHEARSAL, { provider });
    return Promise.resolve({ ...outputs, monitorIds: component.monitorIds, dashboardUrl: component.dashboardUrl });
  };
}
