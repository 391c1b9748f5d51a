/** The text of a new stack's settings file: that of a stack that is there, with the answers in it, and nothing of that stack's own. */
import { parseSettings, SECRET_NAMES, SettingsError } from "../../config";
import { schemaAt } from "../../settings/schema";
import { ownSettings } from "../../settings/stack-file";
import { PROJECT } from "../engine";
import { editSettings } from "./edit";
import { type Answers, type Known, QUESTIONS } from "./questions";

/** What {@link settingsText} needs. */
export interface NewStack {
  readonly stack: string;
  /** The text of the file that it is like. */
  readonly template: string;
  readonly answers: Answers;
  /** Today: secrets begin their first 90 days, HSTS its ramp, the on-call page its quarter. */
  readonly now: Date;
}

/** @throws Error when a stack cannot be called so */
export function requireStackName(stack: string): void {
  const result = schemaAt(["environment"])?.safeParse(stack);
  if (result?.success === false) throw new Error(`--stack must be ${result.error.issues[0]?.message}, got ${JSON.stringify(stack)}.`);
}

/**
 * The file's text.
 *
 * @throws Error with every problem, each with the flag that it belongs to
 */
export function settingsText({ stack, template, answers, now }: NewStack): string {
  const known: Known = { stack, answers };
  const byQuestion = QUESTIONS.map(({ flag, settings }) => [flag, settings(answers[flag] ?? [], known)] as const);
  const edits = { ...beginning(stack, now), ...Object.assign({}, ...byQuestion.map(([, settings]) => settings)) } as Record<
    string,
    unknown
  >;
  const [, ...rest] = editSettings(template, edits).split("\n");
  const text = [`# Settings of stack ${stack}: https://${answers["api-host"]?.[0]}.`, ...rest].join("\n");
  try {
    parseSettings(stack, ownSettings(text, PROJECT), now);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const flagOf = (problem: string) =>
      byQuestion.find(([, settings]) => Object.keys(settings).some((path) => problem.startsWith(`${stack}: ${path}`)))?.[0];
    const lines = error.problems.map((problem) => {
      const flag = flagOf(problem);
      // The commands are of a file that is not there yet.
      return `  - ${problem.replace(/ (?:Fix|Remove it): pulumi config .*$/, "")}${flag === undefined ? "" : ` Give another --${flag}.`}`;
    });
    throw new Error(`${stack}: these settings would be refused; nothing was written.\n${lines.join("\n")}`);
  }
  return text;
}

/** What begins today. */
function beginning(stack: string, now: Date): Record<string, unknown> {
  const today = now.toISOString().slice(0, 10);
  const sinceMonday = (now.getUTCDay() + 6) % 7;
  const monday = new Date(now.getTime() - sinceMonday * 86_400_000).toISOString().slice(0, 10);
  const first = { generation: 1, rotatedOn: today, overlap: false };
  return {
    environment: stack,
    ...Object.fromEntries(["migrator", "app", "backup"].map((role) => [`database.roles.${role}`, first])),
    ...Object.fromEntries(SECRET_NAMES.map((name) => [`secrets.generations.${name}`, first])),
    "edge.hsts.ramp": [{ maxAgeSeconds: 300, since: today }],
    "onCall.teamHandle": stack === "prod" ? "maestroverse-ops" : `maestroverse-ops-${stack}`,
    "onCall.handover.startsOn": monday,
    "onCall.reviewedOn": today,
  };
}
