/**
 * Runbook §1: the HTTPS web service: Deployment, Service, Ingresses, autoscaling, disruption budget, network policies, and the migration
 * Job that must succeed before the Deployment changes.
 */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { IngressAnnotations } from "./edge";
import type { HardenedNamespace } from "./namespace";
import { awaiting, podTurnSeconds } from "./lib/awaiting";
import { refuse } from "./lib/component-error";
import { contentTag } from "./lib/content-tag";
import { createMigrationJob, migrationJobName } from "./lib/migration-job";
import { type DatabaseNetwork, TO_DNS, toDatabase } from "./lib/network-policy";
import { type DatabaseCredential, partsOf, type PodSecret } from "./lib/pod-secret";
import { MAX_SURGE_PODS } from "./lib/rollout";
import { validateWebService } from "./lib/web-arguments";
import { buildServerPod, SERVER_NAME } from "./lib/web-pod";

export { validateWebService };

/** Seconds without progress after which a rollout has failed: the startup probe's 2 minutes and an image pull. */
const PROGRESS_DEADLINE_SECONDS = 300;
/** Old ReplicaSets that are kept to roll back to. */
const REVISION_HISTORY = 5;
/** Seconds that the load must be low before pods are taken away: longer than the pauses of a lesson. */
const SCALE_DOWN_SECONDS = 300;

/** Arguments of {@link WebService}. */
export interface WebServiceArgs {
  /** Image reference with a git short SHA as tag, or a digest. */
  readonly image: string;
  /** Public host. */
  readonly apiHost: string;
  /** Origins of `CORS_ORIGINS`. */
  readonly corsOrigins: readonly string[];
  /** TCP port that the server listens on. */
  readonly containerPort: number;
  /** Seconds that what the application signs is good for: access tokens (JWT), and sessions with their CSRF tokens. */
  readonly tokenSeconds: { readonly access: number; readonly session: number };
  /** Bounds of the autoscaler, in pods. */
  readonly replicas: { readonly minimum: number; readonly maximum: number };
  /** Whether a minimum of one pod is accepted: the service is away whenever that pod is. */
  readonly allowSingleReplica: boolean;
  readonly cpuRequestMillicores: number;
  readonly cpuLimitMillicores: number;
  readonly memoryRequestMebibytes: number;
  readonly memoryLimitMebibytes: number;
  /** Autoscaling target, percent of the CPU request. */
  readonly cpuTargetPercent: number;
  /** Autoscaling target, percent of the memory request. */
  readonly memoryTargetPercent: number;
  /** Seconds that a new pod must stay ready before the next one is replaced. */
  readonly minReadySeconds: number;
  /** Seconds that a pod serves on after it left the endpoints. */
  readonly drainSeconds: number;
  /** Seconds from the termination signal to the kill, drain included; long enough for a request under way ({@link leastGraceSeconds}). */
  readonly terminationGraceSeconds: number;
  /** Seconds after which a migration has failed. */
  readonly migrationDeadlineSeconds: number;
  readonly ingress: {
    readonly ingressClass: string;
    /** Namespace whose pods may reach the server. */
    readonly controllerNamespace: string;
    /** Address blocks outside the cluster that may reach the server too: the external nginx's. */
    readonly allowedFrom: readonly string[];
    /** Paths without a rate limit. */
    readonly exemptPaths: readonly string[];
    /** What the edge asks of the controller. */
    readonly annotations: IngressAnnotations;
    /** The controller's settings, which the annotations refer to. */
    readonly controllerConfig: pulumi.Resource;
    /** Secret with the certificate. */
    readonly tlsSecretName: string;
  };
  readonly database: DatabaseNetwork;
  /** The application's secrets (environment). */
  readonly appSecret: PodSecret;
  /** maestro_app's DATABASE_URL. */
  readonly databaseSecret: DatabaseCredential;
  /** maestro_migrator's DATABASE_URL, in the migrations' namespace. */
  readonly migratorSecret: DatabaseCredential;
  readonly namespace: HardenedNamespace;
  readonly migrationsNamespace: HardenedNamespace;
  readonly labels: Readonly<Record<string, string>>;
}

