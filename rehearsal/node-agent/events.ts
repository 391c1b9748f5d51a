/** Events on objects, for `kubectl describe`. */
import { randomBytes } from "node:crypto";
import type { Api } from "./api";
import { type ApiObject, identity } from "./objects";

/** Milliseconds within which the same event is not told again. */
const REPEAT_MILLISECONDS = 30_000;
/** The component that events come from. */
const COMPONENT = "maestroverse-node-agent";

/** Tells events. One that cannot be told is lost: they are for people, nothing depends on them. */
export class Recorder {
  private readonly told = new Map<string, number>();

  constructor(
    private readonly api: Api,
    private readonly nodeName: string,
  ) {}

  /** @param message must hold no secret */
  tell(object: ApiObject & { kind?: string }, type: "Normal" | "Warning", reason: string, message: string): void {
    const { name, namespace, uid } = identity(object);
    const now = Date.now();
    for (const [key, at] of this.told) if (now - at > REPEAT_MILLISECONDS) this.told.delete(key);
    const key = JSON.stringify([uid, reason, message]);
    if (this.told.has(key)) return;
    this.told.set(key, now);
    const timestamp = new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
    this.api
      .create(`/api/v1/namespaces/${namespace}/events`, {
        metadata: { name: `${name}.${randomBytes(8).toString("hex")}`, namespace },
        involvedObject: { apiVersion: "v1", kind: "Pod", name, namespace, uid },
        type,
        reason,
        message: message.slice(0, 1000),
        source: { component: COMPONENT, host: this.nodeName },
        firstTimestamp: timestamp,
        lastTimestamp: timestamp,
        count: 1,
      })
      .catch(() => undefined);
  }
}
