/** What the kill matrix of `ops verify` consists of. */
import type { Environment } from "./environment";
import type { Undo } from "./undo";

/** A single defect of the running environment, and which probes see it. */
export interface Mutation {
  /** The defect, in a few words: `the edge redirects with 302`. */
  readonly defect: string;
  /** Brings it about, and waits until it is there. */
  readonly breaks: (environment: Environment) => Promise<Undo>;
  /** Exactly the probes that fail, each with a part of what it says: the name of what is wrong. */
  readonly caughtBy: Readonly<Record<string, string | RegExp>>;
  /** Why, where they answer for more than one line. */
  readonly because?: string;
  /** Whether the flood is sent: it takes ten seconds. @default false */
  readonly flood?: boolean;
  /** Hours by which the clock is ahead. @default 0 */
  readonly hoursAhead?: number;
}
