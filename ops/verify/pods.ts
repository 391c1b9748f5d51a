/** The server's pods, as the cluster has them. */
import { SERVER_NAME } from "../../components/lib/web-pod";
import type { ProbeContext } from "./probe";

/** A pod of the server. */
export interface ServerPod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly containers: readonly { readonly image: string }[] };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Pods of the server that run and are to stay. */
export async function serverPods({ settings, systems }: ProbeContext): Promise<readonly ServerPod[]> {
  const cluster = await systems.cluster();
  const { items } = await cluster.get<{ readonly items: readonly ServerPod[] }>(
    `/api/v1/namespaces/${settings.cluster.namespace}/pods?labelSelector=${encodeURIComponent(`app.kubernetes.io/name=${SERVER_NAME}`)}`,
  );
  return items.filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && status?.phase === "Running");
}

/** Whether a pod takes requests. */
export const isReady = ({ status }: ServerPod) =>
  status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") === true;
