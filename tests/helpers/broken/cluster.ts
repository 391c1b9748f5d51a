/** Breaks the rehearsal's Kubernetes objects and pods, as somebody with kubectl would. */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { KubeConfig, KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import { BACKUP_NAME } from "../../../components/lib/backup-names";
import { SERVER_NAME } from "../../../components/lib/web-pod";
import type { Settings } from "../../../config";
import { volumesDirectory } from "../../../rehearsal/node-agent/pod-worker";
import { KubernetesClient } from "../../../rehearsal/plugins/kubernetes/client";
import { kubeconfigFile } from "../../../rehearsal/substrates/control-plane";
import { seen, type Undo } from "./undo";

/** Milliseconds in which the cluster has to come to what a mutation waits for. */
const WAIT_MILLISECONDS = 60_000;

const DEPLOYMENT = { apiVersion: "apps/v1", kind: "Deployment", name: SERVER_NAME };

/** A pod of the server that is none of the Deployment's. */
export const STRAY_POD = `${SERVER_NAME}-stray`;
const STRAY = { "maestroverse.edu/stray": "yes" };

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** An object: `apps/v1 Deployment maestroverse-server`, in the application's namespace or another. */
export interface Target {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Empty: of none. @default the application's */
  readonly namespace?: string;
}

/** A pod of the server, as it is. */
interface ServerPod extends Json {
  readonly metadata: Json & { readonly name: string; readonly uid: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: Json & { readonly containers: readonly (Json & { readonly env?: readonly Json[] })[] };
  readonly status: { readonly phase?: string; readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

interface JobTemplate {
  readonly metadata: Json;
  readonly spec: Json & { readonly template: Json & { readonly spec: Json & { readonly containers: readonly Json[] } } };
}

/** The cluster. */
export class BreakableCluster {
  private constructor(
    private readonly directory: string,
    private readonly namespace: string,
    private readonly api: KubernetesObjectApi,
    private readonly client: KubernetesClient,
  ) {}

  static async connect(directory: string, { cluster }: Settings): Promise<BreakableCluster> {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfigFile(directory));
    config.setCurrentContext(cluster.context);
    const client = await KubernetesClient.connect({ kubeconfig: kubeconfigFile(directory), context: cluster.context });
    return new BreakableCluster(directory, cluster.namespace, KubernetesObjectApi.makeApiClient(config), client);
  }

  /** Merges a patch into an object; undone, what the patch names has its old value again. */
  async patch(target: Target, patch: Json): Promise<Undo> {
    const before = await this.read(target);
    await this.merge(target, patch);
    return () => this.merge(target, inverse(before, patch));
  }

  /** Deletes an object; undone, it is there again, of the same owner of its fields. */
  async remove(target: Target): Promise<Undo> {
    const before = await this.read(target);
    const {
      name,
      labels,
      annotations,
      managedFields = [],
    } = before["metadata"] as {
      name: string;
      labels?: Json;
      annotations?: Json;
      managedFields?: { readonly manager: string; readonly operation: string }[];
    };
    const owner = managedFields.find(({ operation }) => operation === "Apply")?.manager ?? "test";
    const key = this.keyOf(target);
    await this.client.delete(key, "Background");
    await this.until(`${name} is gone`, async () => (await this.client.get(key)) === undefined);
    const { apiVersion, kind, spec } = before;
    return () =>
      this.client.apply({ apiVersion, kind, metadata: { name, namespace: key.namespace, labels, annotations }, spec }, key, owner, true);
  }

  /** Creates an object in the application's namespace; undone, it is gone. */
  async create(
    object: Json & { readonly apiVersion: string; readonly kind: string; readonly metadata: Json & { readonly name: string } },
  ): Promise<Undo> {
    const key = this.keyOf({ ...object, name: object.metadata.name });
    await this.client.apply({ ...object, metadata: { ...object.metadata, namespace: key.namespace } }, key, "test", false);
    return async () => {
      await this.client.delete(key, "Background");
      await this.until(`${key.name} is gone`, async () => (await this.client.get(key)) === undefined);
    };
  }

  /** Another image of the server in the Deployment, whose rollout is paused: its pods stay. */
  async setImage(image: string): Promise<Undo> {
    const { spec } = (await this.read(DEPLOYMENT)) as { spec: { template: { spec: { containers: Json[] } } } };
    const containers = spec.template.spec.containers.map((container) => ({ ...container, image }));
    const undo = await this.patch(DEPLOYMENT, { spec: { paused: true, template: { spec: { containers } } } });
    return async () => {
      await undo();
      await this.until("the Deployment is as it was", async () => {
        const { metadata, status } = (await this.read(DEPLOYMENT)) as { metadata: Json; status: Json };
        return status["observedGeneration"] === metadata["generation"] && status["availableReplicas"] === status["replicas"];
      });
    };
  }

  /** A pod of the server beside those of the Deployment, like them but for this, and all requests go to it. */
  async strayPodServes(change: { readonly env: readonly Json[] }): Promise<Undo> {
    const undoPod = await this.strayPod(change);
    let undoService: Undo | undefined;
    const undo = async () => {
      await undoService?.();
      await undoPod();
    };
    return seen(undo, async () => {
      undoService = await this.patch({ apiVersion: "v1", kind: "Service", name: SERVER_NAME }, { spec: { selector: STRAY } });
    });
  }

  /** A pod of the server beside those of the Deployment, like them but for this; it serves. */
  async strayPod(change: { readonly image?: string; readonly env?: readonly Json[] }): Promise<Undo> {
    const [{ metadata, spec }] = await this.serverPods();
    const [container = {}] = spec.containers;
    const labels = Object.fromEntries(Object.entries(metadata.labels).filter(([label]) => label !== "pod-template-hash"));
    const undo = await this.create({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: STRAY_POD, labels: { ...labels, ...STRAY } },
      spec: {
        ...spec,
        nodeName: undefined,
        terminationGracePeriodSeconds: 5,
        containers: [{ ...container, ...change, lifecycle: undefined }],
      },
    });
    const key = this.keyOf({ apiVersion: "v1", kind: "Pod", name: STRAY_POD });
    return seen(undo, () => this.until(`${STRAY_POD} serves`, async () => isReady((await this.client.get(key)) as ServerPod | undefined)));
  }

  /** Takes one of the server's pods away while no node takes another; undone, there is one again. */
  async losePod(): Promise<Undo> {
    const nodes = await this.client.list({ apiVersion: "v1", kind: "Node" }, "");
    const back = await Promise.all(
      nodes.map((node) =>
        this.patch(
          { apiVersion: "v1", kind: "Node", name: (node["metadata"] as { name: string }).name, namespace: "" },
          { spec: { unschedulable: true } },
        ),
      ),
    );
    const [{ metadata }] = await this.serverPods();
    const { spec } = await this.read(DEPLOYMENT);
    const available = (wanted: number) =>
      this.until(
        `${wanted} pods are available`,
        async () => ((await this.read(DEPLOYMENT))["status"] as { availableReplicas?: number }).availableReplicas === wanted,
      );
    const replicas = (spec as { replicas: number }).replicas;
    const undo = async () => {
      for (const each of back) await each();
      await available(replicas);
    };
    return seen(undo, async () => {
      await this.client.delete(this.keyOf({ apiVersion: "v1", kind: "Pod", name: metadata.name }), "Background");
      await available(replicas - 1);
    });
  }

  /** A nightly run that fails: a Job of the CronJob's template whose program does. */
  async failingBackup(): Promise<Undo> {
    const { spec } = (await this.read({ apiVersion: "batch/v1", kind: "CronJob", name: BACKUP_NAME })) as {
      spec: { jobTemplate: JobTemplate };
    };
    const { metadata, spec: job } = spec.jobTemplate;
    const name = `${BACKUP_NAME}-failing`;
    const pod = job.template.spec;
    const containers = pod.containers.map((container) => ({ ...container, command: ["false"], args: [] }));
    const undo = await this.create({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { ...metadata, name },
      spec: { ...job, backoffLimit: 0, template: { ...job.template, spec: { ...pod, containers } } },
    });
    return seen(undo, () =>
      this.until(`${name} has failed`, async () => {
        const { status = {} } = (await this.read({ apiVersion: "batch/v1", kind: "Job", name })) as {
          status?: { conditions?: { type: string }[] };
        };
        return status.conditions?.some(({ type }) => type === "Failed") === true;
      }),
    );
  }

  /** Adds a line to what a pod of the server printed. */
  async print(line: string): Promise<Undo> {
    const [{ metadata }] = await this.serverPods();
    return addLine(join(this.directory, "pods", `${this.namespace}_${metadata.name}`, `${SERVER_NAME}.log`), line);
  }

  /** Adds a line to a pod's access.log. */
  async writeAccessLog(line: string): Promise<Undo> {
    const [{ metadata }] = await this.serverPods();
    return addLine(join(volumesDirectory(this.directory), metadata.uid, "logs", "access.log"), line);
  }

  /** What `kubectl get` shows. */
  async read(target: Target): Promise<Json> {
    const found = await this.client.get(this.keyOf(target));
    if (found === undefined) throw new Error(`there is no ${target.kind} ${target.name}`);
    return found;
  }

  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    for (const end = performance.now() + WAIT_MILLISECONDS; !(await holds()); await sleep(200))
      if (performance.now() > end) throw new Error(`${what}: not within ${WAIT_MILLISECONDS / 1000} s`);
  }

  private async serverPods(): Promise<[ServerPod, ...ServerPod[]]> {
    const pods = (await this.client.list(
      { apiVersion: "v1", kind: "Pod", namespace: this.namespace },
      `app.kubernetes.io/name=${SERVER_NAME}`,
    )) as unknown as ServerPod[];
    const ready = pods.filter((pod) => isReady(pod));
    if (ready[0] === undefined) throw new Error("no pod of the server is ready");
    return ready as [ServerPod, ...ServerPod[]];
  }

  private keyOf({ apiVersion, kind, name, namespace = this.namespace }: Target) {
    return { apiVersion, kind, name, namespace: namespace === "" ? undefined : namespace };
  }

  private async merge(target: Target, patch: Json): Promise<void> {
    const { apiVersion, kind, name, namespace } = this.keyOf(target);
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }), ...(patch["metadata"] as Json | undefined) };
    await this.api.patch({ ...patch, apiVersion, kind, metadata }, undefined, undefined, "test", undefined, PatchStrategy.MergePatch);
  }
}

function isReady(pod: ServerPod | undefined): boolean {
  return (
    pod?.metadata["deletionTimestamp"] === undefined &&
    pod?.status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true
  );
}

/** The patch that puts back what another one changes. */
function inverse(before: Json, patch: Json): Json {
  return Object.fromEntries(
    Object.entries(patch).map(([name, value]) => {
      const old = before[name];
      return [name, isObject(value) && isObject(old) ? inverse(old, value) : (old ?? null)];
    }),
  );
}

/** Appends a line; undone, everything but that line is there. */
function addLine(file: string, line: string): Undo {
  appendFileSync(file, `${line}\n`);
  return () => {
    // In place: whoever writes it goes on with the same file.
    writeFileSync(file, readFileSync(file, "utf8").replace(`${line}\n`, ""));
    return Promise.resolve();
  };
}
