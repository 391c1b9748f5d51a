import { defect, edit, type Mutation, type Transform } from "../mutation";

const MONITOR = "datadog:index/monitor:Monitor";
const UPTIME = "datadog:index/syntheticsTest:SyntheticsTest";
const TEAM = "datadog:index/team:Team";
const ESCALATION = "datadog:index/onCallEscalationPolicy:OnCallEscalationPolicy";
const SCHEDULE = "datadog:index/onCallSchedule:OnCallSchedule";
const ROUTING = "datadog:index/onCallTeamRoutingRules:OnCallTeamRoutingRules";
const DASHBOARD = "datadog:index/dashboardJson:DashboardJson";
const PIPELINE = "datadog:index/logsCustomPipeline:LogsCustomPipeline";

const CPU = "observability-monitor-cpu";
const HEALTH = "observability-uptime-health";

const monitor = (change: Parameters<typeof edit>[1]) => edit(MONITOR, change, CPU);
const uptime = (change: Parameters<typeof edit>[1]) => edit(UPTIME, change, HEALTH);
const dashboard = (change: (definition: { title?: string; layout_type?: string; widgets: { definition: { type?: string } }[] }) => void) =>
  edit(DASHBOARD, (inputs) => {
    const definition = JSON.parse(inputs.dashboard);
    change(definition);
    inputs.dashboard = JSON.stringify(definition);
  });
const onProd = (name: string, rule: string, transform: Transform, ...says: string[]): Mutation => ({
  ...defect(name, rule, transform, ...says),
  stacks: ["prod"],
});
const onStaging = (name: string, rule: string, transform: Transform, ...says: string[]): Mutation => ({
  ...defect(name, rule, transform, ...says),
  stacks: ["staging"],
});

