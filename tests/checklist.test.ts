/** The index of the runbook's lines is true: what it names exists, and nothing is open in silence. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { BOXES, CHECKLIST } from "../checklist";
import { CHECKLIST_RULES } from "../policies/maestroverse-checklist/rules";
import { BASELINE_RULES } from "../policies/platform-baseline/rules";
import { PROBES } from "../ops/verify/probes";
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

it("names pages and monitors that exist", () => {
  const known = monitorKeys();
  for (const { id, page, monitors } of CHECKLIST) {
    expect([id, page, existsSync(join(ROOT, "docs", page.split("#")[0] ?? ""))]).toEqual([id, page, true]);
    expect([id, monitors.filter((key) => !known.includes(key))]).toEqual([id, []]);
  }
});

it("is where every probe finds its line, and probes have names of their own", () => {
  const ids = CHECKLIST.map(({ id }) => id);
  expect(PROBES.filter(({ line }) => !ids.includes(line)).map(({ name }) => name)).toEqual([]);
  expect(PROBES.map(({ name }) => name).filter((name, index, names) => names.indexOf(name) !== index)).toEqual([]);
});

it("is where every rule of the policies finds the lines that it names, and every rule of the checklist's pack names one", () => {
  const ids = CHECKLIST.map(({ id }) => id);
  const rules = [...CHECKLIST_RULES, ...BASELINE_RULES];
  expect(rules.flatMap(({ name, checklist }) => checklist.filter((id) => !ids.includes(id)).map((id) => `${name}: ${id}`))).toEqual([]);
  expect(CHECKLIST_RULES.filter(({ checklist }) => checklist.length === 0).map(({ name }) => name)).toEqual([]);
});

it("uses every monitor for a line", () => {
  const used = CHECKLIST.flatMap(({ monitors }) => monitors);
  expect(monitorKeys().filter((key) => !used.includes(key))).toEqual([]);
});

it("says why a line lacks a policy, a probe or a monitor, and says so of none that has one", () => {
  const gated = new Set(CHECKLIST_RULES.flatMap(({ checklist }) => checklist));
  const wrong = CHECKLIST.flatMap(({ id, monitors, without = {} }) => {
    const has = { policy: gated.has(id), probe: PROBES.some(({ line }) => line === id), monitor: monitors.length > 0 };
    return (Object.keys(has) as (keyof typeof has)[])
      .filter((kind) => has[kind] === (without[kind] !== undefined))
      .map((kind) => `${id}: ${kind}: ${has[kind] ? "there is one, and a reason why not" : "there is none, and no reason"}`);
  });
  expect(wrong).toEqual([]);
});
