/** A look at the deployed rehearsal from outside, as its users would have it. */
import type { EdgeClient } from "../lib/edge-client";
import type { Rehearsal } from "../lib/substrate";

/** Outputs of the stack that checks use. @see index.ts */
export interface Deployed {
  readonly names: {
    readonly namespace: string;
    readonly deployment: string;
    readonly nginxConfigMap: string;
    readonly backupCronJob: string;
    readonly secretsManagerSecret: string;
  };
  readonly backupLocations: { readonly primary: string };
  readonly monitoring: { readonly syntheticsIds: Readonly<Record<string, string>>; readonly onCallScheduleId: string };
}

/** What a check works with. */
export interface CheckContext extends Rehearsal {
  readonly deployed: Deployed;
  /** Sends requests to the edge. */
  readonly edge: EdgeClient;
}

/** One check. */
export interface Check {
  /** As checklist.ts names it. */
  readonly title: string;
  /** @returns what was seen, in a line @throws Error with what was seen instead */
  run(context: CheckContext): Promise<string>;
}

/** Fails a check. */
export function expected(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
