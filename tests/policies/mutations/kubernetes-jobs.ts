import { add, defect, edit, type Mutation } from "../mutation";
import { CRON_JOB, JOB } from "./kubernetes";

const ROLE = "kubernetes:rbac.authorization.k8s.io/v1:Role";
const CLUSTER_ROLE = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole";
const BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding";
const CLUSTER_BINDING = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding";
const CRON_SPEC = "spec.jobTemplate.spec";

const role = (rule: unknown) => ({ metadata: { name: "reader", namespace: "maestroverse" }, rules: [rule] });
const binding = (name: string, ...subjects: readonly unknown[]) => ({ roleRef: { kind: "ClusterRole", name }, subjects });
const ACCOUNT = { kind: "ServiceAccount", name: "maestroverse-server", namespace: "maestroverse" };

/** Defects of Jobs, and of rights in the cluster. */
export const KUBERNETES_JOB_MUTATIONS: readonly Mutation[] = [
  defect(
    "the migration may go on for ever",
    "job-enforce-end",
    edit(JOB, ({ spec }) => delete spec.activeDeadlineSeconds),
    "maestroverse-server-migrate: spec.activeDeadlineSeconds is absent. Set the longest time",
  ),
  defect(
    "the migration is tried as often as Kubernetes likes",
    "job-enforce-end",
    edit(JOB, ({ spec }) => delete spec.backoffLimit),
    "maestroverse-server-migrate: spec.backoffLimit is absent. Set it to 0 to 3",
  ),
  defect(
    "the dump is tried too often",
    "job-enforce-end",
    edit(CRON_JOB, ({ spec }) => (spec.jobTemplate.spec.backoffLimit = 4)),
    `backup-cron-job: ${CRON_SPEC}.backoffLimit is 4. Set it to 0 to 3`,
  ),
  defect(
    "a failed dump is restarted in place",
    "job-enforce-end",
    edit(CRON_JOB, ({ spec }) => (spec.jobTemplate.spec.template.spec.restartPolicy = "OnFailure")),
    `backup-cron-job: ${CRON_SPEC}.template.spec.restartPolicy is OnFailure. Set it to Never.`,
  ),
  defect(
    "two dumps may run at a time",
    "cronjob-enforce-concurrency",
    edit(CRON_JOB, ({ spec }) => delete spec.concurrencyPolicy),
    "backup-cron-job: spec.concurrencyPolicy is absent. Set it to Forbid.",
  ),
  ...(
    [
      ["startingDeadlineSeconds", 5, 10],
      ["successfulJobsHistoryLimit", 0, 1],
      ["failedJobsHistoryLimit", undefined, 1],
    ] as const
  ).map(([key, value, least]) =>
    defect(
      `the dump's ${key} is ${value}`,
      "cronjob-enforce-concurrency",
      edit(CRON_JOB, ({ spec }) => (spec[key] = value)),
      `backup-cron-job: spec.${key} is ${value ?? "absent"}. Set it to ${least} or more.`,
    ),
  ),
  ...(
    [
      ["apiGroups", "*"],
      ["resources", "*"],
      ["verbs", "*"],
      ["verbs", "impersonate"],
    ] as const
  ).map(([key, value]) =>
    defect(
      `a role has ${value} in its ${key}`,
      "role-disallow-wildcards",
      add(ROLE, "reader", role({ apiGroups: [""], resources: ["pods"], verbs: ["get"], [key]: [value] })),
      `reader: rules[0].${key} is ${value}. Name what is needed, one by one.`,
    ),
  ),
  defect(
    "a role reaches every path of the API server",
    "role-disallow-wildcards",
    add(CLUSTER_ROLE, "reader", { rules: [{ nonResourceURLs: ["/api/*"], verbs: ["get"] }] }),
    "reader: rules[0].nonResourceURLs is /api/*.",
  ),
  defect(
    "a role is what others add up to",
    "role-disallow-wildcards",
    add(CLUSTER_ROLE, "reader", { rules: [], aggregationRule: { clusterRoleSelectors: [{}] } }),
    "reader: aggregationRule is set. Remove it",
  ),
  defect(
    "a binding makes the server an administrator of the cluster",
    "binding-disallow-admin",
    add(CLUSTER_BINDING, "server", binding("cluster-admin", ACCOUNT)),
    "server: roleRef.name is cluster-admin. Name a role of this program.",
  ),
  defect(
    "a binding gives a right to everybody who is known",
    "binding-disallow-admin",
    add(BINDING, "server", binding("reader", ACCOUNT, { kind: "Group", name: "system:authenticated" })),
    'server: subjects[1] is "Group system:authenticated". Name one ServiceAccount of its own.',
  ),
  defect(
    "a binding gives a right to the default account",
    "binding-disallow-admin",
    add(BINDING, "server", binding("reader", { kind: "ServiceAccount", name: "default" })),
    'server: subjects[0] is "ServiceAccount default".',
  ),
];
