/** Reports a pod's status: one request at a time, the newest status wins, and a server that is away gets it when it is back. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Api, isStatus } from "./api";
import { describe } from "./informer";
import { identity, type Pod, type PodStatus } from "./objects";
import { podPath } from "./status";

const RETRY_MILLISECONDS = 500;

/** The writer of one pod's status. */
export class StatusWriter {
  private dirty = false;
  private work: Promise<void> | undefined;

  /** @param build the status as it is now; @param accepted told of the pod as the server has it afterwards */
  constructor(
    private readonly api: Api,
    private readonly pod: () => Pod,
    private readonly build: () => PodStatus,
    private readonly accepted: (pod: Pod) => void,
    private readonly log: (line: string) => void,
  ) {}

  /** The status has changed. */
  changed(): void {
    this.dirty = true;
    this.work ??= this.write().finally(() => (this.work = undefined));
  }

  /** Resolves when the server has the newest status, or has no such pod. */
  async settled(): Promise<void> {
    while (this.work !== undefined) await this.work;
  }

  private async write(): Promise<void> {
    while (this.dirty) {
      // What changes in one go is reported in one go.
      await sleep(10);
      this.dirty = false;
      const pod = this.pod();
      try {
        const { uid } = identity(pod);
        this.accepted(await this.api.patch<Pod>(`${podPath(pod)}/status`, { metadata: { uid }, status: this.build() }));
      } catch (error) {
        // Gone, or another pod of that name: nobody asks for this one's status any more.
        if (isStatus(error, 404, 409)) return;
        this.log(`status of ${podPath(pod)}: ${describe(error)}`);
        this.dirty = true;
        await sleep(RETRY_MILLISECONDS);
      }
    }
  }
}
