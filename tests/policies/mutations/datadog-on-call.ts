import { defect, edit, type Mutation } from "../mutation";
import { onProd, onStaging } from "./datadog";

const TEAM = "datadog:index/team:Team";
const ESCALATION = "datadog:index/onCallEscalationPolicy:OnCallEscalationPolicy";
const SCHEDULE = "datadog:index/onCallSchedule:OnCallSchedule";
const ROUTING = "datadog:index/onCallTeamRoutingRules:OnCallTeamRoutingRules";
const DASHBOARD = "datadog:index/dashboardJson:DashboardJson";
const PIPELINE = "datadog:index/logsCustomPipeline:LogsCustomPipeline";

const dashboard = (change: (definition: { title?: string; layout_type?: string; widgets: { definition: { type?: string } }[] }) => void) =>
  edit(DASHBOARD, (inputs) => {
    const definition = JSON.parse(inputs.dashboard);
    change(definition);
    inputs.dashboard = JSON.stringify(definition);
  });
/** Defects of whom Datadog calls, and of what it shows and reads. */
export const DATADOG_ON_CALL_MUTATIONS: readonly Mutation[] = [
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
    ["schedule-enforce-rotation", "ladder-enforce-steps"],
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
    ["schedule-enforce-rotation", "rotation-enforce-week"],
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
    "schedule-enforce-rotation",
    edit(SCHEDULE, ({ layers }) => (layers[0].restrictions = [{ startDay: "monday", endDay: "friday" }])),
    "observability-schedule: layers[0].restrictions is 1. Remove them: hours without anybody.",
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
