/**
 * Proof that somebody is on call: reads a schedule as Datadog does, and finds the minutes of a time in which nobody is. Turns follow the clock of
 * the layer's time zone, so that changes of the clocks are part of it.
 */
import { clockAt, DAY_MILLISECONDS, instantAtClock, wallClock } from "./zoned-time";

/** Weeks ahead that are proven: the quarter until the next review. */
export const PROVEN_WEEKS = 13;
const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;

/** Hours of the week in which a layer counts: `endDay` at `endTime` is outside. One that ends when it begins never counts. */
export interface Restriction {
  readonly startDay: string;
  /** `HH:MM:SS` on the layer's clock. */
  readonly startTime: string;
  readonly endDay: string;
  readonly endTime: string;
}

/** A layer of a schedule, plain, with the provider's names. */
export interface ScheduleLayer {
  readonly name: string;
  readonly timeZone: string;
  /** RFC 3339: the layer counts from then. */
  readonly effectiveDate: string;
  /** RFC 3339: until then; absent: for ever. */
  readonly endDate?: string;
  /** RFC 3339: the first turn begins. */
  readonly rotationStart: string;
  readonly interval: { readonly days: number; readonly seconds: number };
  /** In turn; an empty one is nobody's. */
  readonly users: string[];
  readonly restrictions?: Restriction[];
}

/** A time in which nobody is on call: milliseconds, the end is outside. */
export interface Gap {
  readonly from: number;
  readonly until: number;
}

/** A turn of the rotation. */
export interface Turn extends Gap {
  /** Empty: nobody's. */
  readonly user: string;
}

/** The turns that touch a time. A length in days keeps the hour of the hand-over when the clocks change; one in seconds does not. */
export function turnsOf(layer: Omit<ScheduleLayer, "restrictions">, from: number, until: number): Turn[] {
  const { timeZone, interval, users } = layer;
  const start = Date.parse(layer.rotationStart);
  const length = interval.days * DAY_MILLISECONDS + interval.seconds * 1000;
  if (!(length > 0) || users.length === 0 || isNaN(start)) return [];
  const startClock = clockAt(start, timeZone);
  const beginning = (turn: number) =>
    interval.days > 0
      ? instantAtClock(startClock + turn * interval.days * DAY_MILLISECONDS, timeZone) + turn * interval.seconds * 1000
      : start + turn * length;
  const turns: Turn[] = [];
  for (let turn = Math.max(0, Math.floor((from - start) / length) - 1); beginning(turn) < until; turn++) {
    const [begins, ends] = [beginning(turn), beginning(turn + 1)];
    if (ends > from) turns.push({ from: begins, until: ends, user: users[turn % users.length] ?? "" });
  }
  return turns;
}

/** Times without anybody on call in any layer, in order; those that touch are one. */
export function unstaffed(layers: readonly ScheduleLayer[], from: number, until: number): Gap[] {
  const turns = layers.map((layer) => turnsOf(layer, from, until));
  const isStaffed = (instant: number) => layers.some((layer, index) => countsAt(layer, turns[index] ?? [], instant));
  // Between two of these nothing changes.
  const edges = layers.flatMap((layer, index) => [
    ...(turns[index] ?? []).map((turn) => turn.from),
    Date.parse(layer.effectiveDate),
    ...(layer.endDate === undefined ? [] : [Date.parse(layer.endDate)]),
    ...restrictionEdges(layer, from, until),
  ]);
  const moments = [...new Set([from, ...edges.filter((edge) => edge > from && edge < until)])].sort((a, b) => a - b);
  const gaps: Gap[] = [];
  for (const [index, moment] of moments.entries()) {
    const end = moments[index + 1] ?? until;
    const last = gaps.at(-1);
    if (isStaffed(moment)) continue;
    if (last?.until === moment) gaps[gaps.length - 1] = { from: last.from, until: end };
    else gaps.push({ from: moment, until: end });
  }
  return gaps;
}

/** The first gap of the next {@link PROVEN_WEEKS} weeks; undefined when every minute has somebody. */
export function firstUnstaffed(layers: readonly ScheduleLayer[], now: Date, weeks = PROVEN_WEEKS): Gap | undefined {
  const from = Math.floor(now.getTime() / 60_000) * 60_000;
  return unstaffed(layers, from, from + weeks * 7 * DAY_MILLISECONDS)[0];
}

/** `from 2026-12-01 09:00 to 2026-12-07 09:00 (8640 minutes, America/New_York)`. */
export function describeGap({ from, until }: Gap, timeZone: string): string {
  return `from ${wallClock(from, timeZone)} to ${wallClock(until, timeZone)} (${Math.ceil((until - from) / 60_000)} minutes, ${timeZone})`;
}

function countsAt(layer: ScheduleLayer, turns: readonly Turn[], instant: number): boolean {
  const { effectiveDate, endDate, restrictions = [], timeZone } = layer;
  if (instant < Date.parse(effectiveDate) || (endDate !== undefined && instant >= Date.parse(endDate))) return false;
  const turn = turns.find(({ from, until }) => from <= instant && instant < until);
  if (turn === undefined || turn.user === "") return false;
  return restrictions.length === 0 || restrictions.some((restriction) => isWithin(restriction, clockAt(instant, timeZone)));
}

/** Milliseconds of the week, from Sunday 0:00. */
function timeOfWeek(day: string, time: string): number {
  const [hours = NaN, minutes = NaN, seconds = 0] = time.split(":").map(Number);
  return DAYS.indexOf(day.toLowerCase() as (typeof DAYS)[number]) * DAY_MILLISECONDS + ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

function isWithin({ startDay, startTime, endDay, endTime }: Restriction, clock: number): boolean {
  const [start, end] = [timeOfWeek(startDay, startTime), timeOfWeek(endDay, endTime)];
  const now = new Date(clock).getUTCDay() * DAY_MILLISECONDS + (clock % DAY_MILLISECONDS);
  return start <= end ? start <= now && now < end : now >= start || now < end;
}

/** Instants at which a layer's restrictions may begin or end, each day's change of the clocks among them. */
function restrictionEdges({ restrictions = [], timeZone }: ScheduleLayer, from: number, until: number): number[] {
  if (restrictions.length === 0) return [];
  const times = [...new Set(restrictions.flatMap(({ startTime, endTime }) => [startTime, endTime]))].map((time) =>
    timeOfWeek("sunday", time),
  );
  const firstDay = Math.floor(clockAt(from, timeZone) / DAY_MILLISECONDS) * DAY_MILLISECONDS;
  const edges: number[] = [];
  for (let day = firstDay - DAY_MILLISECONDS; day < until + 2 * DAY_MILLISECONDS; day += DAY_MILLISECONDS)
    for (const time of [0, ...times]) {
      const first = instantAtClock(day + time, timeZone);
      // In the hour that autumn repeats a time comes again.
      edges.push(first, ...[first + 3_600_000, first + 1_800_000].filter((again) => clockAt(again, timeZone) === day + time));
    }
  return edges;
}
