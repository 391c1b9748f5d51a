/**
 * What Datadog's agent does on a node for containers whose pod asks for it by annotation (`ad.datadoghq.com/<container>.logs`): takes what they
 * print and sends it. Files in volumes (`type: file`), which the server logs into, are not read here.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe } from "./informer";
import { identity, type Pod } from "./objects";

/** Milliseconds between two looks at the logs of running pods. */
const LOOK_MILLISECONDS = 2_000;
/** Milliseconds that Datadog may take. */
const SEND_MILLISECONDS = 5_000;
/** Bytes that are read at once; a longer line is cut, as the agent does. */
const READ_BYTES = 256 * 1024;

/** Where logs are sent. */
export interface LogDestination {
  readonly apiUrl: string;
  readonly apiKey: string;
  /** Value of the `env` tag. */
  readonly environment: string;
}

/** A line as `/api/v2/logs` takes it. */
interface LogItem {
  readonly message: string;
  readonly service: string;
  readonly ddsource: string;
  readonly ddtags: string;
  readonly hostname: string;
}

/** Sends each line once as long as the agent runs. */
export class LogCollector {
  /** Bytes of each file that were sent. */
  private readonly sent = new Map<string, number>();
  private sending: Promise<void> = Promise.resolve();

  constructor(
    private readonly destination: LogDestination,
    private readonly node: { readonly directory: string; readonly nodeName: string; readonly pods: () => readonly Pod[] },
    private readonly log: (line: string) => void,
  ) {}

  /** Looks again and again. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(LOOK_MILLISECONDS, undefined, { signal });
      for (const pod of this.node.pods()) await this.take(pod);
    }
  }

  /** Sends the rest of a pod that has ended and is about to go. */
  async takeLast(pod: Pod): Promise<void> {
    await this.take(pod);
    for (const [container] of printed(pod)) this.sent.delete(this.fileOf(pod, container));
  }

  /** Sends what a pod has printed since the last time. Never rejects: a node works without its agent. */
  take(pod: Pod): Promise<void> {
    this.sending = this.sending.then(() => this.send(pod)).catch((error: unknown) => this.log(`logs were not sent: ${describe(error)}`));
    return this.sending;
  }

  private async send(pod: Pod): Promise<void> {
    const { namespace, name } = identity(pod);
    for (const [container, { service, source }] of printed(pod)) {
      const file = this.fileOf(pod, container);
      const from = this.sent.get(file) ?? 0;
      const text = readFrom(file, from);
      const whole = text.lastIndexOf("\n") + 1;
      if (whole === 0) continue;
      const ddtags = [`env:${this.destination.environment}`, `kube_namespace:${namespace}`, `pod_name:${name}`].join(",");
      const items = text
        .slice(0, whole)
        .split("\n")
        .filter((line) => line !== "")
        .map((message): LogItem => ({ message, service, ddsource: source, ddtags, hostname: this.node.nodeName }));
      await this.post(items);
      this.sent.set(file, from + Buffer.byteLength(text.slice(0, whole)));
    }
  }

  private fileOf(pod: Pod, container: string): string {
    const { namespace, name } = identity(pod);
    return join(this.node.directory, "pods", `${namespace}_${name}`, `${container}.log`);
  }

  private async post(items: readonly LogItem[]): Promise<void> {
    const { apiUrl, apiKey } = this.destination;
    const answer = await fetch(new URL("/api/v2/logs", apiUrl), {
      method: "POST",
      headers: { "dd-api-key": apiKey, "content-type": "application/json" },
      body: JSON.stringify(items),
      signal: AbortSignal.timeout(SEND_MILLISECONDS),
    });
    if (!answer.ok) throw new Error(`Datadog answered ${answer.status}`);
  }
}

/** Containers whose standard output is asked for, and how its lines are marked. */
function printed(pod: Pod): [container: string, marks: { readonly service: string; readonly source: string }][] {
  return Object.entries(pod.metadata?.annotations ?? {}).flatMap(([annotation, text]) => {
    const container = /^ad\.datadoghq\.com\/(.+)\.logs$/.exec(annotation)?.[1];
    if (container === undefined) return [];
    const sources = JSON.parse(text) as { readonly type?: string; readonly service: string; readonly source: string }[];
    return sources.flatMap(({ type, ...marks }) => (type === "file" ? [] : [[container, marks] satisfies [string, object]]));
  });
}

function readFrom(file: string, position: number): string {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch {
    // A container that has not started yet.
    return "";
  }
  try {
    const buffer = Buffer.alloc(READ_BYTES);
    return buffer.toString("utf8", 0, readSync(descriptor, buffer, 0, READ_BYTES, position));
  } finally {
    closeSync(descriptor);
  }
}
