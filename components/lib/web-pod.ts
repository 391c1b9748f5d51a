/** Pod templates of the web service and of its migration Job (runbook §1): pure builders. */
import type * as k8s from "@pulumi/kubernetes";
import { authorityMount } from "./database-authority";
import { logCollection } from "./log-scrubbing";
import { CONTAINER_SECURITY_CONTEXT, POD_SECURITY_CONTEXT, TMP_MOUNT, TMP_VOLUME } from "./pod-security";

export { contentTag } from "./content-tag";

/** Name of the Deployment, its container and its Service, as the runbook has it. */
export const SERVER_NAME = "maestroverse-server";
/** Folder of the log files that Datadog's agent tails (runbook §6). */
export const LOG_DIRECTORY = "/var/log/maestroverse";
/** Path that the readiness probe, the uptime check and the load balancers ask. */
export const HEALTH_PATH = "/health";

/** Seconds between two looks of the kubelet. Short, so that a pod that is ready gets requests at once. */
const PROBE_PERIOD_SECONDS = 5;
/** Failures after which a pod that never listened is restarted: 5 s × 24 = 2 minutes for a cold start. */
const STARTUP_FAILURES = 24;
/** Failures after which a pod gets no requests: 5 s × 2, about as long as a client waits. */
const READINESS_FAILURES = 2;
/** Failures after which a pod that no longer takes connections is restarted: 5 s × 12 = 1 minute, longer than a moment of overload. */
const LIVENESS_FAILURES = 12;
const PROBE_TIMING = { periodSeconds: PROBE_PERIOD_SECONDS, timeoutSeconds: 3 };

/**
 * Whether the pod can serve: `/health`, database and all, which the application answers itself instead of redirecting to HTTPS (a redirect
 * elsewhere would count as success).
 */
function readiness(apiHost: string): k8s.types.input.core.v1.Probe {
  const httpHeaders = [
    { name: "Host", value: apiHost },
    { name: "X-Forwarded-Proto", value: "https" },
  ];
  return { httpGet: { path: HEALTH_PATH, port: "http", httpHeaders }, ...PROBE_TIMING, failureThreshold: READINESS_FAILURES };
}

/** Whether a restart would help: not `/health`, or a database that is away would have every pod restarted (docs/adr/0008). */
function listening(failureThreshold: number): k8s.types.input.core.v1.Probe {
  return { tcpSocket: { port: "http" }, ...PROBE_TIMING, failureThreshold };
}

/** Arguments of {@link buildServerPod}. */
export interface ServerPodArgs {
  readonly image: string;
  readonly apiHost: string;
  readonly containerPort: number;
  readonly cpuRequestMillicores: number;
  readonly cpuLimitMillicores: number;
  readonly memoryRequestMebibytes: number;
  readonly memoryLimitMebibytes: number;
  readonly drainSeconds: number;
  readonly terminationGraceSeconds: number;
  /** ConfigMap with the plain environment. */
  readonly configMapName: string;
  /** Secrets whose keys become environment variables. */
  readonly secretNames: readonly string[];
  /** ConfigMap with the certificates that the database's is checked against; absent: none is mounted. */
  readonly authorityConfigMap?: string | undefined;
  readonly serviceAccountName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: Readonly<Record<string, string>>;
}

/** Pod template of the Deployment. */
export function buildServerPod(args: ServerPodArgs): k8s.types.input.core.v1.PodTemplateSpec {
  const authority = authorityMount(args.authorityConfigMap);
  return {
    metadata: {
      labels: { ...args.labels, ...args.selector },
      // Datadog's agent tails what the annotation of the container names (docs/runbook/6-observability.md).
      annotations: { [`ad.datadoghq.com/${SERVER_NAME}.logs`]: JSON.stringify(logCollection(LOG_DIRECTORY)) },
    },
    spec: {
      serviceAccountName: args.serviceAccountName,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: POD_SECURITY_CONTEXT,
      terminationGracePeriodSeconds: args.terminationGraceSeconds,
      topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
        maxSkew: 1,
        topologyKey,
        // A lost zone must not keep its pods from being made elsewhere.
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: { ...args.selector } },
        // Each rollout's pods are spread by themselves, without the ones that are about to go.
        matchLabelKeys: ["pod-template-hash"],
      })),
      containers: [
        {
          name: SERVER_NAME,
          image: args.image,
          imagePullPolicy: "IfNotPresent",
          ports: [{ name: "http", containerPort: args.containerPort, protocol: "TCP" }],
          envFrom: [{ configMapRef: { name: args.configMapName } }, ...args.secretNames.map((name) => ({ secretRef: { name } }))],
          resources: {
            requests: { cpu: `${args.cpuRequestMillicores}m`, memory: `${args.memoryRequestMebibytes}Mi`, "ephemeral-storage": "128Mi" },
            limits: { cpu: `${args.cpuLimitMillicores}m`, memory: `${args.memoryLimitMebibytes}Mi`, "ephemeral-storage": "1Gi" },
          },
          securityContext: CONTAINER_SECURITY_CONTEXT,
          startupProbe: listening(STARTUP_FAILURES),
          readinessProbe: readiness(args.apiHost),
          livenessProbe: listening(LIVENESS_FAILURES),
          // Endpoints take a moment to forget a pod that is going: it serves on meanwhile.
          lifecycle: { preStop: { sleep: { seconds: args.drainSeconds } } },
          volumeMounts: [TMP_MOUNT, { name: "logs", mountPath: LOG_DIRECTORY }, ...authority.volumeMounts],
        },
      ],
      volumes: [TMP_VOLUME, { name: "logs", emptyDir: { sizeLimit: "512Mi" } }, ...authority.volumes],
    },
  };
}

/** Arguments of {@link buildMigrationPod}. */
export interface MigrationPodArgs {
  readonly image: string;
  /** Secret with the migrator's DATABASE_URL. */
  readonly secretName: string;
  /** ConfigMap with the certificates that the database's is checked against; absent: none is mounted. */
  readonly authorityConfigMap?: string | undefined;
  readonly serviceAccountName: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Pod template of the migration Job. */
export function buildMigrationPod(args: MigrationPodArgs): k8s.types.input.core.v1.PodTemplateSpec {
  const authority = authorityMount(args.authorityConfigMap);
  return {
    metadata: { labels: { ...args.labels } },
    spec: {
      serviceAccountName: args.serviceAccountName,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: POD_SECURITY_CONTEXT,
      // A failed pod stays to be looked at; the Job makes a new one.
      restartPolicy: "Never",
      containers: [
        {
          name: "migrate",
          image: args.image,
          imagePullPolicy: "IfNotPresent",
          command: ["npm", "run", "db:migrate", "--workspace=server"],
          // npm writes its cache and logs under the home folder, which is read-only.
          env: [
            { name: "NODE_ENV", value: "production" },
            { name: "HOME", value: "/tmp" },
            { name: "npm_config_update_notifier", value: "false" },
          ],
          envFrom: [{ secretRef: { name: args.secretName } }],
          resources: {
            requests: { cpu: "100m", memory: "256Mi", "ephemeral-storage": "64Mi" },
            limits: { cpu: "1000m", memory: "512Mi", "ephemeral-storage": "256Mi" },
          },
          securityContext: CONTAINER_SECURITY_CONTEXT,
          volumeMounts: [TMP_MOUNT, ...authority.volumeMounts],
        },
      ],
      volumes: [TMP_VOLUME, ...authority.volumes],
    },
  };
}
