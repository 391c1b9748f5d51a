import { defect, edit, type Mutation, type Transform } from "../mutation";
import { onProd, onStaging } from "./datadog";

const TEAM = "datadog:index/team:Team";
const ESCALATION = "datadog:index/onCallEscalationPolicy:OnCallEscalationPolicy";
const SCHEDULE = "datadog:index/onCallSchedule:OnCallSchedule";
const ROUTING = "datadog:index/onCallTeamRoutingRules:OnCallTeamRoutingRules";
const DASHBOARD = "datadog:index/dashboardJson:DashboardJson";
const OBJECTIVE = "datadog:index/serviceLevelObjective:ServiceLevelObjective";
const LOG_METRIC = "datadog:index/logsMetric:LogsMetric";
const DOWNTIME = "datadog:index/downtimeSchedule:DowntimeSchedule";
const PIPELINE = "datadog:index/logsCustomPipeline:LogsCustomPipeline";

const dashboard = (change: (definition: { title?: string; layout_type?: string; widgets: { definition: { type?: string } }[] }) => void) =>
  edit(DASHBOARD, (inputs) => {
    const definition = JSON.parse(inputs.dashboard);
    change(definition);
    inputs.dashboard = JSON.stringify(definition);
  });
/** A planned maintenance, but for one thing. */
const maintenance =
  (change: Parameters<typeof edit>[1]): Transform =>
  (resources) => {
    const stack = /^urn:pulumi:(\w+)::/.exec(resources[0]?.urn ?? "")?.[1] ?? "";
    const inputs = {
      scope: "*",
      message: "Planned maintenance: an upgrade.",
      monitorIdentifier: { monitorTags: [`env:${stack}`, "service:maestroverse-api", "maintenance:muted"] },
      recurringSchedule: { timezone: "America/New_York", recurrences: [{ rrule: "FREQ=MONTHLY;BYDAY=1SU", duration: "120m" }] },
    };
    const name = "observability-maintenance";
    return edit(
      DOWNTIME,
      change,
    )([...resources, { type: DOWNTIME, name, urn: `urn:pulumi:${stack}::maestroverse-ops::${DOWNTIME}::${name}`, inputs }]);
  };