/** Defects of what watches, and of whom it calls. */
export const DATADOG_MUTATIONS: readonly Mutation[] = [
  defect(
    "a monitor calls nobody",
    "monitor-enforce-handle",
    monitor((inputs) => (inputs.message = inputs.message.replace(/@[\w-]+/, ""))),
    `${CPU}: message is []. Name @oncall-maestroverse-ops`,
  ),
  onProd(
    "an uptime test calls staging's people",
    "monitor-enforce-handle",
    uptime((inputs) => (inputs.message += " @oncall-maestroverse-ops-staging")),
    `${HEALTH}: message is @oncall-maestroverse-ops-staging. Remove the handle`,
  ),
  onStaging(
    "staging calls production's people",
    "monitor-enforce-handle",
    monitor((inputs) => (inputs.message = inputs.message.replace("-staging", ""))),
    `${CPU}: message is ["@oncall-maestroverse-ops"]. Name @oncall-maestroverse-ops-staging.`,
  ),
  ...["env:", "team:", "monitor:", "runbook-section:"].map((key) =>
    defect(
      `a monitor has no tag ${key}`,
      "monitor-enforce-tags",
      monitor((inputs) => (inputs.tags = inputs.tags.filter((tag: string) => !tag.startsWith(key)))),
      `${CPU}: tags is [`,
      `Add ${key}`,
    ),
  ),
  defect(
    "an uptime test is of two environments",
    "monitor-enforce-tags",
    uptime((inputs) => inputs.tags.push("env:rehearsal")),
    `${HEALTH}: tags is env:rehearsal. Remove it`,
  ),
  onStaging(
    "staging is watched together with production",
    "monitor-enforce-scope",
    monitor((inputs) => (inputs.query = inputs.query.replace("env:staging,", ""))),
    `${CPU}: query is kube_namespace:maestroverse,kube_container_name:maestroverse-server. Add env:staging to the scope.`,
  ),
  onStaging(
    "staging's errors are everybody's",
    "monitor-enforce-scope",
    edit(MONITOR, (inputs) => (inputs.query = inputs.query.replace(",env:staging", "")), "observability-monitor-api-errors"),
    "observability-monitor-api-errors: query is service:maestroverse-api. Add env:staging to the scope.",
  ),
  defect(
    "logs of every environment are counted",
    "monitor-enforce-scope",
    edit(MONITOR, (inputs) => (inputs.query = inputs.query.replace(/env:\w+ /, "")), "observability-monitor-edge-rate-limited"),
    'observability-monitor-edge-rate-limited: query is "service:maestroverse-edge @limit:REJECTED". Add env:',
  ),
  defect(
    "a monitor's threshold is another than its query's",
    "monitor-enforce-thresholds",
    monitor((inputs) => (inputs.monitorThresholds.critical = "85")),
    `${CPU}: monitorThresholds.critical is 85. Set it to 80, as in the query.`,
  ),
  defect(
    "a monitor has no threshold",
    "monitor-enforce-thresholds",
    monitor((inputs) => (inputs.monitorThresholds = {})),
    `${CPU}: monitorThresholds.critical is absent.`,
  ),
  defect(
    "a monitor warns after it has alerted",
    "monitor-enforce-thresholds",
    monitor((inputs) => (inputs.monitorThresholds.warning = "90")),
    `${CPU}: monitorThresholds.warning is 90. Set it on the safe side of critical (80).`,
  ),
  defect(
    "a monitor recovers while it is bad",
    "monitor-enforce-thresholds",
    monitor((inputs) => (inputs.monitorThresholds.criticalRecovery = "81")),
    `${CPU}: monitorThresholds.criticalRecovery is 81.`,
  ),
  defect(
    "a monitor has no priority",
    "monitor-configure-priority",
    monitor((inputs) => delete inputs.priority),
    `${CPU}: priority is absent. Set it to 1 to 5.`,
  ),
  defect(
    "an uptime test has no priority",
    "monitor-configure-priority",
    uptime(({ optionsList }) => delete optionsList.monitorPriority),
    `${HEALTH}: optionsList.monitorPriority is absent.`,
  ),
  defect(
    "a monitor says it once",
    "monitor-configure-renotify",
    monitor((inputs) => (inputs.renotifyInterval = 0)),
    `${CPU}: renotifyInterval is 0. Set it to minutes above 0.`,
  ),
  defect(
    "a monitor says it again when all is well",
    "monitor-configure-renotify",
    monitor((inputs) => (inputs.renotifyStatuses = ["warn"])),
    `${CPU}: renotifyStatuses is ["warn"]. Add alert.`,
  ),
  defect(
    "an uptime test says it once",
    "monitor-configure-renotify",
    uptime(({ optionsList }) => delete optionsList.monitorOptions),
    `${HEALTH}: optionsList.monitorOptions.renotifyInterval is absent.`,
  ),
  defect(
    "a monitor knows nothing of silence",
    "monitor-configure-missing-data",
    monitor((inputs) => delete inputs.onMissingData),
    `${CPU}: onMissingData is absent. Set it to resolve`,
  ),
  defect(
    "a monitor says twice what silence means",
    "monitor-configure-missing-data",
    monitor((inputs) => (inputs.notifyNoData = true)),
    `${CPU}: notifyNoData is true. Remove it.`,
  ),
  defect(
    "an uptime test runs from two places",
    "uptime-enforce-locations",
    uptime((inputs) => (inputs.locations = ["aws:us-east-1", "aws:us-west-2", "aws:us-west-2"])),
    `${HEALTH}: locations is ["aws:us-east-1","aws:us-west-2"]. Name 3 or more.`,
  ),
  defect(
    "an uptime test believes a single place",
    "uptime-enforce-locations",
    uptime(({ optionsList }) => (optionsList.minLocationFailed = 1)),
    `${HEALTH}: optionsList.minLocationFailed is 1. Set it to 2 or more`,
  ),
  defect(
    "an uptime test waits for every place",
    "uptime-enforce-locations",
    uptime(({ optionsList }) => (optionsList.minLocationFailed = 3)),
    `${HEALTH}: optionsList.minLocationFailed is 3.`,
  ),
  ...(
    [
      ["is paused", (inputs) => (inputs.status = "paused"), "status is paused. Set it to live."],
      [
        "runs once a day",
        ({ optionsList }) => (optionsList.tickEvery = 86_400),
        "optionsList.tickEvery is 86400. Set it to 30 to 3600 seconds.",
      ],
      ["says nothing of failures", ({ optionsList }) => delete optionsList.minFailureDuration, "optionsList.minFailureDuration is absent."],
      ["says nothing of retries", ({ optionsList }) => delete optionsList.retry, "optionsList.retry.count is absent."],
      ["never gives up", ({ requestDefinition }) => delete requestDefinition.timeout, "requestDefinition.timeout is absent."],
      ["asserts nothing", (inputs) => (inputs.assertions = []), "assertions is []. Assert what a good answer is."],
    ] as const satisfies readonly (readonly [string, Parameters<typeof edit>[1], string])[]
  ).map(([what, change, says]) =>
    defect(
      `an uptime test ${what}`,
      "uptime-configure-interval",
      edit(UPTIME, change, "observability-uptime-certificate"),
      `observability-uptime-certificate: ${says}`,
    ),
  ),
  defect(
    "a page goes to one step only",
    "escalation-enforce-targets",
    edit(ESCALATION, (inputs) => inputs.steps.splice(1)),
    "observability-escalation-policy: steps is 1. Add a step",
  ),
  defect(
    "a step pages nobody",
    "escalation-enforce-targets",
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
    "one person is always on call",
    "schedule-enforce-rotation",
    edit(SCHEDULE, ({ layers }) => layers[0].users.splice(1)),
    "observability-schedule: layers[0].users is 1. Name two people or more.",
  ),
  defect(
    "a turn never ends",
    "schedule-enforce-rotation",
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
