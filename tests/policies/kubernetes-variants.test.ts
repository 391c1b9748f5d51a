/** What is as safe as the program's own choice passes: a rule that refused it would be waived, and then forgotten. */
import type { Rule } from "../../policies/lib/rule";
import { BASELINE_RULES } from "../../policies/platform-baseline/rules";
import { type EditableResource, findingsIn } from "../helpers/policy-stack";

const rule = (name: string) => BASELINE_RULES.find((each) => each.name === name) as Rule;

const resource = (type: string, inputs: unknown, stack = "prod"): EditableResource => {
  const token = `kubernetes:${type}`;
  return { type: token, name: "each", urn: `urn:pulumi:${stack}::maestroverse-ops::${token}::each`, inputs };
};

/** A pod with one container, in the namespace `home`. */
const pod = (spec: object, container: object = {}, stack?: string, annotations: object = {}) =>
  resource(
    "core/v1:Pod",
    { metadata: { name: "each", namespace: "home", annotations }, spec: { containers: [{ name: "one", ...container }], ...spec } },
    stack,
  );
const secured = (securityContext: object) => pod({}, { securityContext });
const asked = (port: unknown, handler: string) =>
  resource("apps/v1:Deployment", {
    spec: {
      template: {
        spec: { containers: [{ name: "one", ports: [{ name: "http", containerPort: 80 }], livenessProbe: { [handler]: { port } } }] },
      },
    },
  });
const env = (name: string, value: string, stack?: string) => pod({}, { env: [{ name, value }] }, stack);

const ACCOUNT = { kind: "ServiceAccount", name: "server", namespace: "home" };
const SAFE_SYSCTLS = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
];
const QUANTITIES = { requests: { cpu: "0.5", memory: "1Gi" }, limits: { memory: "1024Mi", "ephemeral-storage": "1G" } };

describe("a rule lets through", () => {
  it.each<[string, string, ...EditableResource[]]>([
    ["pod-enforce-nonroot", "a user id of another", secured({ runAsNonRoot: true, runAsUser: 1 })],
    ["pod-disallow-privileged", "defaults that are written down", secured({ privileged: false, procMount: "Default" })],
    ["pod-enforce-capabilities", "the port below 1024", secured({ capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } })],
    ["pod-enforce-seccomp", "a profile of one's own", secured({ seccompProfile: { type: "Localhost", localhostProfile: "server.json" } })],
    ["pod-disallow-unconfined", "the runtime's AppArmor profile", secured({ appArmorProfile: { type: "RuntimeDefault" } })],
    ["pod-disallow-unconfined", "an AppArmor profile of one's own", secured({ appArmorProfile: { type: "Localhost" } })],
    ...["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"].map((type): [string, string, EditableResource] => [
      "pod-disallow-unconfined",
      `SELinux ${type}`,
      secured({ seLinuxOptions: { type } }),
    ]),
    ...["runtime/default", "localhost/server"].map((value): [string, string, EditableResource] => [
      "pod-disallow-unconfined",
      `the old annotation with ${value}`,
      pod({}, {}, "prod", { "container.apparmor.security.beta.kubernetes.io/one": value }),
    ]),
    ["pod-disallow-sysctls", "parameters of a pod alone", pod({ securityContext: { sysctls: SAFE_SYSCTLS.map((name) => ({ name })) } })],
    ["pod-disallow-host", "defaults that are written down", pod({ hostPID: false }, { ports: [{ containerPort: 80, hostPort: 0 }] })],
    ["pod-disallow-host", "a probe of the pod itself", pod({}, { livenessProbe: { tcpSocket: { host: "", port: 80 } } })],
    ...["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"].map(
      (type): [string, string, EditableResource] => ["pod-enforce-volumes", type, pod({ volumes: [{ name: "each", [type]: {} }] })],
    ),
    ["pod-enforce-resources", "a request as high as its limit", pod({}, { resources: QUANTITIES })],
    ["pod-enforce-pull-policy", "a pull at each start", pod({}, { imagePullPolicy: "Always" })],
    ["pod-disallow-plain-secrets", "the ARN of a key", env("BACKUP_KMS_KEY", "arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/backup")],
    ["pod-disallow-plain-secrets", "a URL without a password", env("API_URL", "https://server@api.maestroverse.edu:443/")],
    ["pod-disallow-plain-secrets", "a certificate", env("AUTHORITY", "-----BEGIN CERTIFICATE-----")],
    ["pod-disallow-plain-secrets", "names that only sound like it", env("KEYBOARD", "qwerty")],
    ["pod-disallow-plain-secrets", "what moto takes for a key", env("AWS_SECRET_ACCESS_KEY", "rehearsal", "rehearsal")],
    ["pod-disallow-admin-credentials", "what moto takes for a key", env("AWS_SECRET_ACCESS_KEY", "rehearsal", "rehearsal")],
    ["pod-disallow-admin-credentials", "a database of the administrator's name", env("PGDATABASE", "postgres")],
    ["pod-disallow-admin-credentials", "another user", env("PGUSER", "maestro_backup")],
    [
      "pod-disallow-admin-credentials",
      "a claim that is called as a Secret is",
      pod({ volumes: [{ name: "each", persistentVolumeClaim: { claimName: "same" } }] }),
      resource("core/v1:PersistentVolumeClaim", { metadata: { name: "same", namespace: "home" }, data: { PGUSER: "postgres" } }),
    ],
    ["probe-enforce-ports", "a port by its number", asked(80, "grpc")],
    ["probe-enforce-ports", "a port by its name", asked("http", "tcpSocket")],
    [
      "deployment-enforce-rollout",
      "the shortest wait",
      resource("apps/v1:Deployment", {
        spec: { minReadySeconds: 1, strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } },
      }),
    ],
    [
      "job-enforce-end",
      "the most retries",
      resource("batch/v1:Job", { spec: { activeDeadlineSeconds: 1, backoffLimit: 3, template: { spec: { restartPolicy: "Never" } } } }),
    ],
    [
      "cronjob-enforce-concurrency",
      "the least numbers",
      resource("batch/v1:CronJob", {
        spec: { concurrencyPolicy: "Forbid", startingDeadlineSeconds: 10, successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 1 },
      }),
    ],
    [
      "autoscaler-enforce-range",
      "a single pod of the rehearsal",
      resource(
        "autoscaling/v2:HorizontalPodAutoscaler",
        {
          spec: {
            minReplicas: 1,
            maxReplicas: 2,
            metrics: ["cpu", "memory"].map((name) => ({ resource: { name, target: { averageUtilization: 75 } } })),
          },
        },
        "rehearsal",
      ),
    ],
    [
      "policy-disallow-open-peers",
      "namespaces by an expression",
      resource("networking.k8s.io/v1:NetworkPolicy", {
        spec: { ingress: [{ from: [{ namespaceSelector: { matchExpressions: [{ key: "edge", operator: "Exists" }] } }] }] },
      }),
    ],
    [
      "ingress-enforce-backends",
      "a port by its number, among others",
      resource("networking.k8s.io/v1:Ingress", {
        metadata: { namespace: "home" },
        spec: { rules: [{ http: { paths: [{ backend: { service: { name: "server", port: { number: 80 } } } }] } }] },
      }),
      resource("core/v1:Service", { metadata: { name: "server", namespace: "home" }, spec: { ports: [{ port: 9090 }, { port: 80 }] } }),
    ],
    [
      "role-disallow-wildcards",
      "rights that are named, also the resource bind",
      resource("rbac.authorization.k8s.io/v1:Role", { rules: [{ apiGroups: [""], resources: ["bind"], verbs: ["get"] }] }),
    ],
    [
      "binding-disallow-admin",
      "a role of one's own for an account of one's own",
      resource("rbac.authorization.k8s.io/v1:RoleBinding", { roleRef: { name: "reader" }, subjects: [ACCOUNT] }),
    ],
  ])("%s: %s", (name, _, ...resources) => {
    expect(findingsIn([rule(name)], resources).map(({ message }) => message)).toEqual([]);
  });
});

