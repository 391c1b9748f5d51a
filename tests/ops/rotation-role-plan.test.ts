/** The steps of a database password's change: from the settings and what a run has done, wherever the run before was cut off. */
import fc from "fast-check";
import { ROLE_NAMES, type RoleKey } from "../../components/lib/privileges";
import type { SecretSetting } from "../../ops/rotate/generations";
import { after, dryRunRole, nextRoleStep, type RoleSituation, roleTag, type RoleWish } from "../../ops/rotate/role-plan";

const NOW = new Date("2026-11-25T12:00:00Z");
const FIRST: SecretSetting = { generation: 1, rotatedOn: "2026-11-01", overlap: false };
const wishFor = (role: RoleKey, more: Partial<RoleWish> = {}): RoleWish => ({ role, compromised: false, again: false, ...more });

/** One run, cut off after some steps. @returns what the settings have then, and the steps */
function run(wish: RoleWish, setting: SecretSetting, steps = 99): { readonly setting: SecretSetting; readonly trace: string[] } {
  let situation: RoleSituation = { setting, broughtUp: undefined, ended: undefined, finished: false, now: NOW };
  const trace: string[] = [];
  while (trace.length < steps) {
    const step = nextRoleStep(wish, situation);
    if (step.kind === "done") break;
    situation = after(situation, step);
    trace.push(`${step.kind === "edit" ? step.what : step.kind} ${roleTag(situation.setting)}`);
  }
  return { setting: situation.setting, trace };
}

it("hands the application's password over: two rollouts, then the old sessions end, then the other login goes", () => {
  expect(run(wishFor("app"), FIRST)).toEqual({
    setting: { generation: 2, rotatedOn: "2026-11-25", overlap: false },
    trace: ["deploy 1", "prepare 1n", "deploy 1n", "publish 2o", "deploy 2o", "end sessions 2o", "retire 2", "deploy 2"],
  });
});

it.each(["migrator", "backup"] as const)("changes that of %s at once, whose Jobs log in anew", (role) => {
  expect(run(wishFor(role), FIRST)).toEqual({
    setting: { generation: 2, rotatedOn: "2026-11-25", overlap: false },
    trace: ["deploy 1", "replace 2", "deploy 2", "end sessions 2"],
  });
});

it("ends in the same place wherever it is cut off, however often, and never ends without having ended old sessions", () => {
  fc.assert(
    fc.property(fc.constantFrom(...(Object.keys(ROLE_NAMES) as RoleKey[])), fc.array(fc.nat(7), { maxLength: 12 }), (role, kills) => {
      const cut = kills.reduce((setting, steps) => run(wishFor(role), setting, steps).setting, FIRST);
      const { setting, trace } = run(wishFor(role), cut);
      expect(setting).toEqual({ generation: 2, rotatedOn: "2026-11-25", overlap: false });
      expect(trace.filter((step) => step.startsWith("end sessions"))).toHaveLength(1);
      // Pods of a setting are all there before the next one: none is left behind by two.
      const changes = trace.flatMap((step, index) => (/^(publish|retire)/.test(step) ? [trace[index - 1]] : []));
      expect(changes.filter((before) => !/^(deploy|end sessions)/.test(before ?? ""))).toEqual([]);
    }),
  );
});

it("changes none that was changed this week, unless asked to, but ends what is left of the one before", () => {
  const young: SecretSetting = { generation: 5, rotatedOn: "2026-11-20", overlap: false };
  expect(run(wishFor("app"), young)).toEqual({ setting: young, trace: ["deploy 5", "end sessions 5"] });
  expect(run(wishFor("app", { again: true }), young).setting).toEqual({ generation: 6, rotatedOn: "2026-11-25", overlap: false });
});

it("after a compromise has one change, to a password that nobody had yet", () => {
  const wish = wishFor("app", { compromised: true });
  const settings: SecretSetting[] = [FIRST, { ...FIRST, overlap: "next" }, { generation: 2, rotatedOn: "2026-11-25", overlap: true }];
  expect(settings.map((setting) => run(wish, setting).trace)).toEqual([
    ["deploy 1", "replace 2", "deploy 2", "end sessions 2"],
    ["deploy 1n", "replace 3", "deploy 3", "end sessions 3"],
    ["deploy 2o", "replace 3", "deploy 3", "end sessions 3"],
  ]);
});

it("tells the steps before", () => {
  expect(dryRunRole(wishFor("backup"), FIRST, NOW)).toEqual([
    "deploy 1",
    "replace backup: settings 2",
    "deploy 2",
    "end sessions that began before the password of generation 2",
  ]);
});
