/** The rules of the pack: Kubernetes, AWS, PostgreSQL, Datadog. */
import type { Rule } from "../../lib/rule";
import { CHECKLIST_RULES } from "../../maestroverse-checklist/rules";
import { configureBucketLifecycle } from "./configure-bucket-lifecycle";
import { configureDatabaseUpgrades } from "./configure-database-upgrades";
import { configureDowntimeScope } from "./configure-downtime-scope";
import { configureKeyDeletion } from "./configure-key-deletion";
import { configureLogRetention } from "./configure-log-retention";
import { configureMonitorMissingData } from "./configure-monitor-missing-data";
import { configureMonitorPriority } from "./configure-monitor-priority";
import { configureMonitorRenotify } from "./configure-monitor-renotify";
import { configureProviderTags } from "./configure-provider-tags";
import { configureRoleLimits } from "./configure-role-limits";
import { configureRoutingUrgency } from "./configure-routing-urgency";
import { configureUptimeInterval } from "./configure-uptime-interval";
import { configureWafRules } from "./configure-waf-rules";
import { disallowAccountToken } from "./disallow-account-token";
import { disallowBindingAdmin } from "./disallow-binding-admin";
import { disallowBucketForcedDeletion } from "./disallow-bucket-forced-deletion";
import { disallowConfigSecrets } from "./disallow-config-secrets";
import { disallowDatabaseDeletion } from "./disallow-database-deletion";
import { disallowDatabasePassword } from "./disallow-database-password";
import { disallowDatabasePublic } from "./disallow-database-public";
import { disallowDeploymentReplicas } from "./disallow-deployment-replicas";
import { disallowGrantDuplicates } from "./disallow-grant-duplicates";
import { disallowPermissionEveryone } from "./disallow-permission-everyone";
import { disallowPermissionManagedAdmin } from "./disallow-permission-managed-admin";
import { disallowPermissionWildcardAction } from "./disallow-permission-wildcard-action";
import { disallowPermissionWildcardResource } from "./disallow-permission-wildcard-resource";
import { disallowPodAdminCredentials } from "./disallow-pod-admin-credentials";
import { disallowPodDefaultAccount } from "./disallow-pod-default-account";
import { disallowPodEscalation } from "./disallow-pod-escalation";
import { disallowPodHost } from "./disallow-pod-host";
import { disallowPodPlainSecrets } from "./disallow-pod-plain-secrets";
import { disallowPodPrivileged } from "./disallow-pod-privileged";
import { disallowPodSysctls } from "./disallow-pod-sysctls";
import { disallowPodToken } from "./disallow-pod-token";
import { disallowPodUnconfined } from "./disallow-pod-unconfined";
import { disallowPolicyOpenPeers } from "./disallow-policy-open-peers";
import { disallowProviderCredentials } from "./disallow-provider-credentials";
import { disallowProviderDefault } from "./disallow-provider-default";
import { disallowRandomPlain } from "./disallow-random-plain";
import { disallowRolePowers } from "./disallow-role-powers";
import { disallowRoleWildcards } from "./disallow-role-wildcards";
import { disallowStackUnreviewedTypes } from "./disallow-stack-unreviewed-types";
import { disallowUserAccessKeys } from "./disallow-user-access-keys";
import { enableBucketLock } from "./enable-bucket-lock";
import { enableBucketVersioning } from "./enable-bucket-versioning";
import { enableDatabaseBackupCopy } from "./enable-database-backup-copy";
import { enableDatabaseLogs } from "./enable-database-logs";
import { enableDatabaseStandby } from "./enable-database-standby";
import { enableKeyRotation } from "./enable-key-rotation";
import { enableReplicationMetrics } from "./enable-replication-metrics";
import { enableSecretReplica } from "./enable-secret-replica";
import { enableWafMetrics } from "./enable-waf-metrics";
import { enforceAutoscalerRange } from "./enforce-autoscaler-range";
import { enforceBucketEncryption } from "./enforce-bucket-encryption";
import { enforceBucketOwnership } from "./enforce-bucket-ownership";
import { enforceBucketPrivate } from "./enforce-bucket-private";
import { enforceBucketTls } from "./enforce-bucket-tls";
import { enforceCronjobConcurrency } from "./enforce-cronjob-concurrency";
import { enforceDashboardContent } from "./enforce-dashboard-content";
import { enforceDatabaseEncryption } from "./enforce-database-encryption";
import { enforceDatabaseTls } from "./enforce-database-tls";
import { enforceDeploymentDrain } from "./enforce-deployment-drain";
import { enforceDeploymentRollout } from "./enforce-deployment-rollout";
import { enforceDeploymentSpread } from "./enforce-deployment-spread";
import { enforceEscalationTargets } from "./enforce-escalation-targets";
import { enforceIngressBackends } from "./enforce-ingress-backends";
import { enforceIngressClass } from "./enforce-ingress-class";
import { enforceJobEnd } from "./enforce-job-end";
import { enforceMetricScope } from "./enforce-metric-scope";
import { enforceMonitorHandle } from "./enforce-monitor-handle";
import { enforceMonitorScope } from "./enforce-monitor-scope";
import { enforceMonitorTags } from "./enforce-monitor-tags";
import { enforceMonitorThresholds } from "./enforce-monitor-thresholds";
import { enforceNamespaceSecurity } from "./enforce-namespace-security";
import { enforceObjectiveScope } from "./enforce-objective-scope";
import { enforcePasswordLength } from "./enforce-password-length";
import { enforcePipelineScope } from "./enforce-pipeline-scope";
import { enforcePodCapabilities } from "./enforce-pod-capabilities";
import { enforcePodNamespace } from "./enforce-pod-namespace";
import { enforcePodNonroot } from "./enforce-pod-nonroot";
import { enforcePodPullPolicy } from "./enforce-pod-pull-policy";
import { enforcePodReadonly } from "./enforce-pod-readonly";
import { enforcePodReferences } from "./enforce-pod-references";
import { enforcePodResources } from "./enforce-pod-resources";
import { enforcePodSeccomp } from "./enforce-pod-seccomp";
import { enforcePodVolumes } from "./enforce-pod-volumes";
import { enforcePolicyPorts } from "./enforce-policy-ports";
import { enforceProbePorts } from "./enforce-probe-ports";
import { enforceProbePresence } from "./enforce-probe-presence";
import { enforceProviderTarget } from "./enforce-provider-target";
import { enforceProviderTls } from "./enforce-provider-tls";
import { enforceRandomGeneration } from "./enforce-random-generation";
import { enforceRandomLength } from "./enforce-random-length";
import { enforceReplicationEncryption } from "./enforce-replication-encryption";
import { enforceRoleVerifier } from "./enforce-role-verifier";
import { enforceRoutingCatchAll } from "./enforce-routing-catch-all";
import { enforceScheduleRotation } from "./enforce-schedule-rotation";
import { enforceSecretEncryption } from "./enforce-secret-encryption";
import { enforceSecretImmutability } from "./enforce-secret-immutability";
import { enforceSecretPolicy } from "./enforce-secret-policy";
import { enforceSecretRecovery } from "./enforce-secret-recovery";
import { enforceSecretStages } from "./enforce-secret-stages";
import { enforceServiceTargets } from "./enforce-service-targets";
import { enforceServiceType } from "./enforce-service-type";
import { enforceTeamEnvironment } from "./enforce-team-environment";
import { enforceTrustAccount } from "./enforce-trust-account";
import { enforceTrustSubject } from "./enforce-trust-subject";
import { enforceUptimeLocations } from "./enforce-uptime-locations";
import { enforceWafLogging } from "./enforce-waf-logging";
import { missingDeploymentAutoscaler } from "./missing-deployment-autoscaler";
import { missingDeploymentBudget } from "./missing-deployment-budget";
import { missingNamespaceDefaultDeny } from "./missing-namespace-default-deny";
import { missingPodNetworkPolicy } from "./missing-pod-network-policy";

