/** The index of the runbook's lines is true: what it names exists, and nothing is open in silence. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { BOXES, CHECKLIST } from "../checklist";
import { CHECKLIST_RULES } from "../policies/maestroverse-checklist/rules";
import { BASELINE_RULES } from "../policies/platform-baseline/rules";
import { CHECKS } from "../rehearsal/checks";
import { readGolden } from "./helpers/stack-dumps";
import type { DumpedResource } from "./helpers/dump-stack";

const ROOT = resolve(__dirname, "..");

/** Keys of the monitors that the program of prod makes. */
function monitorKeys(): string[] {
  const resources = JSON.parse(readGolden("prod")) as DumpedResource[];
  return resources.flatMap(({ type, name }) => {
    const monitor = /^observability-monitor-(.+)$/.exec(name)?.[1];
    const uptime = /^observability-(uptime-.+)$/.exec(name)?.[1];
    return /^datadog:index\/(monitor|syntheticsTest):/.test(type) ? [monitor ?? uptime ?? name] : [];
  });
}

it("has each line once, in the runbook's order", () => {
  const ids = CHECKLIST.map(({ id }) => id);
  const numbers = ids.map((id) => id.replace("RB-", "").split(".").map(Number) as [number, number]);
  expect([...numbers].sort(([a, b], [c, d]) => a - c || b - d)).toEqual(numbers);
  expect(new Set(ids).size).toBe(ids.length);
  expect(CHECKLIST.map(({ section }) => section)).toEqual(numbers.map(([section]) => section));
});

it("covers the seven boxes with every line, but those of the deployment itself", () => {
  expect(BOXES.map(({ id }) => id)).toEqual(["RB-7.1", "RB-7.2", "RB-7.3", "RB-7.4", "RB-7.5", "RB-7.6", "RB-7.7"]);
  const inBoxes = BOXES.flatMap(({ lines }) => lines);
  expect(CHECKLIST.map(({ id }) => id).filter((id) => !inBoxes.includes(id))).toEqual(["RB-1.1", "RB-1.4"]);
  expect(inBoxes.filter((id) => !CHECKLIST.some((line) => line.id === id))).toEqual([]);
});

it("names pages, checks and monitors that exist", () => {
  const known = { checks: CHECKS.map(({ title }) => title), monitors: monitorKeys() };
  for (const { id, page, rehearsed, monitors } of CHECKLIST) {
    expect([id, page, existsSync(join(ROOT, "docs", page))]).toEqual([id, page, true]);
    expect([id, monitors.filter((key) => !known.monitors.includes(key))]).toEqual([id, []]);
    expect([id, rehearsed === undefined || known.checks.includes(rehearsed)]).toEqual([id, true]);
  }
});

it("is where every rule of the policies finds the lines that it names, and every rule of the checklist's pack names one", () => {
  const ids = CHECKLIST.map(({ id }) => id);
  const rules = [...CHECKLIST_RULES, ...BASELINE_RULES];
  expect(rules.flatMap(({ name, checklist }) => checklist.filter((id) => !ids.includes(id)).map((id) => `${name}: ${id}`))).toEqual([]);
  expect(CHECKLIST_RULES.filter(({ checklist }) => checklist.length === 0).map(({ name }) => name)).toEqual([]);
});

it("uses every check of the rehearsal and every monitor for a line", () => {
  const used = CHECKLIST.flatMap(({ rehearsed, monitors }) => [rehearsed, ...monitors]);
  expect(CHECKS.map(({ title }) => title).filter((title) => !used.includes(title))).toEqual([]);
  expect(monitorKeys().filter((key) => !used.includes(key))).toEqual([]);
});

it("says why a line lacks a policy, a check or a monitor", () => {
  const gated = new Set(CHECKLIST_RULES.flatMap(({ checklist }) => checklist));
  const silent = CHECKLIST.filter(
    ({ id, monitors, rehearsed, gaps }) => gaps === undefined && (!gated.has(id) || monitors.length === 0 || rehearsed === undefined),
  );
  expect(silent.map(({ id }) => id)).toEqual([]);
});
