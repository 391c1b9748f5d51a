/**
 * The application as it is deployed, tried on another database (runbook §5): its migrations, then a server that nobody else reaches and that is
 * asked what a user would. Everything in the cluster is of this run, named for it, and removed at the end.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { credentialData } from "../../components/lib/database-credential";
import { TO_DNS, toDatabase } from "../../components/lib/network-policy";
import { SERVER_NAME } from "../../components/lib/web-pod";
import type { RoleKey } from "../../components/lib/privileges";
import type { ClusterAccess } from "../cluster";
import type { Systems } from "../verify/systems";

/** Label of what a trial makes: `app.kubernetes.io/name`. No Service chooses it. */
const TRIAL_NAME = "maestroverse-drill";
const NAME_LABEL = "app.kubernetes.io/name";
const MIGRATION_SELECTOR = `${NAME_LABEL}=maestroverse-migrate`;
const DATABASE_SECRET = /^maestroverse-database-/;
/** Milliseconds between two looks. */
const LOOK_MILLISECONDS = 1000;
/** Seconds that the server and its smoke tests may take. */
const SMOKE_SECONDS = 180;
const LOG_LINES = 50;
const SMOKE_CONTAINER = "smoke";

interface ObjectMetadata {
  readonly name: string;
  readonly deletionTimestamp?: string;
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly envFrom?: readonly { readonly secretRef?: { readonly name: string } }[];
  readonly securityContext?: object;
  readonly volumeMounts?: readonly { readonly name: string }[];
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly serviceAccountName?: string;
}

interface Template {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
}

interface JobObject {
  readonly metadata: { readonly name: string; readonly creationTimestamp: string };
  readonly spec: { readonly activeDeadlineSeconds?: number; readonly template: Template };
  readonly status?: { readonly succeeded?: number; readonly failed?: number };
}

interface PodObject {
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly phase?: string;
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly state?: {
        readonly terminated?: { readonly exitCode: number };
        readonly waiting?: { readonly reason?: string; readonly message?: string };
      };
    }[];
  };
}

/** A step of the smoke tests, as the pod prints it. */
interface SmokeStep {
  readonly step: string;
  readonly status: number | string;
  readonly wanted: number;
  readonly passed: boolean;
}

/** The application on a database of this name. */
export class Trial {
  /** Paths of what was made, the last first. */
  private readonly made: string[] = [];

  constructor(
    private readonly systems: Systems,
    private readonly databaseName: string,
    private readonly run: string,
    private readonly signal: AbortSignal,
  ) {}

