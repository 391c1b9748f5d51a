/** The pods of the node: one worker for each. */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "./host";
import { describe, Informer } from "./informer";
import { identity, type Pod } from "./objects";
import { type PodAddress, PodWorker, volumesDirectory } from "./pod-worker";
import { endRecorded } from "./sandbox";

/** Runs every pod that is bound to the node. */
export class Pods {
  private readonly workers = new Map<string, PodWorker>();
  private readonly addresses = new Map<string, string>();
  private readonly informer: Informer<Pod>;
  private synced = false;
  private next = 2;

  /**
   * @param podNetwork first two bytes of the pods' addresses; the second stands in the loopback's twins too
   * @param ready called when every pod that was there is looked after
   */
  constructor(
    private readonly host: Host,
    private readonly podNetwork: string,
    private readonly ready: () => void,
  ) {
    for (const folder of [join(host.directory, "pods"), volumesDirectory(host.directory)])
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.informer = new Informer<Pod>(
      host.api,
      "/api/v1/pods",
      { fieldSelector: `spec.nodeName=${host.nodeName}` },
      { changed: (pod) => this.changed(pod), gone: (pod) => this.gone(pod), synced: () => this.begin() },
      host.log,
    );
  }

  /** Looks after pods until the signal is aborted. */
  run(signal: AbortSignal): Promise<void> {
    for (const record of recordFiles(this.host.directory)) endRecorded(record);
    return this.informer.run(signal);
  }

  /** The pods of the node as the API server last told of them. */
  items(): Pod[] {
    return this.informer.items();
  }

  private changed(pod: Pod): void {
    const { uid } = identity(pod);
    // Addresses that pods have already must not be given away: no pod starts before all are known.
    if (!this.synced) return;
    const worker = this.workers.get(uid);
    if (worker === undefined) this.adopt(pod);
    else worker.update(pod);
  }

  private begin(): void {
    const pods = this.informer.items();
    for (const pod of pods) if (pod.status?.podIP !== undefined) this.addresses.set(identity(pod).uid, pod.status.podIP);
    const known = new Set(pods.map((pod) => identity(pod).uid));
    // Of pods that went while no agent ran.
    const volumes = volumesDirectory(this.host.directory);
    for (const uid of readdirSync(volumes)) if (!known.has(uid)) rmSync(join(volumes, uid), { recursive: true, force: true });
    this.synced = true;
    for (const pod of pods) this.adopt(pod);
    this.ready();
  }

  private adopt(pod: Pod): void {
    const { uid } = identity(pod);
    const worker = new PodWorker(this.host, pod, (podIP) => this.allocate(uid, podIP));
    this.workers.set(uid, worker);
    worker.start();
  }

  private gone(pod: Pod): void {
    const { uid, name, namespace } = identity(pod);
    const worker = this.workers.get(uid);
    this.workers.delete(uid);
    (this.host.ended?.(pod) ?? Promise.resolve())
      .then(() => worker?.remove())
      .catch((error: unknown) => this.host.log(`removing ${namespace}/${name}: ${describe(error)}`))
      .finally(() => this.addresses.delete(uid));
  }

  /** Each address in turn: one that was just given back may still be on somebody's mind. */
  private allocate(uid: string, podIP = this.addresses.get(uid)): PodAddress {
    let address = podIP;
    const taken = new Set(this.addresses.values());
    while (address === undefined || (podIP === undefined && taken.has(address))) {
      this.next = this.next >= 0xfffe ? 2 : this.next + 1;
      // Neither a network's nor a broadcast address, for those who expect such.
      if (this.next % 256 !== 0 && this.next % 256 !== 255) address = `${this.podNetwork}.${this.next >> 8}.${this.next % 256}`;
    }
    this.addresses.set(uid, address);
    return { podIP: address, listenAddress: twin(address) };
  }
}

/** Address of the loopback that stands for a pod's: 127 in the place of the first byte. */
export function twin(podIP: string): string {
  return podIP.replace(/^\d+/, "127");
}

function recordFiles(directory: string): string[] {
  const pods = join(directory, "pods");
  return readdirSync(pods).flatMap((pod) =>
    readdirSync(join(pods, pod))
      .filter((name) => name.endsWith(".process"))
      .map((name) => join(pods, pod, name)),
  );
}
