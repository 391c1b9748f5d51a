/** The rules of the pack: Kubernetes, AWS, PostgreSQL, Datadog. */
import type { Rule } from "../../lib/rule";
import { disallowAccountToken } from "./disallow-account-token";
import { disallowBindingAdmin } from "./disallow-binding-admin";
import { disallowConfigSecrets } from "./disallow-config-secrets";
import { disallowDeploymentReplicas } from "./disallow-deployment-replicas";
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
import { disallowRoleWildcards } from "./disallow-role-wildcards";
import { enforceAutoscalerRange } from "./enforce-autoscaler-range";
import { enforceCronjobConcurrency } from "./enforce-cronjob-concurrency";
import { enforceDeploymentDrain } from "./enforce-deployment-drain";
import { enforceDeploymentRollout } from "./enforce-deployment-rollout";
import { enforceDeploymentSpread } from "./enforce-deployment-spread";
import { enforceIngressBackends } from "./enforce-ingress-backends";
import { enforceIngressClass } from "./enforce-ingress-class";
import { enforceJobEnd } from "./enforce-job-end";
import { enforceNamespaceSecurity } from "./enforce-namespace-security";
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
import { enforceSecretImmutability } from "./enforce-secret-immutability";
import { enforceServiceTargets } from "./enforce-service-targets";
import { enforceServiceType } from "./enforce-service-type";
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

/** Hardening that any reviewer expects. */
export const BASELINE_RULES: readonly Rule[] = [...KUBERNETES_RULES];
