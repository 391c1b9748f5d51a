/** A client of the API server that passes JSON through as it is: the typed models would drop fields that their version does not know. */
import type { RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import { Agent, request } from "undici";
import type { ApiObject } from "./objects";

/** Milliseconds that an answer may take: the server itself gives up on a request after a minute. */
const ANSWER_MILLISECONDS = 15_000;
/** Seconds after which the server ends a watch; it is then resumed where it ended. */
const WATCH_SECONDS = 240;
/** Milliseconds of silence after which a watch counts as dead: bookmarks come every minute. */
const SILENCE_MILLISECONDS = 150_000;

/** What the API server says when it refuses. */
export class ApiError extends Error {
  /** @param status HTTP status */
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** Whether an error is the server's answer of that status. */
export function isStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof ApiError && statuses.includes(error.status);
}

/** One step of a watch. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: ApiObject & { readonly code?: number; readonly message?: string };
}

type Query = Readonly<Record<string, string>>;

/** The client. Paths are those of the API, for example `/api/v1/nodes`. */
export class Api {
  private constructor(
    private readonly server: string,
    private readonly headers: Readonly<Record<string, string>>,
    private readonly dispatcher: Agent,
  ) {}

  /** A client for the current context of a kubeconfig. @throws Error when it has none */
  static async fromFile(kubeconfig: string): Promise<Api> {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new Error(`${kubeconfig} has no current context.`);
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const headers = Object.fromEntries(Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]));
    const { ca, cert, key, rejectUnauthorized } = options;
    const connect = Object.fromEntries(Object.entries({ ca, cert, key, rejectUnauthorized }).filter(([, value]) => value != null));
    return new Api(cluster.server.replace(/\/$/, ""), headers, new Agent({ connect }));
  }

  get<T>(path: string, query?: Query): Promise<T> {
    return this.send<T>("GET", path, { query });
  }

  create<T>(path: string, body: object): Promise<T> {
    return this.send<T>("POST", path, { body });
  }

  /** Merges into an object: lists that have keys (conditions) by key, all others as a whole. */
  patch<T>(path: string, body: object): Promise<T> {
    return this.send<T>("PATCH", path, { body, contentType: "application/strategic-merge-patch+json" });
  }

  remove(path: string, body: object = {}): Promise<unknown> {
    return this.send("DELETE", path, { body });
  }

  /** Ends its connections. */
  async close(): Promise<void> {
    await this.dispatcher.destroy();
  }

  /** The changes since a resource version, until the server or the signal ends them. */
  async *watch(path: string, query: Query, resourceVersion: string, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const watchQuery = { ...query, resourceVersion, watch: "true", allowWatchBookmarks: "true", timeoutSeconds: String(WATCH_SECONDS) };
    const { statusCode, body } = await request(this.url(path, watchQuery), {
      dispatcher: this.dispatcher,
      headers: this.headers,
      headersTimeout: ANSWER_MILLISECONDS,
      bodyTimeout: SILENCE_MILLISECONDS,
      signal,
    });
    if (statusCode >= 300) throw toError(statusCode, await body.text());
    let rest = "";
    for await (const chunk of body.setEncoding("utf8")) {
      const lines = (rest + String(chunk)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") yield JSON.parse(line) as WatchEvent;
    }
  }

  private url(path: string, query: Query = {}): string {
    const search = new URLSearchParams(query).toString();
    return `${this.server}${path}${search === "" ? "" : `?${search}`}`;
  }

  private async send<T>(
    method: "GET" | "POST" | "PATCH" | "DELETE",
    path: string,
    options: { readonly query?: Query | undefined; readonly body?: object; readonly contentType?: string },
  ): Promise<T> {
    const { statusCode, body } = await request(this.url(path, options.query), {
      method,
      dispatcher: this.dispatcher,
      headers: { ...this.headers, accept: "application/json", "content-type": options.contentType ?? "application/json" },
      headersTimeout: ANSWER_MILLISECONDS,
      bodyTimeout: ANSWER_MILLISECONDS,
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    const text = await body.text();
    if (statusCode >= 300) throw toError(statusCode, text);
    return JSON.parse(text) as T;
  }
}

/** The server answers with a Status object; what stands in between may answer with anything. */
function toError(status: number, text: string): ApiError {
  try {
    const { message } = JSON.parse(text) as { message?: string };
    if (typeof message === "string") return new ApiError(status, message);
  } catch {
    // No Status object.
  }
  return new ApiError(status, `The API server answered ${status}: ${text.slice(0, 200)}`);
}
