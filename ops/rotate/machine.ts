/** Runs the steps of a rotation until there is none left. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { generationsTag, parseGenerationsTag, secretValues } from "../../components/lib/generations";
import { rolloutSeconds } from "../../components/lib/rollout";
import { SECRET_NAMES } from "../../config";
import { type Access, openAccess } from "../access";
import type { ShowStep } from "../cli/steps";
import { Systems } from "../verify/systems";
import { checkPods, type KeyCheck, problemsOf } from "./check";
import { type Deployed, readDeployed } from "./deployed";
import type { SecretName } from "./generations";
import { passwordsAtRisk } from "./pepper";
import { withRotationLock } from "./lock";
import { endOfOverlap, nextStep, type Situation, type Step, type Wish } from "./plan";
import { bringUp } from "./rollout";
import { writeGenerations } from "./settings-file";
import { Traffic, type TrafficRecord } from "./traffic";
import { KnownValues, type SecretValue } from "./values";
import { rolloutPace } from "../../settings/database-args";

/** Seconds for which a cluster that does not answer is asked again. */
const PATIENCE_SECONDS = 60;

/** Arguments of {@link rotate}. */
export interface RotateOptions {
  readonly stack: string;
  /** The stack's settings file, which is changed. */
  readonly settingsFile: string;
  readonly wish: Wish;
  /** Whether the old pepper may go though passwords need it. */
  readonly acceptsPasswordReset: boolean;
  readonly show: ShowStep;
  readonly signal: AbortSignal;
  /** @default the system's clock */
  readonly now?: () => Date;
}

/** A step that was taken. */
export interface StepRecord {
  readonly what: string;
  readonly secrets: readonly SecretName[];
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly milliseconds: number;
  /** Generations that the settings had after it, as names have them: `2o-2o-1-1`. */
  readonly generations: string;
  /** What the pods said after it. */
  readonly checks: readonly KeyCheck[];
}

/** The machine-readable record. */
export interface RotationRecord {
  readonly formatVersion: 1;
  readonly stack: string;
  /** Names what the run sent. */
  readonly run: string;
  readonly wish: Wish;
  readonly startedAt: string;
  readonly milliseconds: number;
  readonly steps: readonly StepRecord[];
  /** Keys that were asked about: of each pod, after each step. */
  readonly checked: number;
  readonly problems: readonly string[];
  readonly requests: TrafficRecord;
  /** Old values that could not go yet, and why. */
  readonly held: Readonly<Partial<Record<SecretName, string>>>;
}

/**
 * Rotates. Killed at any moment and run again it ends in the same place: each step is chosen anew from the settings, the engine's state and the cluster.
 *
 * @throws Error when a step cannot be done; what was done stays done
 */
export async function rotate(options: RotateOptions): Promise<RotationRecord> {
  const access = await openAccess(options.stack, { settingsFile: options.settingsFile });
  return withRotationLock(access, () => new Rotation(options).run());
}

class Rotation {
  private readonly id = `rotate-${randomBytes(4).toString("hex")}`;
  private readonly now: () => Date;
  private readonly steps: StepRecord[] = [];
  private readonly problems: string[] = [];
  private readonly values = new KnownValues();
  private readonly finished: SecretName[] = [];
  private broughtUp: string | undefined;
  private held: Situation["held"] = {};

  constructor(private readonly options: RotateOptions) {
    this.now = options.now ?? (() => new Date());
  }

  async run(): Promise<RotationRecord> {
    const started = this.now();
    const first = await this.open();
    const traffic = new Traffic(first, this.id);
    let requests: TrafficRecord = { sent: 0, failed: [] };
    try {
      while (await this.step(traffic));
    } finally {
      requests = await traffic.stop();
      await first.close();
    }
    return {
      formatVersion: 1,
      stack: this.options.stack,
      run: this.id,
      wish: this.options.wish,
      startedAt: started.toISOString(),
      milliseconds: this.now().getTime() - started.getTime(),
      steps: this.steps,
      checked: this.steps.reduce((sum, { checks }) => sum + checks.length, 0),
      problems: this.problems,
      requests,
      held: this.held,
    };
  }

  /** The stack as its settings are now. */
  private async open(): Promise<Systems> {
    return new Systems(await openAccess(this.options.stack, { settingsFile: this.options.settingsFile }));
  }

  /** @returns whether there is another one */
  private async step(traffic: Traffic): Promise<boolean> {
    this.options.signal.throwIfAborted();
    const systems = await this.open();
    try {
      const { access } = systems;
      const deployed = await this.look(systems);
      const situation = await this.situation(systems, deployed);
      const step = nextStep(this.options.wish, situation);
      if (step.kind === "edit") await this.edit(step);
      if (step.kind === "wait") await this.wait(step);
      if (step.kind === "deploy") await this.deploy(systems, access, deployed, traffic);
      return step.kind !== "done";
    } finally {
      await systems.close();
    }
  }

  private async situation(systems: Systems, deployed: Deployed): Promise<Situation> {
    const { settings } = systems.access;
    const { generations, overlapSeconds } = settings.secrets;
    const situation: Situation = {
      generations,
      deployed,
      broughtUp: this.broughtUp,
      finished: this.finished,
      held: this.held,
      overlapSeconds,
      rolloutSeconds: rolloutSeconds(rolloutPace(settings.web)),
      now: this.now(),
    };
    this.held = await this.findHeld(systems, situation);
    return { ...situation, held: this.held };
  }