/** The web service. @see docs/runbook/1-https.md */
export class WebService extends pulumi.ComponentResource {
  /** `https://<apiHost>`. */
  readonly url: string;
  /** Name of the Deployment. */
  readonly deploymentName: string;
  /** Name of the Service. */
  readonly serviceName: string;
  /** Name of the migration Job of this image, in the migrations' namespace. */
  readonly migrationJobName: string;
  /** The migration Job: what comes after it finds the schema of this image. */
  readonly migration: k8s.batch.v1.Job;

  /** @throws ComponentArgumentsError with every problem of the arguments, before any resource exists */
  constructor(name: string, args: WebServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("maestroverse:ops:WebService", name, {}, opts);
    refuse("WebService", validateWebService(args));
    const parent = { parent: this };
    const namespace = args.namespace.namespaceName;
    const inNamespace = { ...parent, dependsOn: [args.namespace.namespace] };
    const selector = { "app.kubernetes.io/name": SERVER_NAME };
    const meta = (objectName: string) => ({ name: objectName, namespace, labels: { ...args.labels, ...selector } });

    this.migration = createMigrationJob(this, name, args);

    const serviceAccount = new k8s.core.v1.ServiceAccount(
      `${name}-service-account`,
      { metadata: meta(SERVER_NAME), automountServiceAccountToken: false },
      inNamespace,
    );
    const environment = buildEnvironment(args);
    // Named by content: a change makes a new one, and the pods that use it.
    const configMap = new k8s.core.v1.ConfigMap(
      `${name}-environment`,
      { metadata: meta(`${SERVER_NAME}-${contentTag(environment)}`), data: environment, immutable: true },
      inNamespace,
    );
    const deployment = new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata: meta(SERVER_NAME),
        spec: {
          // No `replicas`: the HorizontalPodAutoscaler owns the number.
          selector: { matchLabels: selector },
          minReadySeconds: args.minReadySeconds,
          progressDeadlineSeconds: PROGRESS_DEADLINE_SECONDS,
          revisionHistoryLimit: REVISION_HISTORY,
          // One pod at a time, a new one ready before an old one goes (runbook §3, step 3).
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: MAX_SURGE_PODS } },
          template: buildServerPod({
            ...args,
            configMapName: `${SERVER_NAME}-${contentTag(environment)}`,
            secretNames: [args.appSecret.secretName, args.databaseSecret.secretName],
            authorityConfigMap: args.databaseSecret.authority?.configMapName,
            serviceAccountName: SERVER_NAME,
            selector,
          }),
        },
      },
      {
        ...parent,
        dependsOn: [serviceAccount, configMap, args.appSecret.secret, ...partsOf(args.databaseSecret), this.migration],
        ...awaiting(PROGRESS_DEADLINE_SECONDS + args.replicas.maximum * podTurnSeconds(args.terminationGraceSeconds)),
      },
    );
    const service = new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata: meta(SERVER_NAME),
        spec: { type: "ClusterIP", selector, ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }] },
      },
      // The cluster gives it, also to a Service that was there before: an address less would be another Service to the provider.
      { ...parent, dependsOn: [deployment], ignoreChanges: ["spec.clusterIP", "spec.clusterIPs"] },
    );
    // Annotations hold for a whole Ingress, but the uptime checks must never see a 429; F5's controller wants one more for the certificate.
    const { host, api, exempt } = args.ingress.annotations;
    const before =
      host === undefined ? [service] : [this.ingress(`${name}-host-ingress`, "maestroverse-api-host", [], host, args, [service])];
    this.ingress(`${name}-ingress`, "maestroverse-api", [{ path: "/", pathType: "Prefix" }], api, args, before);
    const exemptPaths = args.ingress.exemptPaths.map((path) => ({ path, pathType: "Exact" }));
    this.ingress(`${name}-exempt-ingress`, "maestroverse-api-exempt", exemptPaths, exempt, args, before);
    new k8s.policy.v1.PodDisruptionBudget(
      `${name}-disruption-budget`,
      {
        metadata: meta(SERVER_NAME),
        spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow", selector: { matchLabels: selector } },
      },
      inNamespace,
    );
    new k8s.autoscaling.v2.HorizontalPodAutoscaler(
      `${name}-autoscaler`,
      {
        metadata: meta(SERVER_NAME),
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: SERVER_NAME },
          minReplicas: args.replicas.minimum,
          maxReplicas: args.replicas.maximum,
          metrics: [["cpu", args.cpuTargetPercent] as const, ["memory", args.memoryTargetPercent] as const].map(
            ([resource, averageUtilization]) => ({
              type: "Resource",
              resource: { name: resource, target: { type: "Utilization", averageUtilization } },
            }),
          ),
          behavior: {
            scaleDown: { stabilizationWindowSeconds: SCALE_DOWN_SECONDS, policies: [{ type: "Pods", value: 1, periodSeconds: 60 }] },
            scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: "Percent", value: 100, periodSeconds: 30 }] },
          },
        },
      },
      { ...parent, dependsOn: [deployment] },
    );
    new k8s.networking.v1.NetworkPolicy(
      `${name}-network-policy`,
      {
        metadata: meta(SERVER_NAME),
        spec: {
          podSelector: { matchLabels: selector },
          policyTypes: ["Ingress", "Egress"],
          ingress: [
            {
              from: [
                { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": args.ingress.controllerNamespace } } },
                ...args.ingress.allowedFrom.map((cidr) => ({ ipBlock: { cidr } })),
              ],
              ports: [{ protocol: "TCP", port: args.containerPort }],
            },
          ],
          egress: [TO_DNS, toDatabase(args.database)],
        },
      },
      inNamespace,
    );

    this.url = `https://${args.apiHost}`;
    this.deploymentName = SERVER_NAME;
    this.serviceName = SERVER_NAME;
    this.migrationJobName = migrationJobName(args);
    this.registerOutputs({
      url: this.url,
      deploymentName: this.deploymentName,
      serviceName: this.serviceName,
      migrationJobName: this.migrationJobName,
    });
  }

  /** One of the host's Ingresses. The certificate is on the one without paths; where there is none, on each. */
  private ingress(
    logicalName: string,
    objectName: string,
    paths: readonly { readonly path: string; readonly pathType: string }[],
    annotations: Readonly<Record<string, string>>,
    args: WebServiceArgs,
    dependsOn: pulumi.Resource[],
  ): k8s.networking.v1.Ingress {
    const backend = { service: { name: SERVER_NAME, port: { name: "http" } } };
    const hasCertificate = paths.length === 0 || args.ingress.annotations.host === undefined;
    const rule = { host: args.apiHost, ...(paths.length === 0 ? {} : { http: { paths: paths.map((path) => ({ ...path, backend })) } }) };
    return new k8s.networking.v1.Ingress(
      logicalName,
      {
        metadata: { name: objectName, namespace: args.namespace.namespaceName, labels: args.labels, annotations },
        spec: {
          ingressClassName: args.ingress.ingressClass,
          ...(hasCertificate ? { tls: [{ hosts: [args.apiHost], secretName: args.ingress.tlsSecretName }] } : {}),
          rules: [rule],
        },
      },
      { parent: this, dependsOn: [...dependsOn, args.ingress.controllerConfig] },
    );
  }
}

/** The plain environment of the server's pods. */
export function buildEnvironment(
  args: Pick<WebServiceArgs, "corsOrigins" | "containerPort" | "apiHost" | "tokenSeconds">,
): Record<string, string> {
  return {
    NODE_ENV: "production",
    CORS_ORIGINS: args.corsOrigins.join(","),
    PORT: String(args.containerPort),
    // Hosts that the server redirects to; it never trusts the Host header for that.
    PUBLIC_URL: `https://${args.apiHost}`,
    LOG_FORMAT: "combined",
    // One proxy (the edge) stands before it and says who the client is.
    TRUST_PROXY: "1",
    // As long as these an old secret must be accepted (runbook §3).
    ACCESS_TOKEN_SECONDS: String(args.tokenSeconds.access),
    SESSION_SECONDS: String(args.tokenSeconds.session),
  };
}
