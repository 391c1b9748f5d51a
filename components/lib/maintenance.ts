/** Planned maintenance of runbook §6: when the alerts that the work itself causes are silent. Uptime tests go on; their results are kept. */
import type { types } from "@pulumi/datadog";
import { API_SERVICE, MUTED_TAG } from "./alerts";
import { instantsOf } from "./zoned-time";

/** Minutes that alerts may be silent at a time: longer is an outage that nobody watches. */
const LONGEST_MINUTES = 240;
/** What a recurrence may repeat by: a daily silence is no maintenance. */
const FREQUENCY = /^FREQ=(WEEKLY|MONTHLY)(;[A-Z]+=[A-Z0-9,+-]+)*$/;

/** One planned maintenance. */
export interface MaintenanceWindow {
  /** What is done, for people: in the downtime's message. */
  readonly reason: string;
  /** First (or only) start on the clock of `timeZone`: `2026-12-06T02:00`. */
  readonly startsAt: string;
  /** 15 to {@link LONGEST_MINUTES}. */
  readonly minutes: number;
  /** IANA time zone. */
  readonly timeZone: string;
  /** RRULE, for example `FREQ=MONTHLY;BYDAY=1SU`; absent: once. */
  readonly repeats?: string | undefined;
}

/** A downtime, as the provider wants it. */
export interface Downtime {
  readonly message: string;
  readonly scope: string;
  readonly displayTimezone: string;
  readonly monitorTags: readonly string[];
  readonly oneTimeSchedule?: types.input.DowntimeScheduleOneTimeSchedule;
  readonly recurringSchedule?: types.input.DowntimeScheduleRecurringSchedule;
}

/** The downtimes by key: `maintenance-2026-12-06t02-00`. */
export function buildDowntimes(environment: string, windows: readonly MaintenanceWindow[]): Record<string, Downtime> {
  return Object.fromEntries(
    windows.map((window) => {
      const { reason, startsAt, minutes, timeZone, repeats } = window;
      const common = {
        message: `Planned maintenance: ${reason}. Uptime tests go on and are kept; backups, secrets and saturation still alert.`,
        // Every monitor of ours has one group.
        scope: "*",
        displayTimezone: timeZone,
        monitorTags: [`env:${environment}`, `service:${API_SERVICE}`, MUTED_TAG],
      };
      const [start = NaN] = instantOf(window);
      const utc = (instant: number) => new Date(instant).toISOString().replace(".000Z", "Z");
      const downtime: Downtime =
        repeats === undefined
          ? { ...common, oneTimeSchedule: { start: utc(start), end: utc(start + minutes * 60_000) } }
          : {
              ...common,
              recurringSchedule: {
                timezone: timeZone,
                recurrences: [{ rrule: repeats, duration: `${minutes}m`, start: `${startsAt}:00` }],
              },
            };
      return [`maintenance-${startsAt.toLowerCase().replace(":", "-")}`, downtime];
    }),
  );
}

/** Problems of planned maintenance, one line each. */
export function validateMaintenance(windows: readonly MaintenanceWindow[]): string[] {
  const starts = windows.map(({ startsAt }) => startsAt);
  return windows.flatMap((window, index) => {
    const { startsAt, minutes, timeZone, repeats, reason } = window;
    const path = `maintenance[${index}]`;
    const problems: string[] = [];
    if (reason.trim() === "") problems.push(`${path}.reason must say what is done, got ${JSON.stringify(reason)}. People read it.`);
    if (!(Number.isInteger(minutes) && minutes >= 15 && minutes <= LONGEST_MINUTES))
      problems.push(`${path}.minutes must be 15 to ${LONGEST_MINUTES}, got ${minutes}. Plan longer work in parts.`);
    if (starts.indexOf(startsAt) !== index)
      problems.push(`${path}.startsAt must differ from the others', got ${startsAt} twice. Join them.`);
    if (repeats !== undefined && !FREQUENCY.test(repeats))
      problems.push(
        `${path}.repeats must be an RRULE that is weekly or monthly, got ${JSON.stringify(repeats)}. For example FREQ=MONTHLY;BYDAY=1SU.`,
      );
    const instants = instantOf(window);
    if (instants.length !== 1)
      problems.push(
        `${path}.startsAt must be one moment such as 2026-12-06T02:00 in ${timeZone}, got ${JSON.stringify(startsAt)}. The clocks may change there: choose another hour.`,
      );
    return problems;
  });
}

/** The instants (milliseconds) that a start may mean: one, unless it is malformed or the clocks change. */
function instantOf({ startsAt, timeZone }: MaintenanceWindow): number[] {
  const [, date = "", hour = "", minute = ""] = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d)$/.exec(startsAt) ?? [];
  if (date === "" || Number(hour) > 23 || Number(minute) > 59 || isNaN(Date.parse(date))) return [];
  try {
    return instantsOf(date, Number(hour), timeZone).map((instant) => instant + Number(minute) * 60_000);
  } catch {
    return [];
  }
}
