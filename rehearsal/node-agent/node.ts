/** The node's own objects: the Node, and the Lease that shows that the agent is alive. */
import { statfsSync } from "node:fs";
import { arch, availableParallelism, totalmem } from "node:os";
import { KUBERNETES_VERSION } from "../../toolchain/versions";
import { type Api, isStatus } from "./api";
import { describe } from "./informer";
import { pause } from "./probe";

/** Seconds between two heartbeats; the controller manager gives up on a node after 50. */
const HEARTBEAT_SECONDS = 10;
const LEASE_SECONDS = 40;
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

/** Registers the node, or takes over the one of an earlier agent. */
export async function registerNode(api: Api, node: NodeIdentity): Promise<void> {
  const architecture = ARCHITECTURES[arch()] ?? arch();
  const body = {
    metadata: {
      name: node.name,
      labels: {
        "kubernetes.io/hostname": node.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": architecture,
        "topology.kubernetes.io/zone": node.zone,
        "topology.kubernetes.io/region": node.zone.replace(/-?[a-z]$/, ""),
      },
    },
  };
  await api.create("/api/v1/nodes", body).catch((error: unknown) => {
    if (!isStatus(error, 409)) throw error;
    return api.patch(`/api/v1/nodes/${node.name}`, body);
  });
  await reportNode(api, node, architecture);
}

async function reportNode(api: Api, node: NodeIdentity, architecture: string): Promise<void> {
  const now = new Date().toISOString();
  const { bavail, bsize } = statfsSync(node.directory);
  const resources = {
    cpu: String(availableParallelism()),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    "ephemeral-storage": String(bavail * bsize),
    pods: "110",
  };
  const condition = (type: string, holds: boolean, reason: string, message: string) => ({
    type,
    status: holds ? "True" : "False",
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  const unknown = "not measured by the node agent";
  await api.patch(`/api/v1/nodes/${node.name}/status`, {
    status: {
      capacity: resources,
      allocatable: resources,
      addresses: [
        { type: "InternalIP", address: node.address },
        { type: "Hostname", address: node.name },
      ],
      conditions: [
        condition("MemoryPressure", false, "NodeAgent", unknown),
        condition("DiskPressure", false, "NodeAgent", unknown),
        condition("PIDPressure", false, "NodeAgent", unknown),
        condition("Ready", true, "NodeAgentReady", "the node agent runs pods as local processes"),
      ],
      nodeInfo: {
        machineID: node.name,
        systemUUID: node.name,
        bootID: node.name,
        kernelVersion: "",
        osImage: "local processes under bubblewrap",
        containerRuntimeVersion: "bubblewrap://local",
        kubeletVersion: `v${KUBERNETES_VERSION}`,
        kubeProxyVersion: "",
        operatingSystem: "linux",
        architecture,
      },
    },
  });
}

/** Shows again and again that the agent is alive; a server that is away is told when it is back. */
export async function keepAlive(api: Api, node: NodeIdentity, signal: AbortSignal, log: (line: string) => void): Promise<void> {
  const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
  while (!signal.aborted) {
    const spec = {
      holderIdentity: node.name,
      leaseDurationSeconds: LEASE_SECONDS,
      renewTime: new Date().toISOString().replace("Z", "000Z"),
    };
    try {
      await api.patch(`${leases}/${node.name}`, { spec }).catch((error: unknown) => {
        if (!isStatus(error, 404)) throw error;
        return api.create(leases, { metadata: { name: node.name }, spec });
      });
      await pause(HEARTBEAT_SECONDS * 1000, signal);
    } catch (error) {
      log(`heartbeat: ${describe(error)}`);
      await pause(1000, signal);
    }
  }
}
