/** After each step: on every pod, which key signs, which are accepted, and which are refused. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Systems } from "../verify/systems";
import { fingerprint, whoAmI, type WhoAmI } from "../verify/who-am-i";
import { credentialHeaders, SIGNING_SECRETS } from "./credentials";
import { SECRET_NAMES } from "../../config";
import type { Deployed } from "./deployed";
import type { SecretGenerations, SecretName } from "./generations";
import type { KnownValues, SecretValue } from "./values";

/** Requests for each pod and each set of keys until it must have answered: pods take turns… */
const REQUESTS_PER_POD = 12;
/** …and milliseconds that they take at least: the edge learns of a new pod some time after it is ready. */
const LEAST_WAIT_MILLISECONDS = 20_000;
/** Milliseconds between two requests. */
const PACE = { rehearsal: 20, elsewhere: 1000 };

/** What one pod said of one key. */
export interface KeyCheck {
  readonly pod: string;
  readonly secret: SecretName;
  readonly generation: number;
  /** What the key is to the settings: `current` signs, `rolling` is accepted, `none` is refused. */
  readonly expected: "current" | "rolling" | "none";
  readonly found: "current" | "rolling" | "none" | "not asked";
  /** Whether a token, cookie or CSRF token of that key was tried; otherwise the pod's word for it. */
  readonly byToken: boolean;
}

/** What there is to check against. */
export interface CheckArgs {
  readonly systems: Systems;
  readonly run: string;
  readonly generations: SecretGenerations;
  readonly deployed: Deployed;
  readonly values: KnownValues;
  readonly signal: AbortSignal;
}

/** Asks every pod about every key that this run knows. @throws Error when a pod does not answer, or the application does not tell */
export async function checkPods(args: CheckArgs): Promise<KeyCheck[]> {
  const names = args.deployed.pods.filter(({ isGoing }) => !isGoing).map(({ name }) => name);
  // Newest first: with every generation of each secret once, a request for each is enough.
  const known = SECRET_NAMES.map((secret) => args.values.of(secret));
  const rounds = Math.max(...known.map((each) => each.length));
  const checks: KeyCheck[] = [];
  for (let round = 0; round < rounds; round++) {
    const keys = known.flatMap((each) => each[round] ?? []);
    const bySecret = Object.fromEntries(keys.map((key) => [key.secret, key])) as Partial<Record<SecretName, SecretValue>>;
    const answers = await askEach(names, args, bySecret);
    for (const [pod, answer] of answers) checks.push(...keys.map((key) => judgeKey(pod, answer, key, args.generations)));
  }
  return checks;
}

/** Whether everything was as it should be. */
export function problemsOf(checks: readonly KeyCheck[]): string[] {
  return checks
    .filter(({ expected, found }) => expected !== found)
    .map(
      ({ pod, secret, generation, expected, found }) =>
        `${pod}: generation ${generation} of ${secret} is ${WORDS[found]}, not ${WORDS[expected]}`,
    );
}

const WORDS = { current: "what it signs with", rolling: "accepted", none: "refused", "not asked": "unknown" } as const;

function judgeKey(pod: string, answer: WhoAmI, key: SecretValue, generations: SecretGenerations): KeyCheck {
  const { secret, generation } = key;
  const { generation: current, overlap } = generations[secret];
  const other = overlap === false ? undefined : overlap === "next" ? current + 1 : current - 1;
  const expected = generation === current ? "current" : generation === other ? "rolling" : "none";
  const use = answer.keys?.[secret];
  const name = fingerprint(key.reveal());
  const said = use?.current === name ? "current" : use?.rolling === name ? "rolling" : "none";
  const byToken = answer.signedBy?.[secret];
  const isSigning = (SIGNING_SECRETS as readonly string[]).includes(secret);
  // The pod's word and its deed must be the same.
  const found = isSigning ? (byToken === undefined ? "not asked" : byToken === said ? said : byToken) : said;
  return { pod, secret, generation, expected, found, byToken: isSigning && byToken !== undefined };
}

/** One answer of each pod. */
async function askEach(
  pods: readonly string[],
  { systems, run, signal }: CheckArgs,
  keys: Readonly<Partial<Record<SecretName, SecretValue>>>,
): Promise<Map<string, WhoAmI>> {
  const answers = new Map<string, WhoAmI>();
  const issuer = `https://${systems.access.settings.hosts.api}`;
  const began = Date.now();
  for (let sent = 0; pods.some((pod) => !answers.has(pod)); sent++) {
    if (sent >= pods.length * REQUESTS_PER_POD && Date.now() - began > LEAST_WAIT_MILLISECONDS)
      throw new Error(
        `${pods.filter((pod) => !answers.has(pod)).join(", ")} did not answer in ${sent} requests. Look at its readiness, and run this again.`,
      );
    const answer = await whoAmI({ systems, run }, { from: systems.ownAddress(), headers: credentialHeaders(keys, issuer) });
    if (answer?.pod === undefined || answer.keys === undefined)
      throw new Error(
        "the application does not tell which pod it is and which keys it uses: /api/whoami should (docs/runbook/3-secrets.md).",
      );
    answers.set(answer.pod, answer);
    await sleep(systems.isRehearsal ? PACE.rehearsal : PACE.elsewhere, undefined, { signal });
  }
  return new Map(pods.map((pod) => [pod, answers.get(pod) as WhoAmI]));
}
