import type { EditableResource } from "../../helpers/policy-stack";
import { defect, edit, type Mutation, type Transform } from "../mutation";

const MONITOR = "datadog:index/monitor:Monitor";
const UPTIME = "datadog:index/syntheticsTest:SyntheticsTest";

const CPU = "observability-monitor-cpu";
const HEALTH = "observability-uptime-health";

const monitor = (change: Parameters<typeof edit>[1]) => edit(MONITOR, change, CPU);
const uptime = (change: Parameters<typeof edit>[1]) => edit(UPTIME, change, HEALTH);
/** Adds a monitor like that of the CPU, but for one thing. */
const also =
  (change: (inputs: EditableResource["inputs"]) => void): Transform =>
  (resources) => {
    const { type, urn, inputs } = structuredClone(resources.find(({ name }) => name === CPU) as EditableResource);
    change(inputs);
    return [...resources, { type, name: "another", urn: urn.replace(CPU, "another"), inputs }];
  };

/** A defect of production alone. */
export const onProd = (name: string, rule: string, transform: Transform, ...says: string[]): Mutation => ({
  ...defect(name, rule, transform, ...says),
  stacks: ["prod"],
});
/** A defect of staging alone. */
export const onStaging = (name: string, rule: string, transform: Transform, ...says: string[]): Mutation => ({
  ...defect(name, rule, transform, ...says),
  stacks: ["staging"],
});

/** Defects of monitors and uptime tests. */
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
      // Who finds a signal's monitor and its page by that tag misses them too.
      ["monitor-enforce-tags", ...(key === "monitor:" ? ["alert-enforce-runbook", "monitor-enforce-signals"] : [])],
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
    "a monitor compares nothing",
    ["monitor-enforce-thresholds", "monitor-enforce-scope", "monitor-enforce-saturation", "monitor-enforce-signals"],
    also((inputs) => (inputs.query = inputs.query.replace(" > 80", ""))),
    "another: query is ",
    "End it with a comparison and a number.",
  ),
  defect(
    "a monitor of too little recovers while there is too little",
    ["monitor-enforce-thresholds", "monitor-enforce-saturation", "monitor-enforce-signals"],
    also((inputs) => (inputs.query = inputs.query.replace(" > 80", " < 80"))),
    "another: monitorThresholds.criticalRecovery is 76. Set it on the safe side of critical (80).",
    "another: monitorThresholds.warning is 72.",
    "another: monitorThresholds.warningRecovery is 68. Set it on the safe side of warning (72).",
  ),
  defect(
    "a monitor looks at nothing in particular",
    ["monitor-enforce-scope", "monitor-enforce-thresholds", "monitor-enforce-signals"],
    also((inputs) => (inputs.query = "avg(last_5m):avg:system.load.1 > 80")),
    'another: query is "avg(last_5m):avg:system.load.1 > 80". Say what it looks at: env:',
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
    "a burn rate knows nothing of silence",
    "monitor-configure-missing-data",
    edit(MONITOR, (inputs) => delete inputs.notifyNoData, "observability-monitor-burn-latency-fast"),
    "observability-monitor-burn-latency-fast: notifyNoData is absent. Set it to false",
  ),
  defect(
    "a burn rate has no threshold",
    "monitor-enforce-thresholds",
    edit(MONITOR, (inputs) => (inputs.monitorThresholds = {}), "observability-monitor-burn-latency-fast"),
    "observability-monitor-burn-latency-fast: monitorThresholds.critical is absent. Set it to the query's burn rate.",
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
];
