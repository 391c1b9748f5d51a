/** A collection of the API server's objects that is kept up to date. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Api, ApiError, isStatus } from "./api";
import { type ApiObject, identity } from "./objects";

/** Milliseconds between two tries to reach a server that does not answer. */
const RETRY_MILLISECONDS = 500;

/** What is told of a collection. Calls come one after the other. */
export interface Handler<T> {
  /** An object is new, or has changed. */
  changed?(object: T): void;
  /** An object is gone; `object` is how it was last seen. */
  gone?(object: T): void;
  /** The collection is complete for the first time. */
  synced?(): void;
}

/** Lists, then watches; lists again whenever the watch cannot be resumed, and tells the differences. */
export class Informer<T extends ApiObject> {
  private readonly objects = new Map<string, T>();
  private synced = false;

  /**
   * @param path of the collection
   * @param query further selectors
   * @param log where failures to reach the server are told
   */
  constructor(
    private readonly api: Api,
    private readonly path: string,
    private readonly query: Readonly<Record<string, string>>,
    private readonly handler: Handler<T>,
    private readonly log: (line: string) => void,
  ) {}

  /** The objects as they are known now. */
  items(): T[] {
    return [...this.objects.values()];
  }

  /** Runs until the signal is aborted; survives any failure of the server. */
  async run(signal: AbortSignal): Promise<void> {
    let resourceVersion: string | undefined;
    while (!signal.aborted) {
      try {
        resourceVersion ??= await this.list();
        for await (const { type, object } of this.api.watch(this.path, this.query, resourceVersion, signal)) {
          if (type === "ERROR") throw new ApiError(object.code ?? 500, object.message ?? "the watch failed");
          resourceVersion = object.metadata?.resourceVersion ?? resourceVersion;
          if (type !== "BOOKMARK") this.take(type, object as T);
        }
      } catch (error) {
        if (signal.aborted) return;
        // The server has forgotten the version, or is another one since: what was missed is found by a list.
        if (error instanceof ApiError) resourceVersion = undefined;
        if (!isStatus(error, 410)) this.log(`watching ${this.path}: ${describe(error)}`);
        await sleep(RETRY_MILLISECONDS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async list(): Promise<string> {
    const list = await this.api.get<{ items: T[]; metadata: { resourceVersion: string } }>(this.path, this.query);
    const present = new Set(list.items.map((object) => identity(object).uid));
    for (const object of this.items()) if (!present.has(identity(object).uid)) this.take("DELETED", object);
    for (const object of list.items) this.take("MODIFIED", object);
    if (!this.synced) this.handler.synced?.();
    this.synced = true;
    return list.metadata.resourceVersion;
  }

  private take(type: "ADDED" | "MODIFIED" | "DELETED", object: T): void {
    const { uid } = identity(object);
    if (type === "DELETED") {
      this.objects.delete(uid);
      this.handler.gone?.(object);
    } else {
      const changed = this.objects.get(uid)?.metadata?.resourceVersion !== object.metadata?.resourceVersion;
      this.objects.set(uid, object);
      if (changed) this.handler.changed?.(object);
    }
  }
}

/** An error in one line; of undici's, the reason. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === "" && "code" in error ? String(error.code) : error.message;
}