/** Defects of whom Datadog calls, and of what it shows and reads. */
export const DATADOG_ON_CALL_MUTATIONS: readonly Mutation[] = [
  defect(
    "an objective counts every environment's requests",
    "objective-enforce-scope",
    edit(OBJECTIVE, ({ query }) => (query.denominator = query.denominator.replace(/env:\w+/, "*")), "observability-objective-availability"),
    "observability-objective-availability: query.denominator is sum:maestroverse.edge.requests",
    "Add env:",
  ),
  defect(
    "an objective promises half",
    "objective-enforce-scope",
    edit(OBJECTIVE, ({ thresholds }) => (thresholds[0].target = 50), "observability-objective-latency"),
    "observability-objective-latency: thresholds[].target is [50]. Set it to 90 to 99.99.",
  ),
  defect(
    "a metric is made of everybody's lines",
    "metric-enforce-scope",
    edit(LOG_METRIC, ({ filter }) => (filter.query = "service:maestroverse-edge"), "observability-metric-edge-requests"),
    "observability-metric-edge-requests: filter.query is service:maestroverse-edge. Add env:",
  ),
  ...(
    [
      ["of five hours", (inputs) => (inputs.recurringSchedule.recurrences[0].duration = "5h"), "its length (minutes) is 300."],
      ["without an end", (inputs) => delete inputs.recurringSchedule, "its schedule is absent."],
      ["that silences backups", (inputs) => inputs.monitorIdentifier.monitorTags.pop(), "Add maintenance:muted."],
      ["of another environment", (inputs) => (inputs.monitorIdentifier.monitorTags[0] = "env:test"), "Add env:"],
      ["that nobody explains", (inputs) => delete inputs.message, "message is absent. Say what is done."],
    ] as const satisfies readonly (readonly [string, Parameters<typeof edit>[1], string])[]
  ).map(([what, change, says]) => defect(`a maintenance ${what}`, "downtime-configure-scope", maintenance(change), says)),
  defect(
    "a page goes to one step only",
    ["escalation-enforce-targets", "ladder-enforce-steps"],
    edit(ESCALATION, (inputs) => inputs.steps.splice(1)),
    "observability-escalation-policy: steps is 1. Add a step",
  ),
  defect(
    "a step pages nobody",
    ["escalation-enforce-targets", "ladder-enforce-steps"],
    edit(ESCALATION, ({ steps }) => (steps[2].targets = [{}])),
    "observability-escalation-policy: steps[2].targets is 1. Name a schedule, a user or a team.",
  ),
  defect(
    "a step never ends",
    "escalation-enforce-targets",
    edit(ESCALATION, ({ steps }) => delete steps[0].escalateAfterSeconds),
    "observability-escalation-policy: steps[0].escalateAfterSeconds is absent. Set it to 60 to 36000.",
  ),
  defect(
    "nobody is on call",
    ["schedule-enforce-rotation", "schedule-enforce-staffing", "ladder-enforce-steps"],
    edit(SCHEDULE, (inputs) => (inputs.layers = [])),
    "observability-schedule: layers is []. Add a layer.",
  ),
  defect(
    "one person is always on call",
    "schedule-enforce-rotation",
    edit(SCHEDULE, ({ layers }) => layers[0].users.splice(1)),
    "observability-schedule: layers[0].users is 1. Name two people or more.",
  ),
  defect(
    "a turn never ends",
    ["schedule-enforce-rotation", "schedule-enforce-staffing", "rotation-enforce-week"],
    edit(SCHEDULE, ({ layers }) => (layers[0].interval = { days: 0, seconds: 0 })),
    "observability-schedule: layers[0].interval is 0. Say how long a turn is.",
  ),
  defect(
    "the hand-over is in no time zone",
    "schedule-enforce-rotation",
    edit(SCHEDULE, ({ layers }) => delete layers[0].timeZone),
    "observability-schedule: layers[0].timeZone is absent.",
  ),
  defect(
    "there are hours without anybody",
    ["schedule-enforce-rotation", "schedule-enforce-staffing"],
    edit(
      SCHEDULE,
      ({ layers }) => (layers[0].restrictions = [{ startDay: "monday", startTime: "09:00:00", endDay: "friday", endTime: "17:00:00" }]),
    ),
    "observability-schedule: layers[0].restrictions is 1. Remove them: hours without anybody.",
  ),
  defect(
    "the rotation begins next week",
    "schedule-enforce-staffing",
    edit(SCHEDULE, ({ layers }) => (layers[0].effectiveDate = "2026-11-30T14:00:00Z")),
    'observability-schedule: layers is "nobody from 2026-11-25 07:00 to 2026-11-30 09:00 (7320 minutes, America/New_York)".',
  ),
  defect(
    "the rotation ends at Christmas",
    "schedule-enforce-staffing",
    edit(SCHEDULE, ({ layers }) => (layers[0].endDate = "2026-12-25T14:00:00Z")),
    'observability-schedule: layers is "nobody from 2026-12-25 09:00 to 2027-02-24 07:00',
  ),
  defect(
    "every third week is nobody's",
    "schedule-enforce-staffing",
    edit(SCHEDULE, ({ layers }) => (layers[0].users[2] = "")),
    'observability-schedule: layers is "nobody from 2026-12-07 09:00 to 2026-12-14 09:00',
  ),
  defect(
    "a page is lost",
    "routing-enforce-catch-all",
    edit(ROUTING, ({ rules }) => (rules.at(-1).query = "priority:(1 OR 2)")),
    '.query is "priority:(1 OR 2)". Add a last rule without a query.',
  ),
  onProd(
    "a rule hides those after it",
    "routing-enforce-catch-all",
    edit(ROUTING, ({ rules }) => delete rules[0].query),
    "observability-routing-rules: rules[0].query is absent. Move it to the end: it takes every page.",
  ),
  defect(
    "a page leads nowhere",
    "routing-enforce-catch-all",
    edit(ROUTING, ({ rules }) => delete rules.at(-1).escalationPolicy),
    ".escalationPolicy is absent. Name the escalation policy.",
  ),
  onProd(
    "production wakes nobody",
    "routing-configure-urgency",
    edit(ROUTING, ({ rules }) => (rules[1].urgency = "low")),
    "observability-routing-rules: rules[1].urgency is low. Set it to dynamic",
  ),
  onStaging(
    "staging wakes people",
    "routing-configure-urgency",
    edit(ROUTING, ({ rules }) => (rules[0].urgency = "high")),
    "observability-routing-rules: rules[0].urgency is high. Set it to low: only production wakes people.",
  ),
  onProd(
    "PagerDuty pages the team, and the alerts still name Datadog's",
    "monitor-enforce-handle",
    edit(TEAM, (inputs) => (inputs.description += " Paged through PagerDuty service maestroverse.")),
    'observability-monitor-cpu: message is ["@oncall-maestroverse-ops"]. Name @pagerduty-maestroverse.',
  ),
  {
    ...defect(
      "staging's team is production's",
      "team-enforce-environment",
      edit(TEAM, (inputs) => (inputs.handle = "maestroverse-ops")),
      "observability-team: handle is maestroverse-ops. End it with -staging.",
    ),
    stacks: ["staging"],
    caughtBy: ["monitor-enforce-handle", "team-enforce-environment"],
  },
  defect(
    "the dashboard is no JSON",
    "dashboard-enforce-content",
    edit(DASHBOARD, (inputs) => (inputs.dashboard += "}")),
    "observability-dashboard: dashboard.title is absent. Set it in valid JSON.",
  ),
  defect(
    "the dashboard has no layout",
    "dashboard-enforce-content",
    dashboard((definition) => delete definition.layout_type),
    "observability-dashboard: dashboard.layout_type is absent.",
  ),
  defect(
    "the dashboard is empty",
    "dashboard-enforce-content",
    dashboard((definition) => (definition.widgets = [])),
    "observability-dashboard: dashboard.widgets is absent. Add widgets.",
  ),
  defect(
    "a widget shows nothing",
    "dashboard-enforce-content",
    dashboard(({ widgets }) => delete widgets[1]?.definition.type),
    "observability-dashboard: dashboard.widgets[1].definition.type is absent.",
  ),
  defect(
    "logs are not parsed",
    "pipeline-enforce-scope",
    edit(PIPELINE, (inputs) => (inputs.isEnabled = false)),
    "observability-log-pipeline: isEnabled is false. Set it to true.",
  ),
  defect(
    "the pipeline does nothing",
    "pipeline-enforce-scope",
    edit(PIPELINE, (inputs) => (inputs.processors = [])),
    "observability-log-pipeline: processors is []. Add the parser of the access log.",
  ),
  defect(
    "the pipeline takes everybody's logs",
    "pipeline-enforce-scope",
    edit(PIPELINE, ({ filters }) => (filters[0].query = "service:maestroverse-api")),
    'observability-log-pipeline: filters[].query is ["service:maestroverse-api"]. Add env:',
  ),
];
