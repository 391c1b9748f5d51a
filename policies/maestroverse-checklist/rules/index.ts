/** The rules of the pack, in the order of the runbook. */
import type { Rule } from "../../lib/rule";
import { configureSecretRotation } from "./configure-secret-rotation";
import { disallowPodMigrator } from "./disallow-pod-migrator";
import { disallowRoleStrangers } from "./disallow-role-strangers";
import { disallowTableMigrations } from "./disallow-table-migrations";
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
import { enforceJobMigration } from "./enforce-job-migration";
import { enforceNamespaceMigrations } from "./enforce-namespace-migrations";
import { enforceOwnerMigrator } from "./enforce-owner-migrator";
import { enforcePodRole } from "./enforce-pod-role";
import { enforceProbeHttps } from "./enforce-probe-https";
import { enforceRolePresence } from "./enforce-role-presence";
import { enforceSecretAge } from "./enforce-secret-age";
import { enforceSecretBundle } from "./enforce-secret-bundle";
import { enforceSecretEntropy } from "./enforce-secret-entropy";
import { enforceSecretOverlap } from "./enforce-secret-overlap";
import { enforceSecretPods } from "./enforce-secret-pods";

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
];
