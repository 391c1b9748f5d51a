import { CronExpressionParser } from "cron-parser";
import { at, text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { dumps, NO_DUMP } from "../backups";
import { CRON_JOB } from "../runbook";

/** Hour of the night. @see runbook §5 */
const HOUR = 2;
/** Values of each of the other fields when every one counts. */
const EVERY = { dayOfMonth: 31, month: 12, dayOfWeek: 7 } as const;

/** What a schedule does not do; undefined: it dumps every night at 02:00. */
function problemOf(schedule: string, timeZone: string): string | undefined {
  try {
    const { fields } = CronExpressionParser.parse(schedule, { tz: timeZone });
    if (fields.minute.values.join() !== "0" || fields.hour.values.join() !== String(HOUR)) return "not at 02:00";
    const isEvery = ([field, count]: readonly [keyof typeof EVERY, number]) =>
      new Set(fields[field].values.map((value) => (field === "dayOfWeek" ? Number(value) % 7 : value))).size === count;
    if (!(Object.entries(EVERY) as [keyof typeof EVERY, number][]).every(isEvery)) return "not every night";
    return clocksChange(timeZone) ? "its clocks change, and a night has no 02:00 or two" : undefined;
  } catch {
    return "no cron expression, or no time zone";
  }
}

/** Whether a time zone has summer time: another distance from UTC in some month. @throws RangeError when there is no such zone */
function clocksChange(timeZone: string): boolean {
  const clock = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  const offsets = Array.from({ length: 12 }, (_, month) =>
    clock.formatToParts(Date.UTC(2027, month, 15)).find(({ type }) => type === "timeZoneName"),
  );
  return new Set(offsets.map((offset) => offset?.value)).size > 1;
}

/** The dump is made every night at 02:00, on the clock of a named time zone. */
export const enforceBackupSchedule: StackRule = {
  name: "backup-enforce-schedule",
  description: "The dump runs every night of the year at 02:00, in a named time zone in which each night has one, and is not suspended.",
  severity: "critical",
  checklist: ["RB-5.1"],
  remediationSteps: "Set `backups.schedule` to 0 2 * * * and `backups.timeZone` to Etc/UTC in the stack's settings.",
  page: "runbook/5-backups.md",
  types: [CRON_JOB],
  mayBeAbsent: NO_DUMP,
  checkStack: (stack, report) => {
    for (const { cronJob } of dumps(stack)) {
      const [schedule, timeZone] = [text(cronJob.properties, "spec", "schedule"), text(cronJob.properties, "spec", "timeZone")];
      if (timeZone === undefined)
        report(cronJob, { field: "spec.timeZone", found: timeZone, fix: "Name it: the cluster's own is anybody's guess." });
      const problem = problemOf(schedule ?? "", timeZone ?? "Etc/UTC");
      if (problem !== undefined)
        report(cronJob, { field: "spec.schedule", found: `${schedule} (${timeZone}: ${problem})`, fix: "Set it to 0 2 * * * in Etc/UTC." });
      const suspended = at(cronJob.properties, "spec", "suspend");
      if (suspended === true) report(cronJob, { field: "spec.suspend", found: suspended, fix: "Set it to false." });
    }
  },
};