  /** `db:migrate` by a Job like the last one that was deployed. @returns the lines that it printed @throws Error with its last lines */
  async migrate(): Promise<string[]> {
    const cluster = await this.systems.cluster();
    const { migrationsNamespace: namespace } = this.systems.access.settings.cluster;
    const { items } = await cluster.get<{ items: readonly JobObject[] }>(
      `/apis/batch/v1/namespaces/${namespace}/jobs?labelSelector=${encodeURIComponent(MIGRATION_SELECTOR)}`,
    );
    const [latest] = items
      .filter(({ metadata }) => !metadata.name.startsWith(TRIAL_NAME))
      .sort((a, b) => b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp));
    if (latest === undefined) throw new Error(`namespace ${namespace} has no migration Job: deploy the stack first.`);
    const { template, activeDeadlineSeconds = 600 } = latest.spec;
    const secret = await this.credential("migrator", namespace);
    const name = `${TRIAL_NAME}-migrate-${this.run}`;
    // The NetworkPolicy of migrations is for pods of this label.
    const labels = { [NAME_LABEL]: MIGRATION_SELECTOR.split("=")[1], "maestroverse.edu/run": this.run };
    await this.make(`/apis/batch/v1/namespaces/${namespace}/jobs`, {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name, namespace, labels },
      spec: { backoffLimit: 0, activeDeadlineSeconds, template: { metadata: { labels }, spec: withSecret(template.spec, secret) } },
    });
    for (let waited = 0; ; waited++) {
      const { status = {} } = await cluster.get<JobObject>(`/apis/batch/v1/namespaces/${namespace}/jobs/${name}`);
      if (status.succeeded !== undefined || status.failed !== undefined || waited > activeDeadlineSeconds) {
        const lines = await this.printed(cluster, namespace, `job-name=${name}`, template.spec.containers[0]?.name ?? "migrate");
        if (status.succeeded === 1) return lines;
        throw new Error(`db:migrate ${status.failed === undefined ? "did not end" : "failed"}: ${lines.slice(-3).join(" | ")}`);
      }
      await this.pause();
    }
  }

  /**
   * The deployed server on the new database, and the smoke tests beside it.
   *
   * @param readOnly leaves nothing in the database
   * @returns a line for each step
   * @throws Error that says which failed
   */
  async smoke(readOnly: boolean): Promise<string[]> {
    const cluster = await this.systems.cluster();
    const { cluster: clusterSettings, hosts, database } = this.systems.access.settings;
    const { namespace } = clusterSettings;
    const deployment = await cluster.get<{ spec: { template: Template } }>(
      `/apis/apps/v1/namespaces/${namespace}/deployments/${SERVER_NAME}`,
    );
    const secret = await this.credential("app", namespace);
    const name = `${TRIAL_NAME}-${this.run}`;
    const labels = { [NAME_LABEL]: TRIAL_NAME, "maestroverse.edu/run": this.run };
    await this.make(`/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`, {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name, namespace, labels },
      spec: {
        podSelector: { matchLabels: labels },
        policyTypes: ["Ingress", "Egress"],
        ingress: [],
        egress: [TO_DNS, toDatabase({ port: database.port, cidrs: clusterSettings.databaseCidrs })],
      },
    });
    const spec = { ...withSecret(deployment.spec.template.spec, secret), topologySpreadConstraints: undefined };
    const [server] = spec.containers;
    if (server === undefined) throw new Error(`Deployment ${SERVER_NAME} has no container.`);
    await this.make(`/api/v1/namespaces/${namespace}/pods`, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace, labels },
      spec: {
        ...spec,
        restartPolicy: "Never",
        terminationGracePeriodSeconds: 1,
        containers: [withoutDrain(server), smokeContainer(server, hosts.api, readOnly)],
      },
    });
    for (let waited = 0; ; waited++) {
      const { status = {} } = await cluster.get<PodObject>(`/api/v1/namespaces/${namespace}/pods/${name}`);
      const ended = (container: string) => status.containerStatuses?.find((each) => each.name === container)?.state?.terminated;
      const code = ended(SMOKE_CONTAINER)?.exitCode;
      if (code !== undefined) {
        const lines = await cluster.log({ namespace, pod: name, container: SMOKE_CONTAINER }, LOG_LINES);
        return toldBySmoke(lines, code);
      }
      const server = ended(SERVER_NAME);
      if (server !== undefined || status.phase === "Failed" || waited > SMOKE_SECONDS) {
        const log = await cluster.log({ namespace, pod: name, container: SERVER_NAME }, LOG_LINES).catch(() => "");
        const last = log.trim().split("\n").slice(-3).join(" | ");
        throw new Error(
          `the server ${server === undefined ? "did not answer" : `ended with exit code ${server.exitCode}`} on the new database: ${last}`,
        );
      }
      await this.pause();
    }
  }

  /** Removes everything that this run made. */
  async clear(): Promise<void> {
    if (this.made.length === 0) return;
    const cluster = await this.systems.cluster();
    for (const path of this.made.splice(0)) await cluster.remove(path);
  }

  /** A Secret like the one of the role's pods, of another database. */
  private async credential(key: RoleKey, namespace: string): Promise<string> {
    const { database } = this.systems.access.settings;
    const name = `${TRIAL_NAME}-${key}-${this.run}`;
    await this.make(`/api/v1/namespaces/${namespace}/secrets`, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace, labels: { [NAME_LABEL]: TRIAL_NAME, "maestroverse.edu/run": this.run } },
      immutable: true,
      type: "Opaque",
      // Few connections: those of the pods that serve come first.
      stringData: credentialData(
        key,
        { ...database, databaseName: this.databaseName, poolSizePerPod: 2 },
        await this.systems.credentialOf(key),
      ),
    });
    return name;
  }

  private async make(
    collection: string,
    object: { readonly metadata: { readonly name: string; readonly [field: string]: unknown }; readonly [field: string]: unknown },
  ): Promise<void> {
    const cluster = await this.systems.cluster();
    this.made.unshift(`${collection}/${object.metadata.name}`);
    await cluster.create(collection, object);
  }

  private async printed(cluster: ClusterAccess, namespace: string, selector: string, container: string): Promise<string[]> {
    const { items } = await cluster.get<{ items: readonly PodObject[] }>(
      `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`,
    );
    const pod = items[0]?.metadata.name;
    if (pod === undefined) return [];
    return (await cluster.log({ namespace, pod, container }, LOG_LINES)).trim().split("\n");
  }

  private pause(): Promise<void> {
    return sleep(LOOK_MILLISECONDS, undefined, { signal: this.signal });
  }
}

