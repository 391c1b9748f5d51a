/** The rehearsal's Kubernetes cluster: a real control plane, and what an operator of a cluster has installed before this program comes. */
import { join } from "node:path";
import type { Settings } from "../../config";
import { CONTROL_PLANE_SERVERS, type ControlPlanePorts, startControlPlane } from "../lib/control-plane";
import type { Rehearsal, Substrate } from "../lib/substrate";
import { KubernetesClient, type ObjectKey } from "../plugins/kubernetes/client";

/** Ports of the control plane; nothing of the program knows them, so they are no settings. */
const PORTS = { etcd: 22379, etcdPeer: 22380, apiServer: 26443, controllerManager: 20257, scheduler: 20259 } satisfies ControlPlanePorts;

/** The administrator's kubeconfig. */
export function kubeconfigFile(directory: string): string {
  return join(directory, "kubeconfig");
}

/** A client of the rehearsal's cluster, whatever else the user's kubeconfig holds. */
export function connectToCluster({ directory, settings }: Pick<Rehearsal, "directory" | "settings">): Promise<KubernetesClient> {
  return KubernetesClient.connect({ kubeconfig: kubeconfigFile(directory), context: settings.cluster.context });
}

/** The cluster. */
export const controlPlane: Substrate = {
  title: "Kubernetes control plane",
  servers: CONTROL_PLANE_SERVERS,
  ports: () =>
    Object.values(PORTS).map((port) => ({ address: "127.0.0.1", port, setting: "fixed, see rehearsal/substrates/control-plane.ts" })),
  async start(rehearsal) {
    const { directory, settings, supervisor, report, signal } = rehearsal;
    await startControlPlane({
      directory: join(directory, "control-plane"),
      kubeconfig: kubeconfigFile(directory),
      context: settings.cluster.context,
      ports: PORTS,
      supervisor,
      report,
      signal,
    });
    const client = await connectToCluster(rehearsal);
    for (const object of prerequisites(settings)) await client.apply(object, keyOf(object), "rehearsal", false);
  },
};

type Prerequisite = Record<string, unknown> & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
};

/** What the installation of F5's NGINX Ingress Controller leaves in a cluster, the controller aside. */
function prerequisites({ cluster: { ingressController } }: Settings): Prerequisite[] {
  const { namespace, configMap, ingressClass } = ingressController;
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: configMap, namespace } },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      metadata: { name: ingressClass },
      spec: { controller: "nginx.org/ingress-controller" },
    },
  ];
}

function keyOf({ apiVersion, kind, metadata: { name, namespace } }: Prerequisite): ObjectKey {
  return { apiVersion, kind, name, namespace };
}
