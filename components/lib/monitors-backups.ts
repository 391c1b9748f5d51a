/** Monitors of what nobody looks at until it is needed: backups, recovery drills, the age of secrets. */
import { PAGING_ENVIRONMENT } from "./alerts";
import { BACKUP_NAME, BACKUP_VOLUME_CLAIM } from "./backup-names";
import { BACKUP_DURATION, BACKUP_FAILURES, BACKUP_SIZE, DRILL_AGE, logMetric, SECRET_AGE } from "./metrics";
import type { MonitorRow, MonitorTableArgs } from "./monitors";
import { commandsOf, count, NOT_OF_TRAFFIC, percent } from "./monitors-shared";

/** Percent by which a dump may be smaller than that of the night before. */
const SHRUNK_PERCENT = 30;
/** Seconds that a dump may take: half of the four hours after which Kubernetes ends it. */
const DURATION_SECONDS = 2 * 3600;
/** Percent of the /backups volume. */
const VOLUME_PERCENT = 85;
/** Days between two recovery drills: monthly, and a few more. */
export const DRILL_DAYS = 35;
/** Days before a secret is overdue at which a warning is due: time to plan the rotation. */
const SECRET_NOTICE_DAYS = 10;

/** The rows. With RDS alone nothing here dumps. */
export function backupRows(args: MonitorTableArgs): Record<string, MonitorRow> {
  const env = `env:${args.environment}`;
  const { kubectl, backupJobs, backupLogs } = commandsOf(args);
  const stack = args.environment;
  return {
    ...(args.backupMethod === "rds" ? {} : dumpRows(args)),
    "drill-age": {
      title: "Days since the last recovery drill that passed",
      panel: "backups",
      section: 5,
      source: { window: "min(last_48h)", metric: `max:${DRILL_AGE}{${env}}` },
      comparator: ">",
      thresholds: { critical: DRILL_DAYS, criticalRecovery: DRILL_DAYS - 1, warning: DRILL_DAYS - 5, warningRecovery: DRILL_DAYS - 6 },
      onMissingData: "show_and_notify_no_data",
      lowTraffic: NOT_OF_TRAFFIC,
      maintenance: "pages",
      priority: 3,
      meaning: "Nobody has restored a backup for weeks: whether one restores is a belief. No data: the scheduled check does not report.",
      firstCommands: [
        `npm run ops -- drill --stack ${stack === PAGING_ENVIRONMENT ? `staging --dumps-of ${stack}` : stack}`,
        backupJobs,
        backupLogs,
      ],
    },
    "secret-age": {
      title: "Age of the oldest secret (days)",
      panel: "secrets",
      section: 3,
      source: { window: "min(last_48h)", metric: `max:${SECRET_AGE}{${env}}` },
      comparator: ">",
      thresholds: {
        critical: args.secretMaximumAgeDays,
        criticalRecovery: args.secretMaximumAgeDays - 1,
        warning: args.secretMaximumAgeDays - SECRET_NOTICE_DAYS,
        warningRecovery: args.secretMaximumAgeDays - SECRET_NOTICE_DAYS - 1,
      },
      onMissingData: "show_and_notify_no_data",
      lowTraffic: NOT_OF_TRAFFIC,
      maintenance: "pages",
      priority: 3,
      meaning: `A secret is older than ${args.secretMaximumAgeDays} days: the next preview fails until it is rotated. No data: the scheduled check does not report.`,
      firstCommands: [
        `grep -n rotatedOn Pulumi.${stack}.yaml`,
        `npm run preview -- --stack ${stack}`,
        `${kubectl} get secrets --sort-by=.metadata.creationTimestamp`,
      ],
    },
  };
}

