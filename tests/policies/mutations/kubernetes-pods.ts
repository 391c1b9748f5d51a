import { defect, edit, type Mutation } from "../mutation";
import { CONFIG_MAP, CONTAINER, inCronJob, inPod, JOB, POD, SECRET, SERVER } from "./kubernetes";

const CRON_POD = "spec.jobTemplate.spec.template.spec";
const ACCOUNT = "kubernetes:core/v1:ServiceAccount";
const TOKEN_AUDIENCE = `${CRON_POD}.volumes[3].projected.sources[0].serviceAccountToken.audience`;

/** Defects of what a pod is given: images, accounts, tokens, secrets, and the objects that it names. */
export const KUBERNETES_POD_MUTATIONS: readonly Mutation[] = [
  defect(
    "the image is never pulled",
    "pod-enforce-pull-policy",
    inPod((_, container) => (container.imagePullPolicy = "Never")),
    `${SERVER}: ${CONTAINER}.imagePullPolicy is Never. Set it to IfNotPresent.`,
  ),
  defect(
    "nothing says when the image is pulled",
    "pod-enforce-pull-policy",
    inCronJob((_, container) => delete container.imagePullPolicy),
    `backup-cron-job: ${CRON_POD}.containers[0].imagePullPolicy is absent. Set it to IfNotPresent.`,
  ),
  defect(
    "the server runs as the namespace's default account",
    "pod-disallow-default-account",
    inPod((spec) => (spec.serviceAccountName = "default")),
    `${SERVER}: ${POD}.serviceAccountName is default. Name a ServiceAccount of its own.`,
  ),
  defect(
    "the migration names no account",
    "pod-disallow-default-account",
    edit(JOB, ({ spec }) => delete spec.template.spec.serviceAccountName),
    `maestroverse-server-migrate: ${POD}.serviceAccountName is absent.`,
  ),
  defect(
    "the server gets a token for the API server",
    "pod-disallow-token",
    inPod((spec) => delete spec.automountServiceAccountToken),
    `${SERVER}: ${POD}.automountServiceAccountToken is absent. Set it to false.`,
  ),
  defect(
    "the dump's token is for whoever reads it",
    "pod-disallow-token",
    inCronJob((spec) => delete spec.volumes[3].projected.sources[0].serviceAccountToken.audience),
    `backup-cron-job: ${TOKEN_AUDIENCE} is absent. Name who the token is for`,
  ),
  defect(
    "the dump's token is for the API server",
    "pod-disallow-token",
    inCronJob((spec) => (spec.volumes[3].projected.sources[0].serviceAccountToken.audience = "https://kubernetes.default.svc")),
    `backup-cron-job: ${TOKEN_AUDIENCE} is https://kubernetes.default.svc.`,
  ),
  defect(
    "an account hands out its token",
    "account-disallow-token",
    edit(ACCOUNT, (inputs) => delete inputs.automountServiceAccountToken, "maestroverse-server-service-account"),
    "maestroverse-server-service-account: automountServiceAccountToken is absent. Set it to false.",
  ),
  ...[
    ["STRIPE_SECRET", "sk_live_0"],
    ["SMTP_PASSWORD", "hunter2"],
    ["SESSION_KEY", "0123456789"],
    ["REDIS_URL", "redis://cache:hunter2@cache:6379"],
    ["PEM", "-----BEGIN RSA PRIVATE KEY-----\nMIIE"],
  ].map(([name, value]) =>
    defect(
      `${name} of the server is plain text`,
      "pod-disallow-plain-secrets",
      inPod((_, container) => (container.env = [{ name, value }])),
      `${SERVER}: ${CONTAINER}.env[0].value is "a value of ${name}". Take it from a Secret by secretKeyRef.`,
    ),
  ),
  defect(
    "a ConfigMap holds a secret",
    "config-disallow-secrets",
    edit(CONFIG_MAP, ({ data }) => (data["JWT_SECRET_ROLLING"] = "hunter2"), "maestroverse-server-environment"),
    `maestroverse-server-environment: data["JWT_SECRET_ROLLING"] is "a secret". Move it into a Secret.`,
  ),
  defect(
    "the controller's ConfigMap holds a private key",
    "config-disallow-secrets",
    edit("kubernetes:core/v1:ConfigMapPatch", ({ data }) => (data["notes"] = "-----BEGIN PRIVATE KEY-----")),
    `edge-controller-config: data["notes"] is "a secret".`,
  ),
  defect(
    "the dump connects as the administrator",
    "pod-disallow-admin-credentials",
    inCronJob((_, container) => container.env.push({ name: "PGUSER", value: "postgres" })),
    `backup-cron-job: ${CRON_POD}.containers[0].env[9] is PGUSER=postgres. Remove it.`,
  ),
  {
    ...defect(
      "the dump's Secret names the administrator of the database's provider",
      "pod-disallow-admin-credentials",
      (resources) => {
        edit("pulumi:providers:postgresql", (inputs) => (inputs.username = "maestro_owner"))(resources);
        return edit(SECRET, ({ stringData }) => (stringData.PGUSER = "maestro_owner"), "database-backup-g1-secret")(resources);
      },
      `backup-cron-job: ${CRON_POD}.containers[0].envFrom[0].secretRef.name is PGUSER=maestro_owner. Name a Secret without it.`,
    ),
    deployed: true,
  },
  {
    ...defect(
      "the dump's Secret, as the API server gives it, names the administrator",
      "pod-disallow-admin-credentials",
      edit(
        SECRET,
        ({ stringData }, { inputs }) => {
          const data = Object.entries<string>({ ...stringData, PGUSER: "rdsadmin" });
          inputs.data = Object.fromEntries(data.map(([key, value]) => [key, Buffer.from(value).toString("base64")]));
          delete inputs.stringData;
        },
        "database-backup-g1-secret",
      ),
      `backup-cron-job: ${CRON_POD}.containers[0].envFrom[0].secretRef.name is PGUSER=rdsadmin. Name a Secret without it.`,
    ),
    deployed: true,
  },
  {
    ...defect(
      "the application's Secret holds Datadog's key",
      "pod-disallow-admin-credentials",
      edit(SECRET, ({ stringData }) => (stringData.DD_API_KEY = "0123456789"), "app-secrets-pod-secret-1-1-1-1"),
      `${SERVER}: ${CONTAINER}.envFrom[1].secretRef.name is DD_API_KEY. Name a Secret without it.`,
    ),
    deployed: true,
  },
  defect(
    "the server takes the database's administrator from a Secret",
    "pod-disallow-admin-credentials",
    inPod(
      (_, container) => (container.env = [{ name: "DATABASE_ADMIN_PASSWORD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }]),
    ),
    `${SERVER}: ${CONTAINER}.env[0] is DATABASE_ADMIN_PASSWORD. Remove it.`,
  ),
  defect(
    "a Secret can be changed under running pods",
    "secret-enforce-immutability",
    edit(SECRET, (inputs) => delete inputs.immutable, "database-app-g1-secret"),
    "database-app-g1-secret: immutable is absent. Set it to true.",
  ),
  defect(
    "a ConfigMap can be changed under running pods",
    "secret-enforce-immutability",
    edit(CONFIG_MAP, (inputs) => (inputs.immutable = false), "maestroverse-server-environment"),
    "maestroverse-server-environment: immutable is false. Set it to true.",
  ),
  defect(
    "the server mounts a Secret that nobody makes",
    "pod-enforce-references",
    inPod((spec) => spec.volumes.push({ name: "more", secret: { secretName: "maestroverse-more" } })),
    `${SERVER}: ${POD}.volumes[3].secret.secretName is maestroverse-more. Name a Secret of this stack in the namespace maestroverse.`,
  ),
  defect(
    "the migration takes a ConfigMap of another namespace",
    "pod-enforce-references",
    edit(JOB, ({ spec }) => spec.template.spec.containers[0].envFrom.push({ configMapRef: { name: "maestroverse-server-463c28c5da" } })),
    `maestroverse-server-migrate: ${CONTAINER}.envFrom[1].configMapRef.name is maestroverse-server-463c28c5da. Name a ConfigMap of this stack in the namespace maestroverse-migrations.`,
  ),
  defect(
    "the server takes two variables from keys that nothing has",
    "pod-enforce-references",
    inPod((_, container) => {
      const from = (name: string, kind: string, object: string) => ({ name, valueFrom: { [kind]: { name: object, key: "NOWHERE" } } });
      container.env = [
        from("LEVEL", "configMapKeyRef", container.envFrom[0].configMapRef.name),
        from("LANGUAGE", "secretKeyRef", "maestroverse-nowhere"),
      ];
    }),
    `${SERVER}: ${CONTAINER}.env[0].valueFrom.configMapKeyRef.key is NOWHERE. Name one of ACCESS_TOKEN_SECONDS, CORS_ORIGINS, `,
    `${SERVER}: ${CONTAINER}.env[1].valueFrom.secretKeyRef.name is maestroverse-nowhere. Name a Secret of this stack`,
  ),
  defect(
    "a projected volume takes what nobody makes",
    "pod-enforce-references",
    inPod((spec) => {
      const sources = [{ secret: { name: "nobody-s" } }, { configMap: { name: "nobody-s-either" } }];
      spec.volumes.push({ name: "more", projected: { sources } });
    }),
    `${SERVER}: ${POD}.volumes[3].projected.sources[0].secret.name is nobody-s.`,
    `${SERVER}: ${POD}.volumes[3].projected.sources[1].configMap.name is nobody-s-either.`,
  ),
  defect(
    "images are pulled with a Secret that nobody makes",
    "pod-enforce-references",
    inPod((spec) => (spec.imagePullSecrets = [{ name: "registry" }])),
    `${SERVER}: ${POD}.imagePullSecrets[0].name is registry.`,
  ),
  defect(
    "the dump writes to a claim that nobody makes",
    "pod-enforce-references",
    inCronJob((spec) => (spec.volumes[1].persistentVolumeClaim.claimName = "backups")),
    `backup-cron-job: ${CRON_POD}.volumes[1].persistentVolumeClaim.claimName is backups. Name a PersistentVolumeClaim of this stack`,
  ),
  defect(
    "the dump runs as an account that nobody makes",
    "pod-enforce-references",
    inCronJob((spec) => (spec.serviceAccountName = "dumper")),
    `backup-cron-job: ${CRON_POD}.serviceAccountName is dumper. Name a ServiceAccount of this stack in the namespace maestroverse.`,
  ),
];
