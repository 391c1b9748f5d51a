import type { EditableSettings } from "../../helpers/policy-stack";
import { edit, type Mutation, remove, type Transform } from "../mutation";

const CRON_JOB = "kubernetes:batch/v1:CronJob";
const DUMP = "backup-cron-job";
const LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration";
const REPLICATION = "aws:s3/bucketReplicationConfig:BucketReplicationConfig";
const INSTANCE = "aws:rds/instance:Instance";
const MONITOR = "datadog:index/monitor:Monitor";
const DRILL_MONITOR = "observability-monitor-drill-age";

const schedule = (change: (spec: Record<string, unknown>) => void): Transform => edit(CRON_JOB, ({ spec }) => change(spec as never), DUMP);
/** Changes the monitor of the last drill's age. */
const drillMonitor = (change: Parameters<typeof edit>[1]) => edit(MONITOR, change, DRILL_MONITOR);
/** A public key of age. */
const RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
const PRINTED = "ad.datadoghq.com/maestroverse-backup.logs";
/** The pod's template of the dump. */
const template = (spec: Record<string, unknown>) =>
  (spec as { jobTemplate: { spec: { template: { metadata: { annotations: Record<string, string> } } } } }).jobTemplate.spec.template;
/** Changes the dump's container. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any of a container's fields
const container = (change: (container: any) => void) =>
  edit(CRON_JOB, ({ spec }) => change(spec.jobTemplate.spec.template.spec.containers[0]), DUMP);
/** Sets a variable of the dump; undefined: takes it away. */
const variable = (name: string, value: string) =>
  container(
    ({ env }) => (((env as { name: string; value: string }[]).find((each) => each.name === name) as { value: string }).value = value),
  );

/** RDS's own backups instead of the dump. */
function onRds(settings: EditableSettings): void {
  settings.backups.method = "rds";
  settings.backups.rds = {
    instanceIdentifier: "maestroverse",
    instanceClass: "db.r6g.large",
    engineVersion: "15.8",
    allocatedStorageGibibytes: 100,
    subnetGroup: "private",
    retentionDays: 35,
  };
}

