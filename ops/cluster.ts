/** A stack's Kubernetes cluster: objects, logs and files of pods. */
import { PassThrough, Writable } from "node:stream";
import type { KubeConfig } from "@kubernetes/client-node";
import { Agent, request } from "undici";

/** Milliseconds that an answer may take. */
const ANSWER_MILLISECONDS = 15_000;

/** A container of a pod. */
export interface PodContainer {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** The cluster. */
export interface ClusterAccess {
  /** An object or a list by its path, for example `/apis/apps/v1/namespaces/maestroverse/deployments/maestroverse-server`. @throws Error with the server's words */
  get<T>(path: string): Promise<T>;
  /** The same of what may be gone: undefined. @throws Error with the server's words */
  find<T>(path: string): Promise<T | undefined>;
  /** Creates an object in a collection, for example `/api/v1/namespaces/maestroverse/pods`. @throws Error with the server's words */
  create(collection: string, object: object): Promise<void>;
  /** Server-side apply of some fields of an object by its path, taking them from whoever holds them. @throws Error with the server's words */
  apply(path: string, fields: object, manager: string): Promise<void>;
  /** Deletes an object by its path, and what it owns after it; one that is gone is fine. @throws Error with the server's words */
  remove(path: string): Promise<void>;
  /** The last lines of what a container printed. */
  log(of: PodContainer, lines: number): Promise<string>;
  /** The last bytes of a file in a container. */
  file(of: PodContainer, path: string, bytes: number): Promise<string>;
  /** Ends its connections. */
  close(): Promise<void>;
}

/** Which cluster. */
export interface ClusterOptions {
  /** kubeconfig's path. @default `$KUBECONFIG`, else `~/.kube/config` */
  readonly kubeconfig?: string | undefined;
  /** The only context that is used, whatever the kubeconfig's current one is. */
  readonly context: string;
}

/** Connects. @throws Error when the kubeconfig has no such context */
export async function openCluster({ kubeconfig, context }: ClusterOptions): Promise<ClusterAccess> {
  // Lazily: it takes half a second to load.
  const sdk = await import("@kubernetes/client-node");
  const config = new sdk.KubeConfig();
  if (kubeconfig === undefined) config.loadFromDefault();
  else config.loadFromFile(kubeconfig);
  if (config.getContextObject(context) === null)
    throw new Error(`the kubeconfig has no context ${JSON.stringify(context)} (cluster.context). Set KUBECONFIG to the file that has it.`);
  config.setCurrentContext(context);
  const call = await caller(config);
  const exec = new sdk.Exec(config);
  return {
    get: async <T>(path: string) => JSON.parse(await call.text(path)) as T,
    find: async <T>(path: string) => {
      const text = await call.text(path, { absent: true });
      return text === "" ? undefined : (JSON.parse(text) as T);
    },
    create: async (collection, object) => {
      await call.text(collection, { method: "POST", body: JSON.stringify(object) });
    },
    apply: async (path, fields, manager) => {
      await call.text(`${path}?fieldManager=${manager}&force=true`, { method: "PATCH", body: JSON.stringify(fields) });
    },
    remove: async (path) => {
      await call.text(`${path}?propagationPolicy=Background`, { method: "DELETE", absent: true });
    },
    log: ({ namespace, pod, container }, lines) =>
      call.text(`/api/v1/namespaces/${namespace}/pods/${pod}/log?container=${container}&tailLines=${lines}`),
    file: async ({ namespace, pod, container }, path, bytes) => {
      const output = new PassThrough().setEncoding("utf8");
      const complaint: string[] = [];
      const errors = new Writable({ write: (chunk: Buffer, _encoding, done) => (complaint.push(chunk.toString()), done()) });
      const status = await new Promise<{ readonly status?: string; readonly message?: string }>((resolve, reject) => {
        exec
          .exec(namespace, pod, container, ["tail", "-c", String(bytes), path], output, errors, null, false, resolve)
          .then((socket) => socket.on("error", reject), reject);
      });
      output.end();
      if (status.status !== "Success")
        throw new Error(
          `${path} of ${namespace}/${pod} cannot be read: ${complaint.join("").trim() || (status.message ?? "no reason given")}`,
        );
      return String(output.read() ?? "");
    },
    close: () => call.close(),
  };
}

async function caller(config: KubeConfig) {
  const server = config.getCurrentCluster()?.server.replace(/\/$/, "") ?? "";
  const options: { headers?: Record<string, unknown>; ca?: unknown; cert?: unknown; key?: unknown; rejectUnauthorized?: unknown } = {};
  await config.applyToHTTPSOptions(options as Parameters<KubeConfig["applyToHTTPSOptions"]>[0]);
  const { headers = {}, ca, cert, key, rejectUnauthorized } = options;
  const connect = Object.fromEntries(Object.entries({ ca, cert, key, rejectUnauthorized }).filter(([, value]) => value != null));
  const dispatcher = new Agent({ connect });
  return {
    /** @param how `absent`: what is not there is fine */
    async text(path: string, how: { method?: "POST" | "PATCH" | "DELETE"; body?: string; absent?: true } = {}): Promise<string> {
      const { statusCode, body } = await request(`${server}${path}`, {
        dispatcher,
        method: how.method ?? "GET",
        headers: {
          ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
          ...(how.body === undefined
            ? {}
            : { "content-type": how.method === "PATCH" ? "application/apply-patch+yaml" : "application/json" }),
        },
        body: how.body ?? null,
        headersTimeout: ANSWER_MILLISECONDS,
        bodyTimeout: ANSWER_MILLISECONDS,
      });
      const text = await body.text();
      if (statusCode === 404 && how.absent === true) return "";
      if (statusCode >= 300) throw new Error(`the cluster answered ${statusCode} to ${path}: ${reasonOf(text)}`);
      return text;
    },
    close: () => dispatcher.destroy(),
  };
}

/** The server answers with a Status object; what stands in between may answer with anything. */
function reasonOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: string };
    if (typeof message === "string") return message;
  } catch {
    // No Status object.
  }
  return text.slice(0, 200);
}
