/** The life of one pod, from its arrival on the node to its deletion. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isStatus } from "./api";
import { ContainerRunner, type ContainerContext } from "./container";
import type { Host } from "./host";
import { describe } from "./informer";
import { identity, type Container, type ContainerStatus, type Pod, type PodStatus } from "./objects";
import { pause } from "./probe";
import { buildStatus, podPath } from "./status";
import { StatusWriter } from "./status-writer";
import { unsupportedFields } from "./supported";
import { folderBytes, type MountedVolume, mountVolumes } from "./volumes";

const RETRY_MILLISECONDS = 1_000;
/** Milliseconds that a refused pod is kept waiting where a controller would make the next one at once. */
const REFUSAL_MILLISECONDS = 5_000;
/** Seconds between two looks at volumes: whether they are within their limits, and whether their origin has changed. */
const VOLUME_SECONDS = 5;

/** A pod's address, and that of the loopback that its processes listen on. */
export interface PodAddress {
  readonly podIP: string;
  readonly listenAddress: string;
}

/** One pod. */
export class PodWorker {
  private readonly ending = new AbortController();
  private readonly initContainers: readonly ContainerRunner[];
  private readonly containers: readonly ContainerRunner[];
  private readonly writer: StatusWriter;
  private readonly startTime: string;
  private readonly directory: string;
  private readonly volumeDirectory: string;
  private volumes: ReadonlyMap<string, MountedVolume> | undefined;
  private address: PodAddress | undefined;
  private failure: { readonly reason: string; readonly message: string } | undefined;
  private work: Promise<void> = Promise.resolve();
  private deletion: Promise<void> | undefined;
  private gone = false;

  /** @param allocate gives the pod its address; the one that its status has, if any */
  constructor(
    private readonly host: Host,
    private pod: Pod,
    private readonly allocate: (podIP: string | undefined) => PodAddress,
  ) {
    const { name, namespace, uid } = identity(pod);
    this.directory = join(host.directory, "pods", `${namespace}_${name}`);
    this.volumeDirectory = join(volumesDirectory(host.directory), uid);
    mkdirSync(this.directory, { recursive: true });
    this.startTime = pod.status?.startTime ?? now();
    const { phase, reason = "", message = "" } = pod.status ?? {};
    if (phase === "Failed" && reason !== "") this.failure = { reason, message };
    this.writer = new StatusWriter(
      host.api,
      () => this.pod,
      () => this.status(),
      (stored) => this.take(stored),
      host.log,
    );
    const context: ContainerContext = {
      host,
      pod: () => this.pod,
      directory: this.directory,
      volumes: () => this.volumes ?? new Map<string, MountedVolume>(),
      address: () => this.address ?? { podIP: "", listenAddress: "" },
      changed: () => this.writer.changed(),
    };
    const runners = (specs: readonly Container[], statuses: readonly ContainerStatus[] = [], isInit: boolean) =>
      specs.map(
        (spec) =>
          new ContainerRunner(
            spec,
            context,
            statuses.find((status) => status.name === spec.name),
            isInit,
          ),
      );
    this.initContainers = runners(pod.spec?.initContainers ?? [], pod.status?.initContainerStatuses, true);
    this.containers = runners(pod.spec?.containers ?? [], pod.status?.containerStatuses, false);
  }

  /** Begins. */
  start(): void {
    const finished = this.pod.status?.phase === "Succeeded" || this.pod.status?.phase === "Failed";
    if (!finished)
      this.work = this.live().catch((error: unknown) => {
        this.fail("NodeAgentError", describe(error));
      });
    this.update(this.pod);
  }

  /** The pod has changed in the API. */
  update(pod: Pod): void {
    this.take(pod);
    if (this.pod.metadata?.deletionTimestamp !== undefined) this.deletion ??= this.end();
  }

  /** The pod is no longer in the API: nothing of it may stay, nor take its time. */
  async remove(): Promise<void> {
    this.gone = true;
    this.ending.abort();
    await this.stopContainers(() => 0, "Pod is gone");
    await this.work;
    rmSync(this.volumeDirectory, { recursive: true, force: true });
  }

  /** Answers of a status write and of the watch come in any order. */
  private take(pod: Pod): void {
    if (Number(pod.metadata?.resourceVersion) >= Number(this.pod.metadata?.resourceVersion)) this.pod = pod;
  }

