/** A client that works while the pods are replaced: what it is refused, people are refused. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Systems } from "../verify/systems";
import { whoAmI } from "../verify/who-am-i";
import { credentialHeaders } from "./credentials";
import type { SecretName } from "./generations";
import type { SecretValue } from "./values";

/** Milliseconds between two requests: half of what one address may send for ever, as others may send from it too. */
const PACE = { rehearsal: 200, elsewhere: 1500 };

/** A request that failed. */
export interface FailedRequest {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly why: string;
}

/** What the requests came to. */
export interface TrafficRecord {
  readonly sent: number;
  readonly failed: readonly FailedRequest[];
}

/** Sends a request now and then, with what any pod must accept at that moment. */
export class Traffic {
  private sent = 0;
  private readonly failed: FailedRequest[] = [];
  private readonly stopping = new AbortController();
  private sets: readonly Readonly<Partial<Record<SecretName, SecretValue>>>[] = [];
  private running: Promise<void> | undefined;

  constructor(
    private readonly systems: Systems,
    private readonly run: string,
  ) {}

  /** From now on requests carry, in turn, what the keys of each set signed; none: they carry nothing. */
  carry(sets: readonly Readonly<Partial<Record<SecretName, SecretValue>>>[]): void {
    this.sets = sets;
    this.running ??= this.send();
  }

  /** Ends it. */
  async stop(): Promise<TrafficRecord> {
    this.stopping.abort();
    await this.running;
    return { sent: this.sent, failed: this.failed };
  }

  private async send(): Promise<void> {
    const pause = this.systems.isRehearsal ? PACE.rehearsal : PACE.elsewhere;
    while (!this.stopping.signal.aborted) {
      const at = new Date().toISOString();
      const why = await this.once().catch((error: unknown) => (error as Error).message);
      this.sent++;
      if (why !== undefined) this.failed.push({ at, why });
      await sleep(pause, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  /** @returns what was wrong */
  private async once(): Promise<string | undefined> {
    const issuer = `https://${this.systems.access.settings.hosts.api}`;
    const headers = credentialHeaders(this.sets[this.sent % Math.max(this.sets.length, 1)] ?? {}, issuer);
    const answer = await whoAmI({ systems: this.systems, run: this.run }, { from: this.systems.ownAddress(), headers });
    const refused = Object.entries(answer?.signedBy ?? {}).filter(([, signer]) => signer === "none");
    return refused.length === 0 ? undefined : `${answer?.pod ?? "a pod"} refused what ${refused.map(([name]) => name).join(", ")} signed`;
  }
}
