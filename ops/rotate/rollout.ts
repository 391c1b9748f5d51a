/** Brings the stack to its settings, and watches the pods while it does. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Access } from "../access";
import type { EngineStack } from "../engine";
import { POLICY_PACKS } from "../policy-packs";
import { type Deployed, readDeployed, type SecretKind, type ServerPod } from "./deployed";

/** Milliseconds between two looks at the pods. */
const LOOK_MILLISECONDS = 1000;
/** Seconds in which a new pod does not get out of its trouble: the rollout is stopped. A first crash may be a database that was away. */
const TROUBLE_SECONDS = 20;
/** The same for pods that were in trouble before: they are what this update is to replace, which its migration comes before. */
const OLD_TROUBLE_SECONDS = 120;
/** Seconds that the operation of a run that was killed may take to end: a rollout. */
const LOCK_SECONDS = 600;
/** Seconds beyond their grace period in which old pods must be gone. */
const GONE_SECONDS = 60;

/** New pods do not start: the old ones go on. */
class RolloutStopped extends Error {
  constructor(
    readonly pod: ServerPod,
    serving: number,
    stack: string,
    kind: SecretKind,
  ) {
    super(
      `The rollout was stopped: ${pod.name}, with the new secrets, does not start: ${pod.trouble}.\n` +
        `${serving} pods with the secrets before serve on, and those stay valid; nobody is logged out.\n` +
        `Its log says why: kubectl logs ${pod.name} --previous. Then ` +
        (kind === "database"
          ? "mend it (image, settings) and run the same command again."
          : "either mend it (image, settings) and run the same command again, or go back:\n" +
            `  npm run ops -- rotate --stack ${stack} --all --rollback`),
    );
    this.name = "RolloutStopped";
  }
}

/** What {@link bringUp} needs. */
export interface BringUpArgs {
  readonly access: Access;
  readonly cluster: Parameters<typeof readDeployed>[0];
  /** Which of the pods' Secrets changes. @default "application" */
  readonly kind?: SecretKind;
  /** The rest of its name, by the settings as they are now. */
  readonly tag: string;
  readonly report: (line: string) => void;
  readonly onOutput: (text: string) => void;
  readonly signal: AbortSignal;
}

/** `up` of the whole stack, gated by the policies, until every pod is a new one. @throws RolloutStopped, or Error with the engine's words */
export async function bringUp({ access, cluster, kind = "application", tag, report, onOutput, signal }: BringUpArgs): Promise<Deployed> {
  const stop = new AbortController();
  const done = new AbortController();
  const { namespace } = access.settings.cluster;
  const look = () => readDeployed(cluster, namespace, kind);
  const watching = watchPods(look, { tag, kind, report, stack: access.stack, signal: AbortSignal.any([done.signal, signal]) }).catch(
    (error: unknown) => stop.abort(error),
  );
  const engine = await access.engine({ report: () => undefined, onOutput, signal: AbortSignal.any([signal, stop.signal]) });
  try {
    await waitForLock(engine, report, signal);
    await engine.up({ policyPacks: POLICY_PACKS }).catch((error: unknown) => {
      // What the engine says of being interrupted hides why it was.
      throw stop.signal.aborted ? stop.signal.reason : error;
    });
    return await untilRolledOut(look, access.settings.web.terminationGraceSeconds + GONE_SECONDS, report, signal);
  } finally {
    done.abort();
    await watching;
    await engine.close();
  }
}

/** Whoever was killed left an engine that winds down, or a lock that nobody has any more. */
async function waitForLock(engine: EngineStack, report: (line: string) => void, signal: AbortSignal): Promise<void> {
  for (let waited = 0; waited < LOCK_SECONDS; waited++) {
    const holder = await engine.lockHolder();
    if (holder === undefined) return;
    if (!holder.runs) {
      report("taking over from a run that was killed");
      return engine.unlock();
    }
    report(`waiting for the update of a run before (pid ${holder.pid}) to end`);
    await sleep(1000, undefined, { signal });
  }
}

/** Tells what becomes of each pod. @throws RolloutStopped */
async function watchPods(
  look: () => Promise<Deployed>,
  { tag, kind, report, stack, signal }: Required<Pick<BringUpArgs, "tag" | "kind" | "report" | "signal">> & { readonly stack: string },
): Promise<void> {
  const told = new Map<string, string>();
  const troubled = new Map<string, number>();
  let before: ReadonlySet<string> | undefined;
  while (!signal.aborted) {
    // The API server may be away for a moment; the rollout goes on.
    const deployed = await look().catch(() => undefined);
    before ??= deployed && new Set(deployed.pods.filter(({ trouble }) => trouble !== undefined).map(({ name }) => name));
    for (const pod of deployed?.pods ?? []) {
      const words = `${pod.name}: ${pod.isGoing ? "ending" : pod.isReady ? "ready" : (pod.trouble ?? "starting")}, ${pod.tag === tag ? "new" : "old"} secrets`;
      if (told.get(pod.name) !== words) report(words);
      told.set(pod.name, words);
      if (pod.tag !== tag || pod.trouble === undefined || pod.isGoing) troubled.delete(pod.name);
      else if (!troubled.has(pod.name)) troubled.set(pod.name, Date.now());
      if (
        Date.now() - (troubled.get(pod.name) ?? Infinity) >=
        (before?.has(pod.name) === true ? OLD_TROUBLE_SECONDS : TROUBLE_SECONDS) * 1000
      )
        throw new RolloutStopped(pod, deployed?.pods.filter((each) => each.tag !== tag && each.isReady).length ?? 0, stack, kind);
    }
    await sleep(LOOK_MILLISECONDS, undefined, { signal }).catch(() => undefined);
  }
}

async function untilRolledOut(
  look: () => Promise<Deployed>,
  seconds: number,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<Deployed> {
  for (let waited = 0; ; waited++) {
    const deployed = await look();
    if (deployed.isRolledOut) return deployed;
    const left = deployed.pods.filter(({ isGoing, tag }) => isGoing || tag !== deployed.tag).map(({ name }) => name);
    if (waited === seconds)
      throw new Error(`the rollout does not end: ${left.join(", ") || "too few pods are ready"}. Look at them, and run this again.`);
    report(`waiting for ${left.join(", ") || "the last pod"}`);
    await sleep(1000, undefined, { signal });
  }
}
