/** The node's own objects: the Node, and the Lease that shows that the agent is alive. */
import { statfsSync } from "node:fs";
import { arch, availableParallelism, release, totalmem } from "node:os";
import { KUBERNETES_VERSION } from "../../toolchain/versions";
import { type Api, isStatus } from "./api";
import { describe } from "./informer";
import type { NodeObject } from "./objects";
import { pause } from "./probe";

/** Between two heartbeats; the controller manager gives up on a node after 50 seconds. */
const HEARTBEAT_MILLISECONDS = 10_000;
/** Between two of a node that takes no pods yet, or whose server is away. */
const IMPATIENT_MILLISECONDS = 1_000;
const LEASE_SECONDS = 40;
/** What keeps pods away until the controller manager has seen that the node is ready. */
const LOST_TAINTS: readonly string[] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
/** Node.js' names of processors, as Kubernetes has them. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** What the node is called and where it is. */
export interface NodeIdentity {
  readonly name: string;
  readonly address: string;
  /** Zone of the topology label. */
  readonly zone: string;
  /** Folder whose disk the pods' files lie on. */
  readonly directory: string;
}

/** A condition as it is reported; its times are the writer's. */
interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

const NOT_MEASURED = "not measured by the node agent";
const CONDITIONS: readonly Condition[] = [
  ...["MemoryPressure", "DiskPressure", "PIDPressure"].map((type) => ({
    type,
    status: "False",
    reason: "NodeAgent",
    message: NOT_MEASURED,
  })),
  { type: "Ready", status: "True", reason: "NodeAgentReady", message: "the node agent runs pods as local processes" },
];

/** The node, as seen by the cluster. */
export class Node {
  private readonly path: string;
  private readonly architecture = ARCHITECTURES[arch()] ?? arch();
  private known: NodeObject | undefined;

  constructor(
    private readonly api: Api,
    private readonly node: NodeIdentity,
    private readonly log: (line: string) => void,
  ) {
    this.path = `/api/v1/nodes/${node.name}`;
  }

  /** Registers it, or takes over the one of an earlier agent. */
  async register(): Promise<void> {
    const { name, zone } = this.node;
    const labels = {
      "kubernetes.io/hostname": name,
      "kubernetes.io/os": "linux",
      "kubernetes.io/arch": this.architecture,
      "topology.kubernetes.io/zone": zone,
      "topology.kubernetes.io/region": zone.replace(/-?[a-z]$/, ""),
    };
    const body = { metadata: { name, labels } };
    this.known = await this.api.create<NodeObject>("/api/v1/nodes", body).catch((error: unknown) => {
      if (!isStatus(error, 409)) throw error;
      return this.api.patch<NodeObject>(this.path, body);
    });
  }

  /**
   * Shows again and again that the agent is alive, until the signal is aborted; a server that is away is told when it is back.
   *
   * @param takesPods told once, when the scheduler may use the node
   */
  async keepAlive(signal: AbortSignal, takesPods: () => void): Promise<void> {
    let told = false;
    while (!signal.aborted) {
      try {
        await this.renewLease();
        // The controller manager may have called the node lost meanwhile; only a status takes that back.
        await this.report();
        const free = this.known?.spec?.taints?.some(({ key }) => LOST_TAINTS.includes(key)) !== true;
        if (free && !told) takesPods();
        told ||= free;
        // It looks at a node when that changes, and does not try again when it could not take the first taint off.
        await pause(free ? HEARTBEAT_MILLISECONDS : IMPATIENT_MILLISECONDS, signal);
      } catch (error) {
        this.log(`heartbeat: ${describe(error)}`);
        await pause(IMPATIENT_MILLISECONDS, signal);
      }
    }
  }

  private async renewLease(): Promise<void> {
    const { name } = this.node;
    const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
    const renewTime = new Date().toISOString().replace("Z", "000Z");
    const spec = { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime };
    await this.api.patch(`${leases}/${name}`, { spec }).catch((error: unknown) => {
      if (!isStatus(error, 404)) throw error;
      return this.api.create(leases, { metadata: { name }, spec });
    });
  }

  private async report(): Promise<void> {
    const { name, address, directory } = this.node;
    const now = new Date().toISOString();
    const { blocks, bsize } = statfsSync(directory);
    const resources = {
      cpu: String(availableParallelism()),
      memory: `${Math.floor(totalmem() / 1024)}Ki`,
      "ephemeral-storage": String(blocks * bsize),
      pods: "110",
    };
    const before = new Map(this.known?.status?.conditions?.map((condition) => [condition.type, condition]));
    const conditions = CONDITIONS.map((condition) => {
      const { status, lastTransitionTime = now } = before.get(condition.type) ?? {};
      return { ...condition, lastHeartbeatTime: now, lastTransitionTime: status === condition.status ? lastTransitionTime : now };
    });
    const addresses = [
      { type: "InternalIP", address },
      { type: "Hostname", address: name },
    ];
    const nodeInfo = {
      machineID: name,
      systemUUID: name,
      bootID: name,
      kernelVersion: release(),
      osImage: "local processes",
      containerRuntimeVersion: "bubblewrap://local",
      kubeletVersion: `v${KUBERNETES_VERSION}`,
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: this.architecture,
    };
    this.known = await this.api.patch<NodeObject>(`${this.path}/status`, {
      status: { capacity: resources, allocatable: resources, addresses, conditions, nodeInfo },
    });
  }
}