  /** Asked when the old pepper is about to go, and not before. */
  private async findHeld(systems: Systems, situation: Situation): Promise<Situation["held"]> {
    const { MAESTROVERSE_PEPPER: pepper } = situation.generations;
    const { wish, acceptsPasswordReset } = this.options;
    const current = this.values.get("MAESTROVERSE_PEPPER", pepper.generation);
    const isAsked =
      wish.kind === "rotate" && wish.secrets.includes("MAESTROVERSE_PEPPER") && pepper.overlap === true && !acceptsPasswordReset;
    if (!isAsked || current === undefined || endOfOverlap(situation) > situation.now) return {};
    const why = await passwordsAtRisk(systems, current);
    return why === undefined ? {} : { MAESTROVERSE_PEPPER: why };
  }

  private async edit({ what, edits }: Extract<Step, { kind: "edit" }>): Promise<void> {
    const { stack, settingsFile, show } = this.options;
    const secrets = Object.keys(edits) as SecretName[];
    const started = this.now();
    await show(`${TITLES[what]}: ${secrets.join(", ")}`, async () => {
      await writeGenerations(stack, settingsFile, edits, this.now());
      return { told: `${settingsFile} changed`, result: undefined };
    });
    if (["retire", "replace"].includes(what)) this.finished.push(...secrets);
    await this.note(what, secrets, started, []);
  }

  private async wait({ until, secrets }: Extract<Step, { kind: "wait" }>): Promise<void> {
    const started = this.now();
    await this.options.show("Wait for what the other value has signed", async (report) => {
      for (let left = until.getTime() - this.now().getTime(); left > 0; left = until.getTime() - this.now().getTime()) {
        report(`until ${until.toISOString()}: ${Math.ceil(left / 1000)} s. Ctrl-C, and the same command later, is as good.`);
        await sleep(Math.min(left, 10_000), undefined, { signal: this.options.signal });
      }
      return { told: "over", result: undefined };
    });
    await this.note("wait", secrets, started, []);
  }

  private async deploy(systems: Systems, access: Access, before: Deployed, traffic: Traffic): Promise<void> {
    const started = this.now();
    const { generations } = access.settings.secrets;
    const tag = generationsTag(generations);
    for (const each of tagsOf(before)) await this.values.learn(systems, each);
    traffic.carry(this.acceptedThroughout([...tagsOf(before), tag]));
    const cluster = await systems.cluster();
    const { signal, show } = this.options;
    const deployed = await show(`Deploy ${tag}, one pod at a time`, async (report) => {
      const result = await bringUp({ access, cluster, tag, report, onOutput: () => undefined, signal });
      return { told: `${result.pods.length} pods have it`, result };
    });
    await this.values.learn(systems, tag);
    this.broughtUp = tag;
    const checks = await show("Ask every pod about every key", async () => {
      const found = await checkPods({ systems, run: this.id, generations, deployed, values: this.values, signal });
      const wrong = problemsOf(found);
      this.problems.push(...wrong);
      return { told: wrong.length === 0 ? `${found.length} answers, as they should be` : wrong.join("; "), result: found };
    });
    await this.note("deploy", this.options.wish.secrets, started, checks);
    // Nothing is taken from people as long as something is not as it should be.
    if (this.problems.length > 0)
      throw new Error(`${this.problems.join("\n")}\nNothing further was changed. Look at the pods, and run this again.`);
  }

  /** Of each secret the keys that pods of all these generations accept, in sets of one each. */
  private acceptedThroughout(tags: readonly string[]): Partial<Record<SecretName, SecretValue>>[] {
    const accepted = SECRET_NAMES.map((name, index) => {
      const each = tags.map((tag) => acceptedBy(tag, index));
      const common = (each[0] ?? []).filter((generation) => each.every((others) => others.includes(generation)));
      return common.flatMap((generation) => this.values.get(name, generation) ?? []);
    });
    const sets = Math.max(...accepted.map(({ length }) => length));
    return Array.from({ length: sets }, (_, set) =>
      Object.fromEntries(accepted.flatMap((keys) => (keys.length === 0 ? [] : [[keys[0]?.secret, keys[set % keys.length]]]))),
    );
  }

  private async note(what: string, secrets: readonly SecretName[], started: Date, checks: readonly KeyCheck[]): Promise<void> {
    const { access } = await this.open();
    this.steps.push({
      what,
      secrets,
      startedAt: started.toISOString(),
      milliseconds: this.now().getTime() - started.getTime(),
      generations: generationsTag(access.settings.secrets.generations),
      checks,
    });
  }

  /** The cluster's word, also when it is away for a moment. */
  private async look(systems: Systems): Promise<Deployed> {
    const { namespace } = systems.access.settings.cluster;
    for (let tried = 1; ; tried++) {
      try {
        return await readDeployed(await systems.cluster(), namespace);
      } catch (error) {
        if (tried === PATIENCE_SECONDS) throw error;
        await sleep(1000, undefined, { signal: this.options.signal });
      }
    }
  }
}

const TITLES = {
  prepare: "Prepare: every pod accepts the next value",
  publish: "Publish: the next value signs, the old one is accepted",
  retire: "Retire: the other value is gone",
  replace: "Replace at once: the old value is gone",
  "go back": "Go back: the old value signs again, the new one is accepted",
} as const;

/** Generations that pods run with. */
function tagsOf({ tag, pods }: Deployed): string[] {
  return [...new Set([tag, ...pods.map((pod) => pod.tag)])].filter((each) => each !== undefined);
}

/** Generations of a secret that pods accept. */
function acceptedBy(tag: string, index: number): number[] {
  const parsed = parseGenerationsTag(tag, SECRET_NAMES.length)?.[index];
  return parsed === undefined ? [] : secretValues({ any: { ...parsed, rotatedOn: "" } }).map(({ generation }) => generation);
}
