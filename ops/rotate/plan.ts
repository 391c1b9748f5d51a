/**
 * What comes next in a rotation: from what the settings say, what is deployed and what is asked for, and from nothing else. There is no journal that
 * could be wrong: whoever is killed and runs again gets the same answer.
 */
import { generationsTag } from "../../components/lib/generations";
import type { Deployed } from "./deployed";
import {
  type Edits,
  type Phase,
  phaseOf,
  prepared,
  published,
  replaced,
  type SecretGenerations,
  type SecretName,
  type SecretSetting,
  steady,
  wentBack,
} from "./generations";

/** Days in which a secret is not rotated a second time, unless that is asked for: a run that was cut off after its last step ends there. */
export const YOUNG_DAYS = 7;
const DAY_MILLISECONDS = 86_400_000;

/** What is asked for. */
export interface Wish {
  /** `rotate`: with an overlap. `compromised`: without one. `rollback`: back to the generation before. */
  readonly kind: "rotate" | "compromised" | "rollback";
  readonly secrets: readonly SecretName[];
  /** Rotate again what was rotated a moment ago. */
  readonly again: boolean;
}

/** What the answer depends on. */
export interface Situation {
  readonly generations: SecretGenerations;
  readonly deployed: Deployed;
  /** {@link generationsTag} of the settings that this run has brought up, to the end; undefined: it has not yet. */
  readonly broughtUp: string | undefined;
  /** Secrets that this run is done with. */
  readonly finished: readonly SecretName[];
  /** Old values that cannot go yet, and why. */
  readonly held: Readonly<Partial<Record<SecretName, string>>>;
  /** Seconds that an old value is accepted, from its successor's publication. */
  readonly overlapSeconds: number;
  /** Seconds that a rollout takes at most. */
  readonly rolloutSeconds: number;
  readonly now: Date;
}

/** A step. */
export type Step =
  | { readonly kind: "deploy" }
  | { readonly kind: "edit"; readonly what: EditKind; readonly edits: Edits }
  | { readonly kind: "wait"; readonly until: Date; readonly secrets: readonly SecretName[] }
  | { readonly kind: "done"; readonly held: Readonly<Partial<Record<SecretName, string>>> };

/** What an edit is. */
export type EditKind = "prepare" | "publish" | "retire" | "replace" | "go back";

/** The next step. @throws Error when what is asked for cannot be had */
export function nextStep(wish: Wish, situation: Situation): Step {
  const { generations, deployed, broughtUp, now } = situation;
  const tag = generationsTag(generations);
  const open = wish.secrets.filter((secret) => !situation.finished.includes(secret));
  if (wish.kind === "rollback") {
    const back = stepBack(open, situation);
    if (back !== undefined) return back;
  }
  // A run that was cut off may have changed anything up to a point: up is what finds out, and finishes it.
  if (broughtUp !== tag || deployed.tag !== tag || !deployed.isRolledOut) return { kind: "deploy" };
  const today = now.toISOString().slice(0, 10);
  const at = (secret: SecretName) => generations[secret];
  const phase = (wanted: Phase) => inPhase(open, generations, wanted);
  const edit = (what: EditKind, secrets: readonly SecretName[], change: Change) => editOf(generations, what, secrets, change);

  if (wish.kind === "compromised") {
    const due = open.filter((name) => wish.again || at(name).overlap !== false || at(name).rotatedOn !== today);
    return due.length === 0 ? { kind: "done", held: {} } : edit("replace", due, (setting) => replaced(setting, today));
  }
  if (wish.kind === "rollback") {
    if (phase("prepared").length === 0) return { kind: "done", held: {} };
    // What the next generation has signed is accepted for its whole life.
    const until = endOfOverlap(situation);
    return until > now ? { kind: "wait", until, secrets: phase("prepared") } : edit("retire", phase("prepared"), steady);
  }
  const due = phase("steady").filter((name) => wish.again || ageInDays(at(name), now) >= YOUNG_DAYS);
  if (due.length > 0) return edit("prepare", due, prepared);
  if (phase("prepared").length > 0) return edit("publish", phase("prepared"), (setting) => published(setting, today));
  const old = phase("published");
  if (old.length === 0) return { kind: "done", held: {} };
  const until = endOfOverlap(situation);
  if (until > now) return { kind: "wait", until, secrets: old };
  const free = old.filter((name) => situation.held[name] === undefined);
  return free.length > 0 ? edit("retire", free, steady) : { kind: "done", held: situation.held };
}