/** Kubernetes. */
const KUBERNETES_RULES: readonly Rule[] = [
  enforcePodNonroot,
  disallowPodEscalation,
  disallowPodPrivileged,
  enforcePodCapabilities,
  enforcePodSeccomp,
  disallowPodUnconfined,
  disallowPodSysctls,
  disallowPodHost,
  enforcePodVolumes,
  enforcePodReadonly,
  enforcePodResources,
  enforcePodPullPolicy,
  disallowPodDefaultAccount,
  disallowPodToken,
  disallowAccountToken,
  disallowPodPlainSecrets,
  disallowConfigSecrets,
  disallowPodAdminCredentials,
  enforceSecretImmutability,
  enforcePodReferences,
  enforcePodNamespace,
  enforceNamespaceSecurity,
  missingNamespaceDefaultDeny,
  missingPodNetworkPolicy,
  disallowPolicyOpenPeers,
  enforcePolicyPorts,
  enforceProbePresence,
  enforceProbePorts,
  enforceDeploymentRollout,
  disallowDeploymentReplicas,
  enforceDeploymentDrain,
  enforceDeploymentSpread,
  missingDeploymentBudget,
  missingDeploymentAutoscaler,
  enforceAutoscalerRange,
  enforceJobEnd,
  enforceCronjobConcurrency,
  enforceServiceType,
  enforceServiceTargets,
  enforceIngressClass,
  enforceIngressBackends,
  disallowRoleWildcards,
  disallowBindingAdmin,
];

