/**
 * What comes next in the change of a database role's password: from what the settings say and what this run has done, as plan.ts does it for
 * secrets. Whoever is killed and runs again gets the same answer.
 */
import { HANDED_OVER } from "../../components/lib/database-handover";
import { generationsTag } from "../../components/lib/generations";
import type { RoleKey } from "../../components/lib/privileges";
import { prepared, replaced, type SecretSetting, steady } from "./generations";
import { ageInDays, YOUNG_DAYS } from "./plan";

/** What is asked for. */
export interface RoleWish {
  readonly role: RoleKey;
  /** At once: pods that are there cannot log in anew until they are replaced. */
  readonly compromised: boolean;
  /** Also what was rotated a moment ago. */
  readonly again: boolean;
}

/** What the answer depends on. */
export interface RoleSituation {
  readonly setting: SecretSetting;
  /** {@link roleTag} of the setting that this run has brought up, to the end, pods that go included. */
  readonly broughtUp: string | undefined;
  /** Generation before which no session began any more, by this run's doing. */
  readonly ended: number | undefined;
  /** Whether this run has made a new generation. */
  readonly finished: boolean;
  readonly now: Date;
}

/** A step. */
export type RoleStep =
  | { readonly kind: "deploy" | "end sessions" | "done" }
  | { readonly kind: "edit"; readonly what: RoleEdit; readonly setting: SecretSetting };

/** What an edit is. */
export type RoleEdit = "prepare" | "publish" | "retire" | "replace";

/** `2o`: the generation, and where its handover is. */
export const roleTag = (setting: SecretSetting) => generationsTag({ role: setting });

/** The next step. */
export function nextRoleStep({ role, compromised, again }: RoleWish, situation: RoleSituation): RoleStep {
  const { setting, broughtUp, ended, finished, now } = situation;
  // A run that was cut off may have changed anything up to a point: up is what finds out, and finishes it.
  if (broughtUp !== roleTag(setting)) return { kind: "deploy" };
  const today = now.toISOString().slice(0, 10);
  const edit = (what: RoleEdit, changed: SecretSetting): RoleStep => ({ kind: "edit", what, setting: changed });
  const { generation, rotatedOn, overlap } = setting;
  if (compromised && !finished && (again || overlap !== false || rotatedOn !== today)) return edit("replace", replaced(setting, today));
  if (overlap === "next") return edit("publish", { generation: generation + 1, rotatedOn: today, overlap: true });
  // Sessions of the other login end with it, while it is there.
  if (overlap === true) return ended === generation ? edit("retire", steady(setting)) : { kind: "end sessions" };
  if (!compromised && !finished && (again || ageInDays(setting, now) >= YOUNG_DAYS))
    return role === HANDED_OVER ? edit("prepare", prepared(setting)) : edit("replace", replaced(setting, today));
  return ended === generation ? { kind: "done" } : { kind: "end sessions" };
}

/** More steps than any change has. */
const LIMIT = 20;

/** The steps, a line each, from a setting on. */
export function dryRunRole(wish: RoleWish, start: SecretSetting, now: Date): string[] {
  const lines: string[] = [];
  let situation: RoleSituation = { setting: start, broughtUp: undefined, ended: undefined, finished: false, now };
  for (let count = 0; count < LIMIT; count++) {
    const step = nextRoleStep(wish, situation);
    if (step.kind === "done") break;
    situation = after(situation, step);
    const tag = roleTag(situation.setting);
    if (step.kind === "edit") lines.push(`${step.what} ${wish.role}: settings ${tag}`);
    else
      lines.push(step.kind === "deploy" ? `deploy ${tag}` : `end sessions that began before the password of generation ${situation.ended}`);
  }
  return lines;
}

/** What a step changes in the situation. */
export function after(situation: RoleSituation, step: RoleStep): RoleSituation {
  const { setting } = situation;
  if (step.kind === "edit")
    return { ...situation, setting: step.setting, finished: situation.finished || step.what === "publish" || step.what === "replace" };
  if (step.kind === "deploy") return { ...situation, broughtUp: roleTag(setting) };
  return step.kind === "end sessions" ? { ...situation, ended: setting.generation } : situation;
}