/**
 * The part of the way back that waits for no rollout, as the one under way may never end: its pods crash. What runs of either state accepts what the
 * state to come signs.
 */
function stepBack(open: readonly SecretName[], { generations, deployed }: Situation): Step | undefined {
  const publications = inPhase(open, generations, "published");
  if (publications.length > 0) return editOf(generations, "go back", publications, (setting, name) => wentBack(name, setting));
  const preparations = inPhase(open, generations, "prepared");
  const unused = preparations.filter((name) => !deployed.hasSigned(name, generations[name].generation + 1));
  return unused.length === 0 ? undefined : editOf(generations, "retire", unused, steady);
}

type Change = (setting: SecretSetting, name: SecretName) => SecretSetting;

function inPhase(secrets: readonly SecretName[], generations: SecretGenerations, phase: Phase): SecretName[] {
  return secrets.filter((name) => phaseOf(generations[name]) === phase);
}

function editOf(generations: SecretGenerations, what: EditKind, secrets: readonly SecretName[], change: Change): Step {
  return { kind: "edit", what, edits: Object.fromEntries(secrets.map((name) => [name, change(generations[name], name)])) };
}

/** When everything that the other generation has signed has ended: nobody signs with it since the rollout that ended it. */
export function endOfOverlap({
  deployed: { secretCreatedAt, rolledOutAt },
  overlapSeconds,
  rolloutSeconds,
}: Pick<Situation, "deployed" | "overlapSeconds" | "rolloutSeconds">): Date {
  // A rollout that took longer than it should has signed for longer.
  const afterRollout = rolledOutAt.getTime() + (overlapSeconds - rolloutSeconds) * 1000;
  return new Date(Math.max(secretCreatedAt.getTime() + overlapSeconds * 1000, afterRollout));
}

/** Whole days since a secret was rotated. */
export function ageInDays({ rotatedOn }: Pick<SecretSetting, "rotatedOn">, now: Date): number {
  return Math.floor((now.getTime() - Date.parse(`${rotatedOn}T00:00:00Z`)) / DAY_MILLISECONDS);
}

/** Why what is asked for is refused, one line for each reason, before anything is changed. */
export function refusals(
  wish: Wish,
  {
    generations,
    dualVerification,
    acceptsPasswordReset = false,
  }: {
    readonly generations: SecretGenerations;
    readonly dualVerification: readonly string[];
    /** Whether the operator accepts that every password is lost. @default false */
    readonly acceptsPasswordReset?: boolean;
  },
): string[] {
  if (wish.kind === "rollback")
    return wish.secrets
      .filter((name) => phaseOf(generations[name]) === "steady")
      .map(
        (name) => `${name}: there is nothing to go back to: generation ${generations[name].generation} is the only one. Rotate it instead.`,
      );
  if (wish.kind === "compromised")
    return wish.secrets.includes("MAESTROVERSE_PEPPER") && !acceptsPasswordReset
      ? [
          "MAESTROVERSE_PEPPER: without an overlap every stored password is invalid at once, and everybody has to set a new one. Accept that: " +
            "--accept-password-reset <the stack's name>; or leave the pepper out: --secret with the others.",
        ]
      : [];
  return wish.secrets
    .filter((name) => !dualVerification.includes(name))
    .map((name) =>
      name === "MAESTROVERSE_PEPPER"
        ? `${name}: every stored password depends on it, and the application does not declare that it accepts two values (secrets.dualVerification): ` +
          `rotating it invalidates every password. Have the application read ${name}_ROLLING, declare it, and run this again; or accept that everybody ` +
          `has to set a new password: --secret ${name} --compromised --accept-password-reset.`
        : `${name}: the application does not declare that it accepts two values (secrets.dualVerification): everybody would be logged out. Have it read ` +
          `${name}_ROLLING, declare it, and run this again; or accept that: --secret ${name} --compromised.`,
    );
}
