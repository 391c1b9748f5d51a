/**
 * Objects of any kind in a Kubernetes API server.
 *
 * Transport and authentication are those of `@kubernetes/client-node`. Its `KubernetesObjectApi` is not used: it sends objects through the
 * typed models and so drops, in silence, every field that its version does not know.
 */
import type * as Sdk from "@kubernetes/client-node";

import type { Properties } from "../lib/contract";
import { booleanSetting } from "../lib/settings";
import { type Connection, loadConnection } from "./kubeconfig";

/** An object with the names that every object has. */
export interface LiveObject extends Properties {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Properties & { readonly name: string; readonly namespace?: string; readonly uid: string };
}

/** Where an object is. */
export interface ObjectKey {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** @default the connection's namespace, for kinds that live in one */
  readonly namespace?: string | undefined;
}

/** What the API server says when it refuses. */
export class ApiError extends Error {
  /**
   * @param status HTTP status.
   * @param reason The server's word for it, for example `AlreadyExists`.
   */
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** The client. */
export class KubernetesClient {
  private readonly http: Sdk.IsomorphicFetchHttpLibrary;
  private readonly discovered = new Map<string, Promise<readonly ApiResource[]>>();

  private constructor(
    private readonly connection: Connection,
    private readonly sdk: typeof Sdk,
    /** Whether every object takes over fields that another manager holds. */
    readonly forces: boolean,
  ) {
    this.http = new sdk.IsomorphicFetchHttpLibrary();
  }

  /** A client for the cluster that the provider's settings say. @see loadConnection */
  static async connect(config: Properties): Promise<KubernetesClient> {
    // Lazily: it takes half a second to load, which no preview needs to spend.
    const sdk = await import("@kubernetes/client-node");
    return new KubernetesClient(loadConnection(config, new sdk.KubeConfig()), sdk, booleanSetting(config, "enablePatchForce") === true);
  }

  /** The object, undefined when there is none. */
  async get(key: ObjectKey): Promise<LiveObject | undefined> {
    try {
      return (await this.request("GET", await this.path(key))) as LiveObject;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Every object of a kind in a namespace that has the labels. */
  async list(key: Omit<ObjectKey, "name">, labelSelector: string): Promise<LiveObject[]> {
    const path = await this.path({ ...key, name: "" });
    const { items } = (await this.request("GET", path, { labelSelector })) as { items: LiveObject[] };
    return items;
  }

  /**
   * Server-side apply: makes the object, or makes it hold these fields. The server refuses fields that it does not know and, unless
   * `force`, fields that another manager holds with another value.
   */
  async apply(object: Properties, key: ObjectKey, fieldManager: string, force: boolean): Promise<LiveObject> {
    const query = { fieldManager, fieldValidation: "Strict", ...(force && { force: "true" }) };
    const path = await this.path(key);
    return (await this.request("PATCH", path, query, object, "application/apply-patch+yaml")) as LiveObject;
  }

  /** Changes an object's bookkeeping of who has which field, unless it has changed since it was read. */
  async patchManagedFields(key: ObjectKey, { metadata }: LiveObject, managedFields: readonly Properties[]): Promise<void> {
    const patch = [
      { op: "test", path: "/metadata/resourceVersion", value: metadata["resourceVersion"] },
      { op: "replace", path: "/metadata/managedFields", value: managedFields },
    ];
    await this.request("PATCH", await this.path(key), {}, patch, "application/json-patch+json");
  }

  /** Asks for the deletion; nothing happens when the object is gone already. */
  async delete(key: ObjectKey, propagationPolicy: "Foreground" | "Background" | "Orphan"): Promise<void> {
    try {
      await this.request("DELETE", await this.path(key), {}, { propagationPolicy });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
    }
  }

  private async path({ apiVersion, kind, name, namespace }: ObjectKey): Promise<string> {
    const resource = await this.resource(apiVersion, kind);
    const parts = [apiVersion.includes("/") ? "apis" : "api", apiVersion];
    if (resource.namespaced) parts.push("namespaces", encodeURIComponent(namespace ?? this.connection.namespace));
    parts.push(resource.name);
    if (name !== "") parts.push(encodeURIComponent(name));
    return parts.join("/");
  }

  private async resource(apiVersion: string, kind: string): Promise<ApiResource> {
    const root = apiVersion.includes("/") ? "apis" : "api";
    let known = this.discovered.get(apiVersion);
    if (known === undefined) {
      known = this.request("GET", `${root}/${apiVersion}`).then((list) => (list as { resources: ApiResource[] }).resources);
      this.discovered.set(apiVersion, known);
      known.catch(() => this.discovered.delete(apiVersion));
    }
    const found = (await known).find((each) => each.kind === kind && !each.name.includes("/"));
    if (found === undefined) throw new Error(`The cluster does not know the kind ${kind} of ${apiVersion}. Install what defines it.`);
    return found;
  }

  private async request(
    method: keyof typeof Sdk.HttpMethod,
    path: string,
    query: Readonly<Record<string, string>> = {},
    body?: Properties | readonly Properties[],
    contentType = "application/json",
  ): Promise<unknown> {
    const context = new this.sdk.RequestContext(`${this.connection.server}/${path}`, this.sdk.HttpMethod[method]);
    for (const [name, value] of Object.entries(query)) context.setQueryParam(name, value);
    context.setHeaderParam("Accept", "application/json");
    if (body !== undefined) {
      context.setHeaderParam("Content-Type", contentType);
      context.setBody(JSON.stringify(body));
    }
    await this.connection.kubeConfig.applySecurityAuthentication(context);
    const response = await this.http.send(context).toPromise();
    const text = await response.body.text();
    if (response.httpStatusCode < 300) return JSON.parse(text) as unknown;
    throw toError(response.httpStatusCode, text);
  }
}

/** The server answers with a Status object; what stands in between (a proxy) may answer with anything. */
function toError(status: number, text: string): ApiError {
  try {
    const { message, reason } = JSON.parse(text) as { message?: string; reason?: string };
    if (typeof message === "string") return new ApiError(status, reason ?? "", message);
  } catch {
    // No Status object.
  }
  return new ApiError(status, "", `The API server answered ${status}: ${text.slice(0, 200)}`);
}
