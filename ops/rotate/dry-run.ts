/** What a rotation would do, without doing it. */
import { generationsTag } from "../../components/lib/generations";
import type { Deployed } from "./deployed";
import { nextStep, type Situation, type Wish } from "./plan";

/** More steps than any rotation has. */
const LIMIT = 20;

/** The steps, a line each, from a situation on; every rollout as long as it may be. */
export function dryRun(wish: Wish, start: Omit<Situation, "broughtUp" | "finished" | "held">): string[] {
  const lines: string[] = [];
  let { generations, deployed, now } = start;
  let broughtUp: string | undefined;
  let isBackground = true;
  for (let count = 0; count < LIMIT; count++) {
    const step = nextStep(wish, { ...start, generations, deployed, now, broughtUp, finished: [], held: {} });
    if (step.kind === "done") break;
    if (step.kind === "edit") {
      generations = { ...generations, ...step.edits };
      lines.push(`${step.what} ${Object.keys(step.edits).join(", ")}: settings ${generationsTag(generations)}`);
    }
    if (step.kind === "wait") {
      lines.push(
        `wait ${Math.ceil((step.until.getTime() - now.getTime()) / 1000)} s for what the other value of ${step.secrets.join(", ")} signed`,
      );
      now = step.until;
    }
    if (step.kind === "deploy") {
      const tag = generationsTag(generations);
      const changes = deployed.tag !== tag || !deployed.isRolledOut;
      lines.push(changes ? `deploy ${tag}: one rollout, one pod at a time` : `deploy ${tag}: nothing is expected to change`);
      broughtUp = tag;
      if (changes) ({ deployed, now } = rolledOut(deployed, tag, now, start.rolloutSeconds));
    }
    isBackground = isBackground && step.kind === "deploy";
  }
  return isBackground ? [...lines, "nothing else: every secret asked for is done"] : lines;
}

function rolledOut(before: Deployed, tag: string, now: Date, seconds: number): { deployed: Deployed; now: Date } {
  const then = new Date(now.getTime() + seconds * 1000);
  return { deployed: { ...before, tag, isRolledOut: true, secretCreatedAt: now, rolledOutAt: then }, now: then };
}
