/** A rotation for people. */
import { type generationsTag } from "../../components/lib/generations";
import { EXIT, type ExitCode } from "../cli/exit-codes";
import type { RotationRecord } from "./machine";
import type { RoleRotationRecord } from "./role-machine";
import type { TrafficRecord } from "./traffic";

/** Lines of failed requests that are worth showing. */
const SHOWN = 5;

/** What it came to. */
export function rotationText(record: RotationRecord): string {
  const { steps, checked, requests, held, problems } = record;
  const seconds = Math.round(record.milliseconds / 1000);
  const pods = new Set(steps.flatMap(({ checks }) => checks.map(({ pod }) => pod)));
  const byToken = steps.flatMap(({ checks }) => checks).filter((check) => check.byToken).length;
  return [
    `${record.stack}: ${summary(record)}, ${seconds} s`,
    ...steps.map(
      (step) => `  ${step.what.padEnd(8)} ${step.generations.padEnd(12)} ${String(Math.round(step.milliseconds / 1000)).padStart(4)} s`,
    ),
    `  ${checked} keys asked about on ${pods.size} pods, ${byToken} of them by a token, cookie or CSRF token; ${problems.length} not as they should be`,
    ...failures(requests),
    ...Object.entries(held).map(
      ([name, why]) =>
        `  ${name}: its old value stays: ${why}. Run the same command again when they have, or accept their loss: --accept-password-reset ${record.stack}`,
    ),
    "",
  ].join("\n");
}

function summary({ wish, steps, held }: RotationRecord): string {
  const edits = steps.filter(({ what }) => !["deploy", "wait"].includes(what));
  if (edits.length === 0) return `nothing to ${wish.kind === "rollback" ? "go back from" : "rotate"}: every secret asked for is done`;
  const names = wish.secrets.filter((name) => held[name] === undefined).join(", ");
  return { rotate: `rotated ${names}`, compromised: `replaced ${names}`, rollback: `went back with ${names}` }[wish.kind];
}

/** 0 only if nothing is left to do and nobody was refused. */
export function exitCodeOfRotation({ problems, requests, held, wish }: RotationRecord): ExitCode {
  const refused = wish.kind === "compromised" ? 0 : requests.failed.length;
  return problems.length + refused + Object.keys(held).length === 0 ? EXIT.ok : EXIT.found;
}

/** What a database password's change came to. */
export function roleRotationText({ stack, wish, steps, ended, requests, milliseconds }: RoleRotationRecord): string {
  const changed = steps.some(({ what }) => what !== "deploy" && what !== "end sessions");
  const words = changed ? `changed the password of ${wish.role}` : `nothing to change: the password of ${wish.role} is new`;
  return [
    `${stack}: ${words}, ${Math.round(milliseconds / 1000)} s`,
    ...steps.map(
      (step) => `  ${step.what.padEnd(12)} ${step.generation.padEnd(4)} ${String(Math.round(step.milliseconds / 1000)).padStart(4)} s`,
    ),
    `  ${ended.length} sessions of an older password ended`,
    ...failures(requests),
    "",
  ].join("\n");
}

/** 0 only if nobody was refused, where nobody should be. */
export function exitCodeOfRole({ requests, wish }: RoleRotationRecord): ExitCode {
  return wish.compromised || requests.failed.length === 0 ? EXIT.ok : EXIT.found;
}

function failures({ sent, failed }: TrafficRecord): string[] {
  return [`  ${sent} requests meanwhile, ${failed.length} failed`, ...failed.slice(0, SHOWN).map(({ at, why }) => `    ${at} ${why}`)];
}

/** Settings of the secrets, a line each. */
export function describeSecrets(generations: Parameters<typeof generationsTag>[0]): string[] {
  return Object.entries(generations).map(
    ([name, { generation, rotatedOn, overlap }]) =>
      `  ${name}: generation ${generation} of ${rotatedOn}${overlap === "next" ? `, ${generation + 1} accepted` : overlap ? `, ${generation - 1} accepted` : ""}`,
  );
}
