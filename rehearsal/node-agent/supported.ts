/** What the agent can honour. A field beyond that must not be ignored: the pod would run, and behave otherwise than in a cluster. */
import type { Container, Pod, Volume } from "./objects";

/**
 * What may stand under a key: nothing that matters here, a value for which the field asks nothing (anything else is refused), or an object
 * whose own keys are known.
 */
type Rule = "any" | readonly unknown[] | Fields;
interface Fields {
  readonly [key: string]: Rule;
}

/** Fields that other parts of the cluster honour, or that ask for nothing that a local process lacks. */
const ELSEWHERE = {
  affinity: "any",
  automountServiceAccountToken: "any",
  dnsPolicy: ["ClusterFirst", "Default"],
  imagePullSecrets: "any",
  nodeName: "any",
  nodeSelector: "any",
  preemptionPolicy: "any",
  priority: "any",
  priorityClassName: "any",
  resources: "any",
  schedulerName: "any",
  serviceAccount: "any",
  serviceAccountName: "any",
  tolerations: "any",
  topologySpreadConstraints: "any",
} as const satisfies Fields;

const HTTP_GET: Fields = { path: "any", port: "any", host: "any", scheme: ["HTTP", "HTTPS"], httpHeaders: "any" };
const PROBE: Fields = {
  exec: "any",
  httpGet: HTTP_GET,
  tcpSocket: "any",
  initialDelaySeconds: "any",
  periodSeconds: "any",
  timeoutSeconds: "any",
  successThreshold: "any",
  failureThreshold: "any",
  terminationGracePeriodSeconds: "any",
};
/** RuntimeDefault is not enforced (docs/adr/0005), and what Unconfined permits is permitted. */
const SECCOMP: Fields = { type: ["RuntimeDefault", "Unconfined"] };

const POD: Fields = {
  ...ELSEWHERE,
  containers: "any",
  initContainers: "any",
  volumes: "any",
  // The variables of Services hold cluster addresses, which nothing listens on here.
  enableServiceLinks: [false],
  hostname: "any",
  os: { name: ["linux"] },
  restartPolicy: "any",
  securityContext: {
    fsGroup: "any",
    fsGroupChangePolicy: "any",
    runAsGroup: "any",
    runAsNonRoot: "any",
    runAsUser: "any",
    seccompProfile: SECCOMP,
    supplementalGroups: "any",
    supplementalGroupsPolicy: "any",
  },
  terminationGracePeriodSeconds: "any",
  hostIPC: [false],
  hostNetwork: [false],
  hostPID: [false],
  setHostnameAsFQDN: [false],
  shareProcessNamespace: [false],
};

const CONTAINER: Fields = {
  name: "any",
  image: "any",
  imagePullPolicy: "any",
  command: "any",
  args: "any",
  workingDir: "any",
  ports: "any",
  env: "any",
  envFrom: "any",
  resources: "any",
  resizePolicy: "any",
  volumeMounts: "any",
  startupProbe: PROBE,
  readinessProbe: PROBE,
  livenessProbe: PROBE,
  lifecycle: { preStop: { exec: "any", httpGet: HTTP_GET, sleep: "any" } },
  terminationMessagePath: "any",
  terminationMessagePolicy: ["File"],
  stdin: [false],
  stdinOnce: [false],
  tty: [false],
  securityContext: {
    // bubblewrap never lets a program gain rights.
    allowPrivilegeEscalation: [false],
    // None is left in any case.
    capabilities: { drop: "any", add: [[]] },
    privileged: [false],
    procMount: ["Default"],
    readOnlyRootFilesystem: "any",
    runAsGroup: "any",
    runAsNonRoot: "any",
    runAsUser: "any",
    seccompProfile: SECCOMP,
  },
};

const VOLUME: Fields = {
  name: "any",
  configMap: "any",
  secret: "any",
  emptyDir: { sizeLimit: "any", medium: [""] },
  persistentVolumeClaim: "any",
  projected: "any",
};
const PROJECTION: Fields = { configMap: "any", secret: "any", serviceAccountToken: "any", downwardAPI: "any" };
const MOUNT: Fields = {
  name: "any",
  mountPath: "any",
  readOnly: "any",
  subPath: "any",
  mountPropagation: ["None"],
  recursiveReadOnly: ["Disabled"],
};
const VALUE_FROM: Fields = { fieldRef: "any", secretKeyRef: "any", configMapKeyRef: "any" };

/** Every field of a pod that the agent cannot honour, with its path; empty when it can run the pod as a cluster would. */
export function unsupportedFields(pod: Pod): string[] {
  const { spec } = pod;
  if (spec === undefined) return ["spec: missing"];
  return [
    ...check(spec, POD, "spec"),
    ...(spec.volumes ?? []).flatMap((volume, index) => checkVolume(volume, `spec.volumes[${index}]`)),
    ...(["initContainers", "containers"] as const).flatMap((key) =>
      (spec[key] ?? []).flatMap((container, index) => checkContainer(container, `spec.${key}[${index}]`)),
    ),
    ...[...(spec.initContainers ?? []), ...spec.containers].flatMap((container) => checkUser(pod, container)),
  ];
}

function checkContainer(container: Container, path: string): string[] {
  return [
    ...check(container, CONTAINER, path),
    ...(container.volumeMounts ?? []).flatMap((mount, index) => check(mount, MOUNT, `${path}.volumeMounts[${index}]`)),
    ...(container.env ?? []).flatMap(({ name, valueFrom = {} }) => check(valueFrom, VALUE_FROM, `${path}.env[${name}].valueFrom`)),
  ];
}

function checkVolume(volume: Volume, path: string): string[] {
  const sources = volume.projected?.sources ?? [];
  return [
    ...check(volume, VOLUME, path),
    ...sources.flatMap((source, index) => check(source, PROJECTION, `${path}.projected.sources[${index}]`)),
  ];
}

/** There is no image whose user would count. */
function checkUser(pod: Pod, container: Container): string[] {
  const user = container.securityContext?.runAsUser ?? pod.spec?.securityContext?.runAsUser;
  if (user !== undefined && user !== 0) return [];
  return [`securityContext.runAsUser of container ${container.name}: ${user ?? "missing"}; it must be a user other than root`];
}

function check(value: object, fields: Fields, path: string): string[] {
  return Object.entries(value).flatMap(([key, field]: [string, unknown]) => {
    const rule = fields[key];
    const where = `${path}.${key}`;
    if (field === undefined || field === null || rule === "any") return [];
    if (rule === undefined) return [`${where}: not known to the node agent`];
    if (Array.isArray(rule))
      return rule.some((allowed) => JSON.stringify(allowed) === JSON.stringify(field)) ? [] : [`${where}: ${JSON.stringify(field)}`];
    return check(field, rule as Fields, where);
  });
}