  private async live(): Promise<void> {
    const { signal } = this.ending;
    const problems = unsupportedFields(this.pod);
    if (problems.length > 0) return this.refuse(problems);
    this.address = this.allocate(this.pod.status?.podIP);
    this.writer.changed();
    if (!(await this.mount(signal))) return;
    this.writer.changed();
    for (const container of this.initContainers) {
      await container.run(signal);
      if (container.ended?.exitCode !== 0) return;
    }
    const watching = new AbortController();
    void this.watchVolumes(AbortSignal.any([signal, watching.signal]));
    await Promise.all(this.containers.map((container) => container.run(signal)));
    watching.abort();
  }

  private async refuse(problems: readonly string[]): Promise<void> {
    const message = `The node agent cannot honour ${problems.join("; ")}.`;
    this.host.recorder.tell(this.pod, "Warning", "UnsupportedPod", message);
    // A ReplicaSet replaces a failed pod without a pause.
    if (this.pod.spec?.restartPolicy === "Always") await pause(REFUSAL_MILLISECONDS, this.ending.signal);
    this.fail("UnsupportedPod", message);
  }

  private fail(reason: string, message: string): void {
    this.failure = { reason, message };
    this.writer.changed();
  }

  /** @returns false when the pod was ended before its volumes were there */
  private async mount(signal: AbortSignal): Promise<boolean> {
    const { api, lookup, recorder } = this.host;
    while (!signal.aborted) {
      try {
        this.volumes = await mountVolumes(this.pod, { api, lookup: lookup(identity(this.pod).namespace), directory: this.volumeDirectory });
        return true;
      } catch (error) {
        recorder.tell(this.pod, "Warning", "FailedMount", describe(error));
        await pause(RETRY_MILLISECONDS, signal);
      }
    }
    return false;
  }

  private async watchVolumes(signal: AbortSignal): Promise<void> {
    for (;;) {
      await pause(VOLUME_SECONDS * 1000, signal);
      if (signal.aborted) return;
      for (const [name, { source, limitBytes, refresh }] of this.volumes ?? []) {
        // What is missing now was there: the files stay as they are.
        await refresh?.().catch((error: unknown) => this.host.recorder.tell(this.pod, "Warning", "FailedMount", describe(error)));
        if (limitBytes === undefined || folderBytes(source) <= limitBytes) continue;
        return this.evict(`Usage of EmptyDir volume ${JSON.stringify(name)} exceeds the limit ${JSON.stringify(this.limitOf(name))}.`);
      }
    }
  }

  private limitOf(volume: string): string {
    return this.pod.spec?.volumes?.find(({ name }) => name === volume)?.emptyDir?.sizeLimit ?? "";
  }

  private async evict(message: string): Promise<void> {
    this.host.recorder.tell(this.pod, "Warning", "Evicted", message);
    this.ending.abort();
    // At once, as kubelet does for a local limit.
    await this.stopContainers(() => 1, message);
    this.fail("Evicted", message);
  }

  private async end(): Promise<void> {
    const begun = Date.now();
    this.ending.abort();
    const grace = () => (this.gone ? 0 : (this.pod.metadata?.deletionGracePeriodSeconds ?? 30));
    await this.stopContainers(grace, "Stopping container");
    await this.work;
    this.writer.changed();
    await this.writer.settled();
    const { uid } = identity(this.pod);
    this.host.log(`${podPath(this.pod)} ended ${Date.now() - begun} ms after its deletion`);
    while (!this.gone) {
      try {
        await this.host.api.remove(podPath(this.pod), { gracePeriodSeconds: 0, preconditions: { uid } });
        return;
      } catch (error) {
        if (isStatus(error, 404, 409)) return;
        await sleep(RETRY_MILLISECONDS);
      }
    }
  }

  private async stopContainers(graceSeconds: () => number, reason: string): Promise<void> {
    const all = [...this.initContainers, ...this.containers];
    await Promise.all(all.map((container) => container.stop(graceSeconds, `${reason} ${container.spec.name}`)));
  }

  private status(): PodStatus {
    return buildStatus(
      this.pod,
      {
        startTime: this.startTime,
        hostIP: this.host.nodeAddress,
        podIP: this.address?.podIP ?? this.pod.status?.podIP,
        mounted: this.volumes !== undefined,
        initContainers: this.initContainers.map(({ status }) => status),
        containers: this.containers.map(({ status }) => status),
        ending: this.ending.signal.aborted,
        failure: this.failure,
      },
      now(),
    );
  }
}

/** Folder of the pods' volumes, by uid: another pod of the same name must find nothing of them. */
export function volumesDirectory(directory: string): string {
  return join(directory, "pod-volumes");
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}
