/** What the application says of a request: which pod has it, whose it is, and which keys are in play. It is asked of the server by docs/runbook/3-secrets.md. */
import { createHmac } from "node:crypto";
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

/** Requests that reach every pod, one after the other, as long as they are not many. */
const ASKED = 6;

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

/** The keys of several answers: the pods take turns. undefined where the application does not tell. */
export async function podKeys(context: ProbeContext): Promise<readonly Readonly<Record<string, KeyUse>>[] | undefined> {
  const from = context.systems.ownAddress();
  const answers = await Promise.all(Array.from({ length: ASKED }, () => whoAmI(context, { from })));
  const keys = answers.flatMap((answer) => (answer?.keys === undefined ? [] : [answer.keys]));
  return keys.length === 0 ? undefined : keys;
}
