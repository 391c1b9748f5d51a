/** The kinds of Kubernetes objects that the stand-in knows, and what is special about each. */

/** One kind. */
export interface Kind {
  /** For example `apps/v1`. */
  readonly apiVersion: string;
  /** For example `Deployment`. */
  readonly kind: string;
  /** Top-level fields besides apiVersion, kind and metadata. */
  readonly fields: readonly string[];
  /** Paths whose change replaces the object, besides its name and its namespace. */
  readonly replaces?: readonly string[];
  /** Top-level fields that are secret. */
  readonly secrets?: readonly string[];
}

const POD_SELECTOR = ["spec.selector"];

/**
 * Kinds by the middle part of their type token. Fields come from the Kubernetes API reference, `replaces` from the official plugin's
 * table and, where that lacks a field that the API server refuses to change, from the server's validation.
 *
 * @see provider/pkg/provider/diff.go in pulumi/pulumi-kubernetes
 */
export const KINDS: Readonly<Record<string, readonly Kind[]>> = {
  "core/v1": [
    { apiVersion: "v1", kind: "Namespace", fields: ["spec"] },
    { apiVersion: "v1", kind: "ServiceAccount", fields: ["secrets", "imagePullSecrets", "automountServiceAccountToken"] },
    { apiVersion: "v1", kind: "ConfigMap", fields: ["data", "binaryData", "immutable"], replaces: ["data", "binaryData"] },
    {
      apiVersion: "v1",
      kind: "Secret",
      fields: ["data", "stringData", "type", "immutable"],
      replaces: ["type", "data", "stringData"],
      secrets: ["data", "stringData"],
    },
    { apiVersion: "v1", kind: "Service", fields: ["spec"], replaces: ["spec.clusterIP"] },
    { apiVersion: "v1", kind: "PersistentVolume", fields: ["spec"], replaces: ["spec.hostPath", "spec.local", "spec.nfs", "spec.csi"] },
    { apiVersion: "v1", kind: "PersistentVolumeClaim", fields: ["spec"], replaces: ["spec"] },
    { apiVersion: "v1", kind: "ResourceQuota", fields: ["spec"], replaces: ["spec.scopes"] },
    { apiVersion: "v1", kind: "LimitRange", fields: ["spec"] },
  ],
  "apps/v1": [
    { apiVersion: "apps/v1", kind: "Deployment", fields: ["spec"], replaces: POD_SELECTOR },
    { apiVersion: "apps/v1", kind: "DaemonSet", fields: ["spec"], replaces: POD_SELECTOR },
  ],
  "batch/v1": [
    {
      apiVersion: "batch/v1",
      kind: "Job",
      fields: ["spec"],
      replaces: ["spec.completions", "spec.parallelism", "spec.selector", "spec.template", "spec.completionMode", "spec.podFailurePolicy"],
    },
    { apiVersion: "batch/v1", kind: "CronJob", fields: ["spec"] },
  ],
  "networking.k8s.io/v1": [
    { apiVersion: "networking.k8s.io/v1", kind: "Ingress", fields: ["spec"] },
    { apiVersion: "networking.k8s.io/v1", kind: "IngressClass", fields: ["spec"] },
    { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", fields: ["spec"] },
  ],
  "policy/v1": [{ apiVersion: "policy/v1", kind: "PodDisruptionBudget", fields: ["spec"] }],
  "autoscaling/v2": [{ apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", fields: ["spec"] }],
  "rbac.authorization.k8s.io/v1": [
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", fields: ["rules"] },
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", fields: ["subjects", "roleRef"], replaces: ["roleRef"] },
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", fields: ["rules", "aggregationRule"] },
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding", fields: ["subjects", "roleRef"], replaces: ["roleRef"] },
  ],
  "scheduling.k8s.io/v1": [
    {
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      fields: ["value", "globalDefault", "description", "preemptionPolicy"],
    },
  ],
  "storage.k8s.io/v1": [
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      fields: [
        "provisioner",
        "parameters",
        "reclaimPolicy",
        "volumeBindingMode",
        "allowVolumeExpansion",
        "mountOptions",
        "allowedTopologies",
      ],
      replaces: ["parameters", "provisioner"],
    },
  ],
};

/** Whether the path of a difference falls under one of the paths in `rules`, or holds one of them. */
export function isUnder(path: string, rules: readonly string[]): boolean {
  const within = (inner: string, outer: string) => inner === outer || inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);
  return rules.some((rule) => within(path, rule) || within(rule, path));
}
