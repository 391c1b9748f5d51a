/** The rehearsal's cluster for the operator's commands. Its node has no way into a container: what kubectl logs and exec would show are files here. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { type ClusterAccess, openCluster, type PodContainer } from "../ops/cluster";
import { volumesDirectory } from "./node-agent/pod-worker";
import { kubeconfigFile } from "./substrates/control-plane";

interface PodObject {
  readonly metadata: { readonly uid: string };
  readonly spec: {
    readonly containers: readonly {
      readonly name: string;
      readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
    }[];
  };
}

/** Bytes that a line of a log has at most, for reading from the end. */
const LINE_BYTES = 1024;

/** Opens it. */
export async function openRehearsalCluster(directory: string, context: string): Promise<ClusterAccess> {
  const cluster = await openCluster({ kubeconfig: kubeconfigFile(directory), context });
  return {
    ...cluster,
    async log({ namespace, pod, container }, lines) {
      const text = await readEnd(join(directory, "pods", `${namespace}_${pod}`, `${container}.log`), lines * LINE_BYTES);
      return text
        .split("\n")
        .slice(-lines - 1)
        .join("\n");
    },
    async file(of, path, bytes) {
      return readEnd(await fileOnMachine(cluster, directory, of, path), bytes);
    },
  };
}

/** Where a container's file is on this machine. @throws Error when it is on no volume */
async function fileOnMachine(
  cluster: Pick<ClusterAccess, "get">,
  directory: string,
  { namespace, pod, container }: PodContainer,
  path: string,
): Promise<string> {
  const { metadata, spec } = await cluster.get<PodObject>(`/api/v1/namespaces/${namespace}/pods/${pod}`);
  const mounts = spec.containers.find(({ name }) => name === container)?.volumeMounts ?? [];
  const mount = mounts.find(({ mountPath }) => path.startsWith(`${mountPath}/`));
  if (mount === undefined) throw new Error(`${path} of ${namespace}/${pod} is on no volume.`);
  return join(volumesDirectory(directory), metadata.uid, mount.name, path.slice(mount.mountPath.length));
}

async function readEnd(file: string, bytes: number): Promise<string> {
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, bytes);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString("utf8");
  } finally {
    await handle.close();
  }
}
