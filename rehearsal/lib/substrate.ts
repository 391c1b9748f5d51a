/** What the rehearsal is made of: each substrate is one system that the program deploys to, on the loopback. */
import type { Settings } from "../../config";
import type { Report } from "../../toolchain/run";
import type { Supervisor } from "./supervisor";

/** What a substrate works with. */
export interface Rehearsal {
  /** Its folder, outside the clone; data lie in `<directory>/<substrate>/` and stay until `down`. */
  readonly directory: string;
  /** Settings of the stack `rehearsal`: hosts, ports, names. */
  readonly settings: Settings;
  readonly supervisor: Supervisor;
  readonly report: Report;
  /** Aborted: give up. */
  readonly signal: AbortSignal;
}

/** One system of the rehearsal. */
export interface Substrate {
  /** For people, for example `PostgreSQL`. */
  readonly title: string;
  /** Ports of the loopback that it listens on, with what to change when one is taken. */
  ports(settings: Settings): readonly { readonly address: string; readonly port: number; readonly setting: string }[];
  /**
   * Gets its programs, starts what does not run and waits until it answers. Idempotent: run again it changes nothing, after a kill -9 at any
   * moment it recovers.
   */
  start(rehearsal: Rehearsal): Promise<void>;
  /** Names of its servers with the {@link Supervisor}, in the order in which they are to be stopped. */
  readonly servers: readonly string[];
}
