/** `ops rotate --role`: the password of a database role. */
import { ROLE_NAMES } from "../../components/lib/privileges";
import { openAccess } from "../access";
import { confirm } from "../cli/confirm";
import { type JsonTarget, textWriter, writeRecord } from "../cli/flags";
import { stepShower } from "../cli/steps";
import { settingsFileOf } from "../engine";
import { describeSecrets, exitCodeOfRole, roleRotationText } from "./report";
import { rotateRole } from "./role-machine";
import { dryRunRole, type RoleWish } from "./role-plan";
import { keepRecord } from "./record";

/** What it is told. */
export interface RotateRoleFlags {
  readonly stack: string;
  readonly dryRun: boolean;
  readonly settingsFile?: string;
  readonly yes: boolean;
  readonly json?: JsonTarget;
}

/** Tells the steps, asks, and takes them. */
export async function runRotateRole(flags: RotateRoleFlags, wish: RoleWish, signal: AbortSignal): Promise<void> {
  const { stack, json, yes } = flags;
  const settingsFile = settingsFileOf(stack, flags.settingsFile);
  const access = await openAccess(stack, { settingsFile });
  const setting = access.settings.database.roles[wish.role];
  const write = textWriter(json);
  const steps = dryRunRole(wish, setting, new Date());
  const told = describeSecrets({ [ROLE_NAMES[wish.role]]: setting });
  write([`${stack} has`, ...told, "Steps:", ...steps.map((step) => `  ${step}`), "", ""].join("\n"));
  if (flags.dryRun) {
    await writeRecord(json, { formatVersion: 1, stack, wish, steps });
    return;
  }
  if (wish.compromised) process.stderr.write("  Pods that are there cannot open another session until they are replaced.\n");
  await confirm({ stack, yes, ...(wish.compromised ? { word: `${stack} without overlap` } : {}) }, signal);
  const record = await rotateRole({ stack, settingsFile, wish, show: stepShower(write, process.stdout.isTTY && json !== true), signal });
  await keepRecord(access.records, `rotation-${wish.role}`, record);
  write(`\n${roleRotationText(record)}`);
  await writeRecord(json, record);
  process.exitCode = exitCodeOfRole(record);
}