/** Defects of runbook §5: the dump, its schedule, its copies, and RDS's own backups. */
export const BACKUP_MUTATIONS: readonly Mutation[] = [
  {
    defect: "nothing backs the database up",
    transform: remove(CRON_JOB, DUMP),
    caughtBy: ["backup-enforce-presence"],
    says: ["backup-enforce-presence could not be evaluated"],
  },
  {
    defect: "the CronJob does something else",
    transform: container((dump) => {
      dump.command = ["sleep", "60"];
      dump.env = [];
    }),
    caughtBy: ["backup-enforce-presence"],
    says: ["stack: CronJob that dumps the database is absent."],
  },
  {
    defect: "the dump is made on weekdays",
    settings: (settings) => (settings.backups.schedule = "0 2 * * 1-5"),
    caughtBy: ["backup-enforce-schedule"],
    says: [`${DUMP}: spec.schedule is "0 2 * * 1-5 (Etc/UTC: not every night)". Set it to 0 2 * * * in Etc/UTC.`],
  },
  {
    defect: "the dump is made at noon",
    transform: schedule((spec) => (spec["schedule"] = "0 12 * * *")),
    caughtBy: ["backup-enforce-schedule"],
    says: ['spec.schedule is "0 12 * * * (Etc/UTC: not at 02:00)".'],
  },
  {
    defect: "a night of spring has no 02:00",
    transform: schedule((spec) => (spec["timeZone"] = "America/New_York")),
    caughtBy: ["backup-enforce-schedule"],
    says: ["(America/New_York: its clocks change, and a night has no 02:00 or two)"],
  },
  {
    defect: "the schedule is no cron expression",
    transform: schedule((spec) => (spec["schedule"] = "0 2 32 * *")),
    caughtBy: ["backup-enforce-schedule"],
    says: ["no cron expression, or no time zone"],
  },
  {
    defect: "the schedule has no time zone",
    transform: schedule((spec) => delete spec["timeZone"]),
    caughtBy: ["backup-enforce-schedule"],
    says: [`${DUMP}: spec.timeZone is absent. Name it`],
  },
  {
    defect: "the dump is suspended",
    transform: schedule((spec) => (spec["suspend"] = true)),
    caughtBy: ["backup-enforce-schedule"],
    says: [`${DUMP}: spec.suspend is true. Set it to false.`],
  },
  {
    defect: "the dump is plain SQL",
    transform: container((dump) => (dump.command = ["pg_dump", "--format=plain"])),
    caughtBy: ["backup-enforce-format"],
    says: ['containers[0].command is "pg_dump --format=plain". Run maestroverse-backup.'],
  },
  {
    defect: "dumps are written elsewhere",
    transform: variable("BACKUP_DIRECTORY", "/tmp"),
    caughtBy: ["backup-enforce-format"],
    says: ["containers[0].env (BACKUP_DIRECTORY) is /tmp. Set it to /backups."],
  },
  {
    defect: "dumps go with their pod",
    transform: edit(
      CRON_JOB,
      ({ spec }) => {
        const volumes = spec.jobTemplate.spec.template.spec.volumes as { name: string }[];
        volumes[volumes.findIndex(({ name }) => name === "backups")] = { name: "backups", emptyDir: { sizeLimit: "1Gi" } } as never;
      },
      DUMP,
    ),
    caughtBy: ["backup-enforce-format"],
    says: ["containers[0].volumeMounts[/backups] is backups. Mount a persistent volume there."],
  },
  {
    defect: "the dump is encrypted for a key with a typing error",
    transform: container((dump) =>
      dump.env.push({ name: "BACKUP_RECIPIENTS", value: `${RECIPIENT},${RECIPIENT.replace("age1q", "age1p")}` }),
    ),
    caughtBy: ["backup-enforce-recipients"],
    says: [`containers[0].env (BACKUP_RECIPIENTS) is ${RECIPIENT.replace("age1q", "age1p")}. Name public keys, age1….`],
  },
  {
    defect: "the dump is encrypted for an identity, which its pod then has",
    transform: container((dump) => dump.env.push({ name: "BACKUP_RECIPIENTS", value: "AGE-SECRET-KEY-1EXAMPLE" })),
    caughtBy: ["backup-enforce-recipients", "pod-disallow-admin-credentials", "pod-disallow-plain-secrets"],
    says: [
      'containers[0].env (BACKUP_RECIPIENTS) is "an identity of age". Name public keys, age1….',
      'containers[0].env[9] is "BACKUP_RECIPIENTS, an identity of age". Remove it.',
      'containers[0].env[9].value is "a value of BACKUP_RECIPIENTS".',
    ],
  },
  {
    defect: "the dump's pod has the identity that opens its dumps",
    transform: edit(
      "kubernetes:core/v1:Secret",
      ({ stringData }) => (stringData.opens = "# of the drill\nAGE-SECRET-KEY-1EXAMPLE"),
      "database-backup-g1-secret",
    ),
    deployed: true,
    caughtBy: ["pod-disallow-admin-credentials"],
    says: ['containers[0].envFrom[0].secretRef.name is "opens, an identity of age". Name a Secret without it.'],
  },
  {
    defect: "dumps stay for a week on the volume",
    transform: variable("BACKUP_RETENTION_DAYS", "7"),
    caughtBy: ["backup-enforce-retention"],
    says: ["containers[0].env (BACKUP_RETENTION_DAYS) is 7. Set it to 30 or more."],
  },
  {
    defect: "dumps stay for two weeks in the second region",
    transform: edit(LIFECYCLE, ({ rules }) => (rules[0].expiration.days = 14), "backup-copy-lifecycle"),
    caughtBy: ["bucket-enforce-retention"],
    says: ["backup-copy-lifecycle: rules[].expiration.days is 14. Set it to 30 or more."],
  },
  {
    defect: "dumps stay for ever",
    transform: edit(LIFECYCLE, ({ rules }) => delete rules[0].expiration, "backup-primary-lifecycle"),
    caughtBy: ["bucket-enforce-retention"],
    says: ["backup-primary-lifecycle: rules[].expiration.days is absent. Expire dumps after 30 days or more."],
  },
  {
    defect: "nothing is copied to the second region",
    transform: remove(REPLICATION),
    caughtBy: ["bucket-enable-copy"],
    says: [`${DUMP}: rules[].destination.bucket of maestroverse-`, "Copy everything to the stack's other bucket."],
  },
  {
    defect: "a part is copied only",
    transform: edit(REPLICATION, ({ rules }) => (rules[0].filter = { prefix: "postgresql/2026" })),
    caughtBy: ["bucket-enable-copy"],
    says: ["backup-replication: rules[].destination.bucket of maestroverse-"],
  },
  {
    defect: "the copy is in the same region",
    transform: (resources) => {
      const primary = resources.find(({ name }) => name === "backup-primary-bucket");
      const copy = resources.find(({ name }) => name === "backup-copy-bucket");
      if (primary !== undefined && copy !== undefined) copy.providerUrn = primary.providerUrn ?? "";
      return resources;
    },
    caughtBy: ["bucket-enable-copy"],
    says: [
      "backup-replication: rules[].destination.bucket of maestroverse-",
      '"in us-east-1, as the bucket itself". Put the copy into another region.',
    ],
  },
  {
    defect: "dumps go to a bucket of somebody else",
    transform: variable("BACKUP_BUCKET", "another-bucket"),
    caughtBy: ["bucket-enable-copy"],
    says: ["containers[0].env (BACKUP_BUCKET) is another-bucket. Name a bucket of the stack."],
  },
  {
    defect: "RDS keeps a week",
    settings: onRds,
    transform: edit(INSTANCE, (inputs) => (inputs.backupRetentionPeriod = 7)),
    caughtBy: ["instance-enforce-retention"],
    says: ["backupRetentionPeriod is 7. Set it to 30 or more."],
  },
  {
    defect: "RDS backs up at noon",
    settings: onRds,
    transform: edit(INSTANCE, (inputs) => (inputs.backupWindow = "12:00-13:00")),
    caughtBy: ["instance-enforce-retention"],
    says: ["backupWindow is 12:00-13:00. Set it to 02:00-03:00 (UTC)."],
  },
  {
    defect: "the newest backup may be three days old",
    settings: (settings) => (settings.backups.maximumAgeHours = 72),
    caughtBy: ["monitor-enforce-backup"],
    says: ['observability-monitor-backup-age: query is "72 hours". Alert above 26 hours, or fewer.'],
  },
  {
    defect: "a drill may be three months ago",
    transform: drillMonitor((inputs) => {
      inputs.query = (inputs.query as string).replace("> 35", "> 90");
      inputs.monitorThresholds = { critical: "90" };
    }),
    caughtBy: ["monitor-enforce-drill"],
    says: [`${DRILL_MONITOR}: query is`, "Alert above 35 days, or fewer."],
  },
  {
    defect: "a drill that is too old is noticed a month later",
    transform: drillMonitor((inputs) => (inputs.query = (inputs.query as string).replace("last_48h", "last_4w"))),
    caughtBy: ["monitor-enforce-drill"],
    says: [`${DRILL_MONITOR}: query is`],
  },
  {
    defect: "that nobody knows of a drill is no alert",
    transform: drillMonitor((inputs) => (inputs.onMissingData = "resolve")),
    caughtBy: ["monitor-enforce-drill"],
    says: [`${DRILL_MONITOR}: onMissingData is resolve. Set it to show_and_notify_no_data`],
  },
  {
    defect: "whoever is told of an old drill does not read how one is made",
    transform: drillMonitor((inputs) => (inputs.message = (inputs.message as string).replace("ops -- drill", "ops -- verify"))),
    caughtBy: ["monitor-enforce-drill"],
    says: [`${DRILL_MONITOR}: message (npm run ops -- drill …) is absent. Name the command of a drill.`],
  },
  {
    defect: "nothing watches the age of the last drill",
    transform: remove(MONITOR, DRILL_MONITOR),
    caughtBy: ["monitor-enforce-drill", "monitor-enforce-signals"],
    says: [
      "stack: monitor of maestroverse.drill.age_days is absent. Add it, above 35 days.",
      "stack: monitors of RB-5.3 tagged monitor:drill-age is 0. Have one.",
    ],
  },
  {
    defect: "nobody reads what the dump prints",
    transform: schedule((spec) => delete template(spec).metadata.annotations[PRINTED]),
    caughtBy: ["log-enable-backup"],
    says: [
      `${DUMP}: spec.jobTemplate.spec.template.metadata.annotations["${PRINTED}"] is absent. Set it to [{"service":"maestroverse-backup"`,
    ],
  },
  {
    defect: "what the dump prints counts as the API's",
    transform: schedule((spec) => (template(spec).metadata.annotations[PRINTED] = '[{"service":"maestroverse-api","source":"nodejs"}]')),
    caughtBy: ["log-enable-backup"],
    says: [`${DUMP}: spec.jobTemplate.spec.template.metadata.annotations["${PRINTED}"] is`],
  },
];