function dumpRows(args: MonitorTableArgs): Record<string, MonitorRow> {
  const { environment, namespaceName, backupMaximumAgeHours } = args;
  const env = `env:${environment}`;
  const cronJob = `{${env},kube_namespace:${namespaceName},kube_cronjob:${BACKUP_NAME}}`;
  const volume = `{${env},kube_namespace:${namespaceName},persistentvolumeclaim:${BACKUP_VOLUME_CLAIM}}`;
  const { kubectl, backupJobs, backupLogs } = commandsOf(args);
  const ofLog = (metric: string) => logMetric(metric, environment);
  const getCronJob = `${kubectl} get cronjob ${BACKUP_NAME}`;
  const common = { panel: "backups", section: 5, lowTraffic: NOT_OF_TRAFFIC, maintenance: "pages" } as const;
  return {
    "backup-age": {
      ...common,
      title: "Age of the newest backup (hours)",
      // Datadog cannot subtract a timestamp from now: kube-state-metrics reports the age itself.
      source: { window: "min(last_15m)", metric: `max:kubernetes_state.cronjob.duration_since_last_successful${cronJob} / 3600` },
      comparator: ">",
      // No warning: every night the age reaches 24 hours and the length of a dump.
      thresholds: { critical: backupMaximumAgeHours, criticalRecovery: backupMaximumAgeHours - 1 },
      onMissingData: "show_and_notify_no_data",
      priority: 2,
      meaning:
        "No backup has succeeded since the last night but one: a loss of the database would lose more than a day. No data: nobody knows.",
      firstCommands: [getCronJob, backupJobs, backupLogs],
    },
    "backup-failed": {
      ...common,
      title: "Backups that failed (in 15 minutes)",
      source: { window: "sum(last_15m)", metric: `sum:${ofLog(BACKUP_FAILURES)}{${env}}.as_count()` },
      comparator: ">=",
      thresholds: { critical: 1, criticalRecovery: 0 },
      onMissingData: "resolve",
      priority: 3,
      meaning: "A run of the nightly backup failed. It is tried again twice; backup-age pages if no run succeeds.",
      firstCommands: [backupLogs, backupJobs, `${kubectl} describe cronjob ${BACKUP_NAME}`],
    },
    "backup-size": {
      ...common,
      title: "Size of the newest dump against the one before (percent of change)",
      source: { window: "pct_change(avg(last_1d),last_1d)", metric: `avg:${ofLog(BACKUP_SIZE)}{${env}}` },
      comparator: "<",
      thresholds: { critical: -SHRUNK_PERCENT, criticalRecovery: -SHRUNK_PERCENT + 5 },
      onMissingData: "resolve",
      priority: 2,
      meaning: `The dump lost ${SHRUNK_PERCENT} % of its size in a day: rows were deleted, or the dump is not whole. Keep the older ones.`,
      firstCommands: [
        backupLogs,
        backupJobs,
        commandsOf(args).psql("SELECT relname, n_live_tup, n_tup_del FROM pg_stat_user_tables ORDER BY 3 DESC LIMIT 10"),
      ],
    },
    "backup-duration": {
      ...common,
      title: "How long the newest dump took (seconds)",
      source: { window: "max(last_1h)", metric: `max:${ofLog(BACKUP_DURATION)}{${env}}` },
      comparator: ">",
      thresholds: count(DURATION_SECONDS),
      onMissingData: "resolve",
      priority: 3,
      meaning: "The dump takes ever longer: at four hours Kubernetes ends it, and there is no backup that night.",
      firstCommands: [backupLogs, `${kubectl} top pods -l app.kubernetes.io/name=${BACKUP_NAME} --containers`, backupJobs],
    },
    "backup-volume": {
      ...common,
      title: "The volume of the dumps (percent)",
      source: {
        window: "min(last_15m)",
        metric: `100 * max:kubernetes.kubelet.volume.stats.used_bytes${volume} / max:kubernetes.kubelet.volume.stats.capacity_bytes${volume}`,
      },
      comparator: ">",
      thresholds: percent(VOLUME_PERCENT),
      // Reported only while a pod has the volume: during the night's run.
      onMissingData: "resolve",
      priority: 3,
      meaning: "The volume of the dumps fills up: the next dump may find no room.",
      firstCommands: [`${kubectl} get pvc ${BACKUP_VOLUME_CLAIM}`, backupLogs, backupJobs],
    },
  };
}