/** Removes what runs that were killed have left in the stack's namespaces. Only for who holds the lock. @returns names */
export async function removeLeftTrials(systems: Systems): Promise<string[]> {
  const cluster = await systems.cluster();
  const { namespace, migrationsNamespace } = systems.access.settings.cluster;
  const selector = `labelSelector=${encodeURIComponent("maestroverse.edu/run")}`;
  const collections = [
    `/api/v1/namespaces/${namespace}/pods`,
    `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`,
    `/api/v1/namespaces/${namespace}/secrets`,
    `/apis/batch/v1/namespaces/${migrationsNamespace}/jobs`,
    `/api/v1/namespaces/${migrationsNamespace}/secrets`,
  ];
  const removed: string[] = [];
  for (const collection of collections) {
    const { items } = await cluster.get<{ items: readonly { readonly metadata: ObjectMetadata }[] }>(`${collection}?${selector}`);
    for (const { metadata } of items) {
      // A pod of the run before may still be saying farewell.
      if (metadata.deletionTimestamp !== undefined) continue;
      await cluster.remove(`${collection}/${metadata.name}`);
      removed.push(metadata.name);
    }
  }
  return removed;
}

/** The pod of a template with another database's credential. */
function withSecret(spec: PodSpec, secret: string): PodSpec {
  return {
    ...spec,
    containers: spec.containers.map((container) => ({
      ...container,
      envFrom: (container.envFrom ?? []).map((source) =>
        DATABASE_SECRET.test(source.secretRef?.name ?? "") ? { ...source, secretRef: { ...source.secretRef, name: secret } } : source,
      ),
    })),
  };
}

/** Nobody sends it requests: it may end at once. */
function withoutDrain(container: Container): Container & { readonly lifecycle: undefined } {
  return { ...container, lifecycle: undefined };
}

function smokeContainer({ image, ports = [], securityContext, volumeMounts = [] }: Container, apiHost: string, readOnly: boolean): object {
  const port = ports.find(({ name }) => name === "http")?.containerPort ?? ports[0]?.containerPort;
  return {
    name: SMOKE_CONTAINER,
    image,
    imagePullPolicy: "IfNotPresent",
    command: ["node", "-e", readFileSync(join(__dirname, "smoke.cjs"), "utf8")],
    env: [
      { name: "PORT", value: String(port) },
      { name: "API_HOST", value: apiHost },
      { name: "READ_ONLY", value: readOnly ? "yes" : "no" },
    ],
    resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { cpu: "500m", memory: "128Mi" } },
    securityContext,
    volumeMounts: volumeMounts.filter(({ name }) => name === "tmp"),
  };
}

/** @throws Error that names the step that failed */
function toldBySmoke(lines: string, exitCode: number): string[] {
  const steps = lines
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as SmokeStep);
  const failed = steps.find(({ passed }) => !passed);
  if (failed !== undefined)
    throw new Error(`smoke test "${failed.step}": got ${failed.status}, wanted ${failed.wanted} and what belongs to it.`);
  if (exitCode !== 0 || steps.length === 0)
    throw new Error(`the smoke tests ended with exit code ${exitCode}: ${lines.trim().slice(-200)}`);
  return steps.map(({ step, status }) => `${step} ${status}`);
}
