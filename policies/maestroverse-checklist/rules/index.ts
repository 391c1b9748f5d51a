/** The rules of the pack, in the order of the runbook. */
import type { Rule } from "../../lib/rule";
import { configureSecretRotation } from "./configure-secret-rotation";
import { disallowHealthLimit } from "./disallow-health-limit";
import { disallowPodMigrator } from "./disallow-pod-migrator";
import { disallowRoleStrangers } from "./disallow-role-strangers";
import { disallowTableMigrations } from "./disallow-table-migrations";
import { enableBucketCopy } from "./enable-bucket-copy";
import { enableLogBackup } from "./enable-log-backup";
import { enableLogCollection } from "./enable-log-collection";
import { enableLogRefusals } from "./enable-log-refusals";
import { enforceAddressClient } from "./enforce-address-client";
import { enforceAlertRunbook } from "./enforce-alert-runbook";
import { enforceBackupFormat } from "./enforce-backup-format";
import { enforceBackupPresence } from "./enforce-backup-presence";
import { enforceBackupRecipients } from "./enforce-backup-recipients";
import { enforceBackupRetention } from "./enforce-backup-retention";
import { enforceBackupSchedule } from "./enforce-backup-schedule";
import { enforceBucketRetention } from "./enforce-bucket-retention";
import { enforceEnvironmentCombined } from "./enforce-environment-combined";
import { enforceEnvironmentOrigins } from "./enforce-environment-origins";
import { enforceEnvironmentProduction } from "./enforce-environment-production";
import { enforceGrantBackup } from "./enforce-grant-backup";
import { enforceGrantMigrator } from "./enforce-grant-migrator";
import { enforceGrantPublic } from "./enforce-grant-public";
import { enforceGrantRuntime } from "./enforce-grant-runtime";
import { enforceHeaderCsp } from "./enforce-header-csp";
import { enforceHeaderHsts } from "./enforce-header-hsts";
import { enforceHeaderPresence } from "./enforce-header-presence";
import { enforceImageSource } from "./enforce-image-source";
import { enforceIngressHttps } from "./enforce-ingress-https";
import { enforceIngressLimit } from "./enforce-ingress-limit";
import { enforceInstanceRetention } from "./enforce-instance-retention";
import { enforceJobMigration } from "./enforce-job-migration";
import { enforceLadderSteps } from "./enforce-ladder-steps";
import { enforceLogScrubbing } from "./enforce-log-scrubbing";
import { enforceMonitorBackup } from "./enforce-monitor-backup";
import { enforceMonitorDrill } from "./enforce-monitor-drill";
import { enforceMonitorErrors } from "./enforce-monitor-errors";
import { enforceMonitorSaturation } from "./enforce-monitor-saturation";
import { enforceMonitorSignals } from "./enforce-monitor-signals";
import { enforceMonitorSource } from "./enforce-monitor-source";
import { enforceNamespaceMigrations } from "./enforce-namespace-migrations";
import { enforceNginxLimit } from "./enforce-nginx-limit";
import { enforceOwnerMigrator } from "./enforce-owner-migrator";
import { enforcePodRole } from "./enforce-pod-role";
import { enforceProbeHttps } from "./enforce-probe-https";
import { enforceRolePresence } from "./enforce-role-presence";
import { enforceRotationWeek } from "./enforce-rotation-week";
import { enforceScheduleStaffing } from "./enforce-schedule-staffing";
import { enforceSecretAge } from "./enforce-secret-age";
import { enforceSecretBundle } from "./enforce-secret-bundle";
import { enforceSecretEntropy } from "./enforce-secret-entropy";
import { enforceSecretOverlap } from "./enforce-secret-overlap";
import { enforceSecretPods } from "./enforce-secret-pods";
import { enforceUptimeFailures } from "./enforce-uptime-failures";
import { enforceUptimeTargets } from "./enforce-uptime-targets";
import { enforceWafLimit } from "./enforce-waf-limit";

/** Every line and every number of the runbook. */
export const CHECKLIST_RULES: readonly Rule[] = [
  enforceImageSource,
  enforceEnvironmentProduction,
  enforceEnvironmentOrigins,
  enforceEnvironmentCombined,
  enforceProbeHttps,
  enforceIngressHttps,
  enforceHeaderHsts,
  enforceHeaderCsp,
  enforceHeaderPresence,
  enforceRolePresence,
  disallowRoleStrangers,
  enforceGrantRuntime,
  enforceGrantBackup,
  enforceGrantPublic,
  enforceGrantMigrator,
  enforceOwnerMigrator,
  disallowTableMigrations,
  enforcePodRole,
  disallowPodMigrator,
  enforceJobMigration,
  enforceNamespaceMigrations,
  enforceSecretBundle,
  enforceSecretPods,
  enforceSecretEntropy,
  enforceSecretAge,
  configureSecretRotation,
  enforceSecretOverlap,
  enforceIngressLimit,
  disallowHealthLimit,
  enforceNginxLimit,
  enforceWafLimit,
  enforceAddressClient,
  enableLogRefusals,
  enforceBackupPresence,
  enforceBackupSchedule,
  enforceBackupFormat,
  enforceBackupRecipients,
  enforceBackupRetention,
  enforceBucketRetention,
  enableBucketCopy,
  enforceInstanceRetention,
  enforceMonitorBackup,
  enforceMonitorDrill,
  enableLogBackup,
  enforceUptimeTargets,
  enforceUptimeFailures,
  enableLogCollection,
  enforceLogScrubbing,
  enforceMonitorErrors,
  enforceMonitorSaturation,
  enforceMonitorSignals,
  enforceMonitorSource,
  enforceAlertRunbook,
  enforceLadderSteps,
  enforceRotationWeek,
  enforceScheduleStaffing,
];
