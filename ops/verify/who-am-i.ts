/** What the application says of a request: which pod has it, whose it is, and which keys are in play. It is asked of the server by docs/runbook/3-secrets.md. */
import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { nextPassMilliseconds } from "../../components/lib/rate-limit";
import { isReady, serverPods } from "./pods";
import type { ProbeContext } from "./probe";

/** Fingerprints of the keys of one secret. */
export interface KeyUse {
  readonly current: string;
  /** A value before, which is still accepted. */
  readonly rolling?: string;
}

/** The answer of `/api/whoami`. */
export interface WhoAmI {
  readonly address: string;
  /** The pod that answered. */
  readonly pod?: string;
  readonly keys?: Readonly<Record<string, KeyUse>>;
  /** By name of the secret: which of its keys signed what the request carried. */
  readonly signedBy?: Readonly<Record<string, "current" | "rolling" | "none">>;
}

/** Names a key without telling anything about it, as the application does. */
export const fingerprint = (key: string) => createHmac("sha256", key).update("maestroverse key fingerprint v1").digest("hex").slice(0, 8);

/** Requests at a time: they reach several pods, and are far below any limit. */
const AT_ONCE = 6;
/** Times that so many are sent, until every pod has answered: the edge's connections stay with the pod that they have. */
const WAVES = 4;

/** Asks once. @returns undefined where the application has no such answer @throws Error when it is limited or away */
export async function whoAmI(
  { systems, run }: Pick<ProbeContext, "systems" | "run">,
  options: { readonly from?: string | undefined; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<WhoAmI | undefined> {
  const { from, headers = {} } = options;
  const answer = await systems.edge({
    path: "/api/whoami",
    headers: { "user-agent": run, ...headers },
    ...(from === undefined ? {} : { from }),
  });
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw new Error(`/api/whoami answered ${answer.status}`);
  return JSON.parse(answer.text) as WhoAmI;
}

/** The keys with which the pods work. */
export interface PodKeys {
  /** One for each pod that answered. */
  readonly keys: readonly Readonly<Record<string, KeyUse>>[];
  /** `2 of 2 pods`. */
  readonly of: string;
}

/** The keys of the pods that take requests, as many as answer. undefined where the application does not tell. */
export async function podKeys(context: ProbeContext): Promise<PodKeys | undefined> {
  const { systems, settings, signal } = context;
  const ready = (await serverPods(context)).filter(isReady).map(({ metadata }) => metadata.name);
  const answers = new Map<string, Readonly<Record<string, KeyUse>>>();
  for (let wave = 0; wave < WAVES; wave++) {
    // In the rehearsal another client each time; elsewhere the limit has to let these pass.
    if (wave > 0 && !systems.isRehearsal) await sleep(AT_ONCE * nextPassMilliseconds(settings.edge.rateLimit), undefined, { signal });
    const from = systems.ownAddress();
    for (const answer of await Promise.all(Array.from({ length: AT_ONCE }, () => whoAmI(context, { from }))))
      if (answer?.keys !== undefined) answers.set(answer.pod ?? "", answer.keys);
    if (answers.has("") || answers.size === 0 || ready.every((pod) => answers.has(pod))) break;
  }
  return answers.size === 0 ? undefined : { keys: [...answers.values()], of: `${answers.size} of ${ready.length} pods` };
}