describe("a rule refuses each of", () => {
  const refused = (name: string, ...resources: EditableResource[]) => findingsIn([rule(name)], resources).map(({ kind }) => kind);

  it.each(["cluster-admin", "admin", "edit", "system:masters", undefined])("the roles that change a cluster: %s", (name) => {
    const binding = resource("rbac.authorization.k8s.io/v1:RoleBinding", { roleRef: { name }, subjects: [ACCOUNT] });
    expect(refused("binding-disallow-admin", binding)).toEqual(["violation"]);
  });

  it.each(["escalate", "bind", "impersonate"])("the verbs by which a role becomes another: %s", (verb) => {
    const role = resource("rbac.authorization.k8s.io/v1:Role", { rules: [{ resources: ["roles"], verbs: ["get", verb] }] });
    expect(refused("role-disallow-wildcards", role)).toEqual(["violation"]);
  });

  it.each(["startupProbe", "readinessProbe", "livenessProbe", "lifecycle.preStop", "lifecycle.postStart"])(
    "the places that name another machine: %s",
    (place) => {
      const handler = { tcpSocket: { host: "10.0.0.1", port: 80 } };
      const [outer, inner] = place.split(".") as [string, string | undefined];
      const container = { [outer]: inner === undefined ? handler : { [inner]: handler } };
      expect(refused("pod-disallow-host", pod({}, container))).toEqual(["violation"]);
    },
  );

  it.each([
    ["httpGet", "startupProbe"],
    ["tcpSocket", "readinessProbe"],
    ["grpc", "livenessProbe"],
  ])("the probes of a port that is none: %s of a %s", (handler, probe) => {
    const container = { name: "one", [probe]: { [handler]: { port: 80 } } };
    const deployment = resource("apps/v1:Deployment", { spec: { template: { spec: { containers: [container] } } } });
    expect(refused("probe-enforce-ports", deployment)).toEqual(["violation"]);
  });

  it("the administrators in a ConfigMap, which is not base64", () => {
    const configMap = resource("core/v1:ConfigMap", { metadata: { name: "database", namespace: "home" }, data: { PGUSER: "rdsadmin" } });
    const reader = pod({}, { envFrom: [{ configMapRef: { name: "database" } }] });
    expect(refused("pod-disallow-admin-credentials", reader, configMap)).toEqual(["violation"]);
  });
});
