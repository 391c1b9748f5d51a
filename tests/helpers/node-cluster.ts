/** A control plane with the node agent as its only node, on free ports and addresses of the loopback. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CONTROL_PLANE_SERVERS, startControlPlane } from "../../rehearsal/lib/control-plane";
import { Supervisor } from "../../rehearsal/lib/supervisor";
import { Api, isStatus } from "../../rehearsal/node-agent/api";
import type { ImageTable } from "../../rehearsal/node-agent/image";
import type { Pod } from "../../rehearsal/node-agent/objects";
import { type NodeAgentSettings, readyFile } from "../../rehearsal/node-agent/settings";
import { rehearsalPrograms } from "../../rehearsal/programs";
import { RUN_BUNDLE } from "../../toolchain/bundle";
import { bubblewrapTool, provide } from "../../toolchain/tools";
import { REPOSITORY } from "../../toolchain/versions";
import { freePorts } from "./free-ports";

/** Namespace of the tests' objects; Pod Security `restricted` is enforced in it. */
export const NAMESPACE = "test";
/** The Service whose proxy the agent runs. */
export const SERVICE = "web";
/** Class of the Ingresses that it reports. */
export const INGRESS_CLASS = "nginx";

/** What a pod of the cluster must say to be let in and run. */
export const POD_BASICS = {
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  terminationGracePeriodSeconds: 5,
  securityContext: { runAsNonRoot: true, runAsUser: 10001, runAsGroup: 10001, fsGroup: 10001, seccompProfile: { type: "RuntimeDefault" } },
} as const;
/** And its containers. */
export const CONTAINER_BASICS = {
  image: "test/any:1",
  securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
} as const;

/** The cluster. */
export class NodeCluster {
  /** Port of the loopback that stands for the {@link SERVICE}. */
  readonly proxyPort: number;
  private constructor(
    readonly api: Api,
    readonly directory: string,
    readonly supervisor: Supervisor,
    private readonly settingsFile: string,
    private readonly restartControlPlane: () => Promise<void>,
    settings: NodeAgentSettings,
  ) {
    this.proxyPort = settings.services[0]?.listen.port ?? 0;
  }

  /** Starts everything. @param images beside `test/any`, which holds the system's programs and this repository */
  static async start(images: ImageTable = {}): Promise<NodeCluster> {
    const directory = mkdtempSync(join(tmpdir(), "node-cluster-"));
    const supervisor = new Supervisor(directory);
    const [etcd = 0, etcdPeer = 0, apiServer = 0, controllerManager = 0, scheduler = 0, proxy = 0] = await freePorts(6);
    const kubeconfig = join(directory, "kubeconfig");
    const settings: NodeAgentSettings = {
      kubeconfig,
      directory,
      bwrap: (await provide(bubblewrapTool, () => undefined)).path,
      nodeName: "test-node",
      zone: "test-a",
      // Apart from a rehearsal's and, most likely, another test's.
      podNetwork: `10.${1 + (process.pid % 240)}`,
      images: { "test/any": { command: [], workingDirectory: "/", path: [], folders: [REPOSITORY] }, ...images },
      services: [{ namespace: NAMESPACE, name: SERVICE, listen: { address: "127.0.0.1", port: proxy } }],
      ingress: { className: INGRESS_CLASS, address: "127.0.0.1" },
    };
    const settingsFile = join(directory, "node-agent", "settings.json");
    mkdirSync(dirname(settingsFile), { recursive: true });
    writeFileSync(settingsFile, JSON.stringify(settings));
    const ports = { etcd, etcdPeer, apiServer, controllerManager, scheduler };
    const options = {
      directory: join(directory, "control-plane"),
      kubeconfig,
      context: "test",
      ports,
      supervisor,
      report: () => undefined,
    };
    try {
      await startControlPlane(options);
      const api = await Api.fromFile(kubeconfig);
      const cluster = new NodeCluster(api, directory, supervisor, settingsFile, () => startControlPlane(options), settings);
      await cluster.startAgent();
      const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
      await api.create("/api/v1/namespaces", { metadata: { name: NAMESPACE, labels } });
      await cluster.until("the default service account", () => cluster.find(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default`));
      return cluster;
    } catch (error) {
      await stopAll(supervisor, directory);
      throw error;
    }
  }

  /** Starts the agent unless it runs. */
  async startAgent(): Promise<void> {
    const programs = await rehearsalPrograms();
    await this.supervisor.start({
      name: "node-agent",
      command: [process.execPath, RUN_BUNDLE, programs["node-agent"], this.settingsFile],
      ready: async () => Number(await readFile(readyFile(this.directory), "utf8")) === this.supervisor.find("node-agent")?.pid,
    });
  }

  /** Takes the API server away for a while. */
  async interruptApiServer(milliseconds: number): Promise<void> {
    // Not its own slow farewell to those who watch.
    await this.supervisor.stop("kube-apiserver", 1);
    await sleep(milliseconds);
    await this.restartControlPlane();
  }

  /** Path of objects of the test's namespace. */
  path(resource: string, name?: string, group = "/api/v1"): string {
    return `${group}/namespaces/${NAMESPACE}/${resource}${name === undefined ? "" : `/${name}`}`;
  }

  /** Makes a pod of one container. */
  createPod(name: string, container: object, spec: object = {}): Promise<Pod> {
    return this.api.create<Pod>(this.path("pods"), {
      metadata: { name },
      spec: { ...POD_BASICS, restartPolicy: "Never", ...spec, containers: [{ name: "main", ...CONTAINER_BASICS, ...container }] },
    });
  }

  getPod(name: string): Promise<Pod> {
    return this.api.get<Pod>(this.path("pods", name));
  }

  /** The object, undefined when there is none. */
  async find<T>(path: string): Promise<T | undefined> {
    return this.api.get<T>(path).catch((error: unknown) => {
      if (isStatus(error, 404)) return undefined;
      throw error;
    });
  }

  /** A pod that satisfies a condition. */
  untilPod(name: string, holds: (pod: Pod) => boolean, seconds?: number): Promise<Pod> {
    return this.until(
      `pod ${name}`,
      async () => {
        const pod = await this.find<Pod>(this.path("pods", name));
        return pod !== undefined && holds(pod) ? pod : undefined;
      },
      seconds,
      async () => JSON.stringify((await this.find<Pod>(this.path("pods", name)))?.status),
    );
  }

  /** Asks again and again until there is an answer. @throws Error after the time */
  async until<T>(what: string, ask: () => Promise<T | undefined>, seconds = 20, last?: () => Promise<string>): Promise<T> {
    const deadline = Date.now() + seconds * 1000;
    while (Date.now() < deadline) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      await sleep(100);
    }
    throw new Error(`${what}: not within ${seconds} s. ${(await last?.()) ?? ""}`);
  }

  /** What a container wrote. */
  log(pod: string, container = "main"): string {
    return readFileSync(join(this.directory, "pods", `${NAMESPACE}_${pod}`, `${container}.log`), "utf8");
  }

  async stop(): Promise<void> {
    await this.api.close();
    await stopAll(this.supervisor, this.directory);
  }
}

async function stopAll(supervisor: Supervisor, directory: string): Promise<void> {
  for (const name of ["node-agent", ...CONTROL_PLANE_SERVERS]) await supervisor.stop(name);
  rmSync(directory, { recursive: true, force: true });
}