/** AWS. */
const AWS_RULES: readonly Rule[] = [
  enableKeyRotation,
  configureKeyDeletion,
  disallowPermissionEveryone,
  disallowPermissionWildcardAction,
  disallowPermissionWildcardResource,
  disallowPermissionManagedAdmin,
  disallowUserAccessKeys,
  enforceTrustSubject,
  enforceTrustAccount,
  enforceBucketPrivate,
  enforceBucketEncryption,
  enforceBucketTls,
  enforceBucketOwnership,
  enableBucketVersioning,
  enableBucketLock,
  configureBucketLifecycle,
  disallowBucketForcedDeletion,
  enforceReplicationEncryption,
  enableReplicationMetrics,
  enforceSecretEncryption,
  enforceSecretRecovery,
  enforceSecretPolicy,
  enforceSecretStages,
  enableSecretReplica,
  configureLogRetention,
  configureWafRules,
  enableWafMetrics,
  enforceWafLogging,
  disallowDatabasePublic,
  enforceDatabaseEncryption,
  disallowDatabaseDeletion,
  disallowDatabasePassword,
  enforceDatabaseTls,
  enableDatabaseStandby,
  enableDatabaseBackupCopy,
  configureDatabaseUpgrades,
  enableDatabaseLogs,
];

/** PostgreSQL, and what its passwords are made of. */
const POSTGRESQL_RULES: readonly Rule[] = [
  disallowRolePowers,
  configureRoleLimits,
  enforceRoleVerifier,
  disallowGrantDuplicates,
  enforcePasswordLength,
  enforceRandomLength,
  enforceRandomGeneration,
  disallowRandomPlain,
];

/** Datadog. */
const DATADOG_RULES: readonly Rule[] = [
  enforceMonitorHandle,
  enforceMonitorTags,
  enforceMonitorScope,
  enforceMonitorThresholds,
  configureMonitorPriority,
  configureMonitorRenotify,
  configureMonitorMissingData,
  enforceUptimeLocations,
  configureUptimeInterval,
  enforceEscalationTargets,
  enforceScheduleRotation,
  enforceRoutingCatchAll,
  configureRoutingUrgency,
  enforceTeamEnvironment,
  enforceDashboardContent,
  enforcePipelineScope,
  enforceMetricScope,
  enforceObjectiveScope,
  configureDowntimeScope,
];

/** Providers. */
const PROVIDER_RULES: readonly Rule[] = [
  enforceProviderTarget,
  enforceProviderTls,
  disallowProviderCredentials,
  disallowProviderDefault,
  configureProviderTags,
];

const RULES: readonly Rule[] = [...KUBERNETES_RULES, ...AWS_RULES, ...POSTGRESQL_RULES, ...DATADOG_RULES, ...PROVIDER_RULES];

/** Hardening that any reviewer expects. */
export const BASELINE_RULES: readonly Rule[] = [...RULES, disallowStackUnreviewedTypes([...CHECKLIST_RULES, ...RULES])];
