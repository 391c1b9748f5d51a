/** Clocks of time zones: what they show at an instant, and at which instants they show it. */
const MINUTE_MILLISECONDS = 60_000;
/** Of 24 hours; a day of a clock that changes has one more or less. */
export const DAY_MILLISECONDS = 24 * 60 * MINUTE_MILLISECONDS;

/**
 * Every instant (milliseconds since 1970) at which a time zone's clock shows a day's full hour: one; none in the hour that the clocks skip in
 * spring; two in the hour that they repeat in autumn.
 */
export function instantsOf(date: string, hour: number, timeZone: string): number[] {
  const wanted = Date.parse(`${date}T00:00:00Z`) + hour * 60 * MINUTE_MILLISECONDS;
  // The clock's distance from UTC changes by no more than once in two days: those of the day before and the day after are all there are.
  const offsets = [-DAY_MILLISECONDS, DAY_MILLISECONDS].map((shift) => clockAt(wanted + shift, timeZone) - (wanted + shift));
  return [...new Set(offsets.map((offset) => wanted - offset))]
    .filter((instant) => clockAt(instant, timeZone) === wanted)
    .sort((a, b) => a - b);
}

/** Clocks by time zone: making one takes far longer than reading it. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  const parts = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" } as const;
  const clock = new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", ...parts });
  clocks.set(timeZone, clock);
  return clock;
}

/** What a time zone's clock shows at an instant (milliseconds), as if it were UTC. */
export function clockAt(instant: number, timeZone: string): number {
  const parts = clockOf(timeZone).formatToParts(instant);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((each) => each.type === type)?.value);
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
}

/**
 * The instant at which a time zone's clock first shows a time (milliseconds, as if it were UTC) or a later one: in the hour that spring skips,
 * when that hour ends; in the hour that autumn repeats, the first of the two.
 */
export function instantAtClock(wanted: number, timeZone: string): number {
  const offsets = [-DAY_MILLISECONDS, DAY_MILLISECONDS].map((shift) => clockAt(wanted + shift, timeZone) - (wanted + shift));
  const [early, late] = offsets.map((offset) => wanted - offset).sort((a, b) => a - b) as [number, number];
  if (clockAt(early, timeZone) === wanted) return early;
  if (clockAt(late, timeZone) === wanted) return late;
  // The clocks jump between the two.
  let [before, after] = [early, late];
  while (after - before > 1000) {
    const middle = Math.floor((before + after) / 2 / 1000) * 1000;
    if (clockAt(middle, timeZone) < wanted) before = middle;
    else after = middle;
  }
  return after;
}

/** A moment for people, on the clock of a time zone: `2026-11-02 09:00`. */
export function wallClock(instant: number, timeZone: string): string {
  return new Date(clockAt(instant, timeZone)).toISOString().slice(0, 16).replace("T", " ");
}

/** Abbreviations such as EST, and fixed distances from UTC, know no daylight-saving time. */
export function isTimeZone(name: string): boolean {
  if (name !== "UTC" && !/^[A-Za-z]+(\/[A-Za-z0-9_+-]+)+$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
