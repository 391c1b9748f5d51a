import { edit, type Mutation, remove, type Transform } from "../mutation";

const MONITOR = "datadog:index/monitor:Monitor";
const UPTIME = "datadog:index/syntheticsTest:SyntheticsTest";
const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const SERVER = "maestroverse-server-deployment";
const LADDER = "datadog:index/onCallEscalationPolicy:OnCallEscalationPolicy";
const SCHEDULE = "datadog:index/onCallSchedule:OnCallSchedule";

/** Replaces a part of a monitor's query, and sets its threshold to the same number. */
const query = (name: string, from: string, to: string, critical?: string): Transform =>
  edit(
    MONITOR,
    (inputs) => {
      inputs.query = (inputs.query as string).replace(from, to);
      if (critical !== undefined) inputs.monitorThresholds = { critical };
    },
    name,
  );

/** Defects of runbook §6: monitors, uptime tests, logs and on-call. */
export const ALERT_MUTATIONS: readonly Mutation[] = [
  {
    defect: "ten errors are no alert",
    settings: (settings) => (settings.observability.errorsPerFiveMinutes = 10),
    caughtBy: ["monitor-enforce-errors"],
    says: [
      "observability-monitor-api-errors: query is",
      "Set it to avg(last_5m):sum:maestroverse.api.errors{service:maestroverse-api} > 5.",
    ],
  },
  {
    defect: "errors of an hour are averaged",
    stacks: ["staging"],
    transform: query("observability-monitor-api-errors", "last_5m", "last_1h"),
    caughtBy: ["monitor-enforce-errors"],
    says: ["observability-monitor-api-errors: query is"],
  },
  {
    defect: "CPU alerts at 95 %",
    settings: (settings) => (settings.observability.cpuPercent = 95),
    caughtBy: ["monitor-enforce-saturation"],
    says: ["observability-monitor-cpu: query is", "Alert above 80 percent (100 * … > 80)."],
  },
  {
    defect: "memory alerts at 90 %",
    settings: (settings) => (settings.observability.memoryPercent = 90),
    caughtBy: ["monitor-enforce-saturation"],
    says: ["observability-monitor-memory: query is", "Alert above 75 percent"],
  },
  {
    defect: "connections alert at 95 %",
    settings: (settings) => (settings.observability.databaseConnectionsPercent = 95),
    caughtBy: ["monitor-enforce-saturation"],
    says: ["observability-monitor-database-connections: query is", "Alert above 80 percent"],
  },
  {
    defect: "nothing watches the CPU",
    transform: remove(MONITOR, "observability-monitor-cpu"),
    caughtBy: ["monitor-enforce-saturation", "monitor-enforce-signals"],
    says: [
      "stack: monitor of kubernetes.cpu.usage.total is absent. Add it, above 80.",
      "stack: monitors of RB-6.3 tagged monitor:cpu is 0. Have one.",
    ],
  },
  {
    defect: "nothing watches for crash loops",
    transform: remove(MONITOR, "observability-monitor-crash-loop"),
    caughtBy: ["monitor-enforce-signals"],
    says: ["stack: monitors of RB-1.1 tagged monitor:crash-loop is 0. Have one."],
  },
  {
    defect: "nothing watches the age of the backup",
    transform: remove(MONITOR, "observability-monitor-backup-age"),
    caughtBy: ["monitor-enforce-backup", "monitor-enforce-signals"],
    says: ["backup-cron-job: monitor of the age of maestroverse-backup is absent. Add it."],
  },
  {
    defect: "nothing makes the metric that a monitor reads",
    transform: remove("datadog:index/logsMetric:LogsMetric", "observability-metric-backup-size"),
    caughtBy: ["monitor-enforce-source"],
    says: ["observability-monitor-backup-size: query is maestroverse.backup.size_bytes", "of log lines, or read one that is made."],
  },
  {
    defect: "a monitor reads a metric by another name",
    transform: query("observability-monitor-secret-age", "secret.age_days", "secrets.age_days"),
    caughtBy: ["monitor-enforce-source"],
    says: ["observability-monitor-secret-age: query is maestroverse.secrets.age_days. Make maestroverse.secrets.age_days of log lines"],
  },
  {
    defect: "an objective counts what nobody makes",
    transform: edit(
      "datadog:index/serviceLevelObjective:ServiceLevelObjective",
      (inputs) => (inputs.query.numerator = inputs.query.numerator.replace("edge.requests", "edge.answers")),
      "observability-objective-availability",
    ),
    caughtBy: ["monitor-enforce-source"],
    says: ["observability-objective-availability: query.numerator is maestroverse.edge.answers"],
  },
  {
    defect: "a monitor does not say what to do",
    transform: edit(
      MONITOR,
      (inputs) => (inputs.message = (inputs.message as string).replace(/^Runbook: .*$/m, "")),
      "observability-monitor-memory",
    ),
    caughtBy: ["alert-enforce-runbook"],
    says: ["observability-monitor-memory: message (Runbook: https://…#<heading>) is absent. Link its heading of the runbook."],
  },
  {
    defect: "a monitor links another's heading",
    transform: edit(
      MONITOR,
      (inputs) => {
        inputs.message = (inputs.message as string).replace("#memory", "#cpu");
        inputs.assets[0].url = (inputs.assets[0].url as string).replace("#memory", "#cpu");
      },
      "observability-monitor-memory",
    ),
    caughtBy: ["alert-enforce-runbook"],
    says: ["observability-monitor-memory: message (Runbook) is https://", "Link its own heading"],
  },
  {
    defect: "a monitor has no link of Datadog's own",
    transform: edit(MONITOR, (inputs) => delete inputs.assets, "observability-monitor-memory"),
    caughtBy: ["alert-enforce-runbook"],
    says: ["observability-monitor-memory: assets[category=runbook].url is []. Set it to https://"],
  },
  {
    defect: "the websocket is not watched",
    transform: remove(UPTIME, "observability-uptime-websocket"),
    caughtBy: ["monitor-enforce-signals", "uptime-enforce-targets"],
    says: ["stack: uptime test (websocket) of wss://api.", "/socket.io/ is absent. Add it."],
  },
  {
    defect: "the uptime test asks over plain HTTP",
    transform: edit(
      UPTIME,
      ({ requestDefinition }) => (requestDefinition.url = (requestDefinition.url as string).replace("https:", "http:")),
      "observability-uptime-health",
    ),
    caughtBy: ["uptime-enforce-targets"],
    says: ["stack: uptime test (http) of https://api.", "/health is absent. Add it."],
  },
  {
    defect: "two failures are five minutes apart",
    transform: edit(
      UPTIME,
      ({ optionsList }) => {
        optionsList.tickEvery = 300;
        optionsList.minFailureDuration = 320;
      },
      "observability-uptime-health",
    ),
    caughtBy: ["uptime-enforce-failures"],
    says: ["observability-uptime-health: optionsList.tickEvery is 300. Set it below 120 seconds"],
  },
  {
    defect: "a single failure alerts",
    transform: edit(UPTIME, ({ optionsList }) => (optionsList.minFailureDuration = 0), "observability-uptime-websocket"),
    caughtBy: ["uptime-enforce-failures"],
    says: ["observability-uptime-websocket: optionsList.minFailureDuration is 0. Set it to 80"],
  },
  {
    defect: "retries hide the first failure",
    transform: edit(UPTIME, ({ optionsList }) => (optionsList.retry.count = 2), "observability-uptime-health"),
    caughtBy: ["uptime-enforce-failures"],
    says: ["observability-uptime-health: optionsList.retry.count is 2. Set it to 0"],
  },
  {
    defect: "tokens and cookies go to Datadog",
    transform: edit(
      DEPLOYMENT,
      ({ spec }) => {
        const { annotations } = spec.template.metadata;
        const key = "ad.datadoghq.com/maestroverse-server.logs";
        const [source] = JSON.parse(annotations[key] as string) as [{ log_processing_rules: { name: string }[] }];
        source.log_processing_rules = source.log_processing_rules.filter(({ name }) => name === "mask_email_addresses");
        annotations[key] = JSON.stringify([source]);
      },
      SERVER,
    ),
    caughtBy: ["log-enforce-scrubbing"],
    says: ["Mask a token in a URL.", "Mask a JSON web token.", "Mask a bearer token.", "Mask a cookie."],
  },
  {
    defect: "nothing tells of a fast-burning error budget",
    transform: remove(MONITOR, "observability-monitor-burn-availability-fast"),
    caughtBy: ["monitor-enforce-signals"],
    says: ["stack: monitors of RB-6.1 tagged monitor:burn-availability-fast is 0. Have one."],
  },
  {
    defect: "logs of another service are collected",
    transform: edit(
      DEPLOYMENT,
      ({ spec }) => {
        const { annotations } = spec.template.metadata;
        annotations["ad.datadoghq.com/maestroverse-server.logs"] = '[{"type":"file","path":"/var/log/*.log"}]';
      },
      SERVER,
    ),
    caughtBy: ["log-enable-collection", "log-enforce-scrubbing"],
    says: [`${SERVER}: spec.template.metadata.annotations["ad.datadoghq.com/maestroverse-server.logs"] is`, "Set it to [{"],
  },
  {
    defect: "log files are on no volume",
    transform: edit(
      DEPLOYMENT,
      ({ spec }) => {
        const [server] = spec.template.spec.containers;
        server.volumeMounts = (server.volumeMounts as { mountPath: string }[]).filter(
          ({ mountPath }) => mountPath !== "/var/log/maestroverse",
        );
      },
      SERVER,
    ),
    caughtBy: ["log-enable-collection"],
    says: [`${SERVER}: spec.template.spec.containers[0].volumeMounts[/var/log/maestroverse] is absent.`],
  },
  {
    defect: "the ladder does not reach the lead",
    transform: edit(LADDER, (inputs) => (inputs.steps as unknown[]).pop()),
    caughtBy: ["ladder-enforce-steps"],
    says: ['observability-escalation-policy: steps is ["schedule current","schedule next"]. Page who is on call'],
  },
  {
    defect: "the ladder ends at a stranger",
    transform: edit(LADDER, ({ steps }) => (steps[2].targets[0].user = "5a1d7b0e-0000-4f7e-9a41-0c7d5b1e2f99")),
    caughtBy: ["ladder-enforce-steps"],
    says: [
      "observability-escalation-policy: steps[].targets[].user is 5a1d7b0e-0000-4f7e-9a41-0c7d5b1e2f99. Name somebody of the rotation.",
    ],
  },
  {
    defect: "the ladder is another team's",
    deployed: true,
    transform: edit(LADDER, (inputs) => (inputs.teams = ["another-team-id"])),
    caughtBy: ["ladder-enforce-steps"],
    says: ['observability-escalation-policy: teams is ["another-team-id"]. Add observability-team-id'],
  },
  {
    defect: "a turn lasts a month",
    transform: edit(SCHEDULE, ({ layers }) => (layers[0].interval.days = 30)),
    caughtBy: ["rotation-enforce-week"],
    says: ["observability-schedule: layers[0].interval.days is 30. Set it to 7."],
  },
];
