/** Runs the steps of a database password's change until there is none left. */
import { randomBytes } from "node:crypto";
import { databaseSecretName } from "../../components/lib/database-credential";
import { loginOf } from "../../components/lib/database-handover";
import { openAccess } from "../access";
import type { ShowStep } from "../cli/steps";
import { type OldSession, terminateOldSessions } from "../database/sessions";
import { Systems } from "../verify/systems";
import { SECRET_PREFIXES } from "./deployed";
import { withRotationLock } from "./lock";
import { after, nextRoleStep, type RoleSituation, type RoleStep, roleTag, type RoleWish } from "./role-plan";
import { bringUp } from "./rollout";
import { writeRole } from "./settings-file";
import { Traffic, type TrafficRecord } from "./traffic";

/** Kubernetes' times are whole seconds, cut off; a pod takes longer to start. */
const RESOLUTION_MILLISECONDS = 1000;

/** Arguments of {@link rotateRole}. */
export interface RotateRoleOptions {
  readonly stack: string;
  /** The stack's settings file, which is changed. */
  readonly settingsFile: string;
  readonly wish: RoleWish;
  readonly show: ShowStep;
  readonly signal: AbortSignal;
}

/** The machine-readable record. */
export interface RoleRotationRecord {
  readonly formatVersion: 1;
  readonly stack: string;
  /** Names what the run sent. */
  readonly run: string;
  readonly wish: RoleWish;
  readonly startedAt: string;
  readonly milliseconds: number;
  readonly steps: readonly {
    readonly what: string;
    /** Generation that the settings had after it, as names have it: `2o`. */
    readonly generation: string;
    readonly milliseconds: number;
  }[];
  /** Sessions of older passwords that were ended. */
  readonly ended: readonly OldSession[];
  readonly requests: TrafficRecord;
}

/**
 * Changes a role's password. Killed at any moment and run again it ends in the same place.
 *
 * @throws Error when a step cannot be done; what was done stays done
 */
export async function rotateRole(options: RotateRoleOptions): Promise<RoleRotationRecord> {
  const { stack, settingsFile, wish, signal } = options;
  const access = await openAccess(stack, { settingsFile });
  return withRotationLock(access, async () => {
    const run = `rotate-${randomBytes(4).toString("hex")}`;
    const started = Date.now();
    const first = new Systems(access);
    const traffic = new Traffic(first, run);
    const steps: RoleRotationRecord["steps"][number][] = [];
    const ended: OldSession[] = [];
    let situation: RoleSituation = {
      setting: access.settings.database.roles[wish.role],
      broughtUp: undefined,
      ended: undefined,
      finished: false,
      now: new Date(),
    };
    let requests: TrafficRecord = { sent: 0, failed: [] };
    traffic.carry([]);
    try {
      for (;;) {
        signal.throwIfAborted();
        const step = nextRoleStep(wish, situation);
        if (step.kind === "done") break;
        const began = Date.now();
        ended.push(...(await take(step, options)));
        situation = { ...after(situation, step), now: new Date() };
        steps.push({
          what: step.kind === "edit" ? step.what : step.kind,
          generation: roleTag(situation.setting),
          milliseconds: Date.now() - began,
        });
      }
    } finally {
      requests = await traffic.stop();
      await first.close();
    }
    const milliseconds = Date.now() - started;
    return { formatVersion: 1, stack, run, wish, startedAt: new Date(started).toISOString(), milliseconds, steps, ended, requests };
  });
}

/** @returns sessions that were ended */
async function take(step: RoleStep, { stack, settingsFile, wish, show, signal }: RotateRoleOptions): Promise<readonly OldSession[]> {
  const { role } = wish;
  if (step.kind === "edit") {
    await show(TITLES[step.what], async () => {
      await writeRole(stack, settingsFile, role, step.setting, new Date());
      return { told: `${settingsFile} changed`, result: undefined };
    });
    return [];
  }
  const systems = new Systems(await openAccess(stack, { settingsFile }));
  try {
    return step.kind === "deploy" ? await deploy(systems, show, signal) : await endSessions(systems, wish, show, signal);
  } finally {
    await systems.close();
  }
}

async function deploy(systems: Systems, show: ShowStep, signal: AbortSignal): Promise<[]> {
  const { access } = systems;
  const { database } = access.settings;
  const name = databaseSecretName("app", loginOf("app", database.roles.app), { ...database, databaseName: database.name });
  const cluster = await systems.cluster();
  await show("Deploy, one pod at a time", async (report) => {
    const tag = name.slice(SECRET_PREFIXES.database.length);
    const result = await bringUp({ access, cluster, kind: "database", tag, report, onOutput: () => undefined, signal });
    return { told: `${result.pods.length} pods have it, and none of another is left`, result };
  });
  return [];
}

/** Those that began before the Secret with the current password did, which no pod had then. */
async function endSessions(systems: Systems, { role }: RoleWish, show: ShowStep, signal: AbortSignal): Promise<readonly OldSession[]> {
  return show("End sessions of the old password", async () => {
    const cluster = await systems.cluster();
    const { namespace, name } = systems.secretOfRole(role);
    const { metadata } = await cluster.get<{ readonly metadata: { readonly creationTimestamp: string } }>(
      `/api/v1/namespaces/${namespace}/secrets/${name}`,
    );
    const beganBefore = new Date(Date.parse(metadata.creationTimestamp) + RESOLUTION_MILLISECONDS);
    const result = await terminateOldSessions(await systems.administrator(), { role, beganBefore, signal });
    const told = result.map(
      ({ application, address, began }) => `${application || "?"} from ${address ?? "a socket"} since ${began.toISOString()}`,
    );
    return { told: told.length === 0 ? "there is none" : told.join("; "), result };
  });
}

const TITLES = {
  prepare: "Prepare: pods log in with the next password by another login",
  publish: "Publish: the role has the next password, the old one is refused",
  retire: "Retire: the other login is gone",
  replace: "Replace at once: the old password is refused",
} as const;
