import { at, list, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";
import { stackOf } from "../../lib/waivers";

/** Minutes of one silence. */
const LONGEST_MINUTES = 240;
const UNIT_MINUTES = { m: 1, h: 60, d: 1440 } as const;

/** Maintenance silences what it causes, here, for a while. */
export const configureDowntimeScope: ResourceRule = {
  name: "downtime-configure-scope",
  description: "Planned maintenance silences the stack's own alerts that it causes (maintenance:muted) for 4 hours at most, and says why.",
  severity: "high",
  checklist: [],
  remediationSteps: "Plan it in `observability.maintenance` of the stack's settings.",
  page: "runbook/6-observability.md",
  types: ["datadog:index/downtimeSchedule:DowntimeSchedule"],
  mayBeAbsent: "no maintenance is planned",
  check: ({ urn, properties }, report) => {
    const tags = list(properties, "monitorIdentifier", "monitorTags");
    for (const wanted of [`env:${stackOf(urn)}`, "maintenance:muted"])
      if (!tags.includes(wanted)) report({ field: "monitorIdentifier.monitorTags", found: tags, fix: `Add ${wanted}.` });
    if ((text(properties, "message") ?? "").trim() === "") report({ field: "message", found: undefined, fix: "Say what is done." });
    const [start, end] = [at(properties, "oneTimeSchedule", "start"), at(properties, "oneTimeSchedule", "end")];
    const once = at(properties, "oneTimeSchedule") === undefined ? [] : [(Date.parse(String(end)) - Date.parse(String(start))) / 60_000];
    const repeated = list(properties, "recurringSchedule", "recurrences").map((each) => minutesOf(text(each, "duration") ?? ""));
    for (const found of [...once, ...repeated].filter((minutes) => !(minutes > 0 && minutes <= LONGEST_MINUTES)))
      report({ field: "its length (minutes)", found: String(found), fix: `Plan ${LONGEST_MINUTES} minutes at most.` });
    if (once.length + repeated.length === 0) report({ field: "its schedule", found: undefined, fix: "Say when it begins and ends." });
  },
};

function minutesOf(duration: string): number {
  const [, number, unit] = /^(\d+)([mhd])$/.exec(duration) ?? [];
  return unit === undefined ? NaN : Number(number) * UNIT_MINUTES[unit as keyof typeof UNIT_MINUTES];
}
