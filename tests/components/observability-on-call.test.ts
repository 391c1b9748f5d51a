/** Somebody is on call in every minute, also when the clocks change; and the page that says who is made from the same settings. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildScheduleLayer } from "../../components/lib/on-call";
import { describeGap, firstUnstaffed, type Restriction, type ScheduleLayer, turnsOf, unstaffed } from "../../components/lib/on-call-proof";
import { nextReview, overdueReview, validateReview } from "../../components/lib/on-call-review";
import { wallClock } from "../../components/lib/zoned-time";
import { readStackSettings } from "../../ops/access";
import { REPOSITORY } from "../../ops/engine";
import { renderOnCall } from "../../ops/on-call-document";
import { NOW, PROD } from "../helpers/observability";

const at = (text: string) => Date.parse(text);
/** A year that begins in winter: each place changes its clocks twice in it. */
const YEAR = [at("2026-12-01T00:00:00Z"), at("2027-12-01T00:00:00Z")] as const;
const layerIn = (timeZone: string) => buildScheduleLayer({ ...PROD.onCall, timeZone });
const gaps = (layers: readonly ScheduleLayer[], [from, until]: readonly [number, number] = YEAR, timeZone = "America/New_York") =>
  unstaffed(layers, from, until).map((gap) => describeGap(gap, timeZone));
/** A layer of New York that counts every day from one time until another. */
const daily = (name: string, startTime: string, endTime: string): ScheduleLayer => ({
  ...layerIn("America/New_York"),
  name,
  restrictions: ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"].map((startDay, index, days): Restriction => {
    const endDay = startTime < endTime ? startDay : days[(index + 1) % 7];
    return { startDay, startTime, endDay, endTime };
  }),
});

describe("every minute of a year with two changes of the clocks", () => {
  it.each(["America/New_York", "Europe/Berlin", "Australia/Sydney", "Asia/Kolkata", "UTC"])("has somebody in %s", (timeZone) => {
    expect(gaps([layerIn(timeZone)])).toEqual([]);
  });

  it.each(["America/New_York", "Europe/Berlin", "Australia/Sydney"])("is handed over at 9:00 on the wall in %s", (timeZone) => {
    const turns = turnsOf(layerIn(timeZone), ...YEAR);
    expect(turns.length).toBeGreaterThan(51);
    expect([...new Set(turns.map(({ from }) => wallClock(from, timeZone).slice(11)))]).toEqual(["09:00"]);
    expect(turns.map(({ user }) => user).slice(0, 4)).toEqual([1, 2, 0, 1].map((index) => PROD.onCall.people[index]?.datadogUserId));
  });

  it("is handed over an hour later after spring where the turns are counted in seconds", () => {
    const layer = { ...layerIn("America/New_York"), interval: { days: 0, seconds: 7 * 86_400 } };
    expect(gaps([layer])).toEqual([]);
    expect([...new Set(turnsOf(layer, ...YEAR).map(({ from }) => wallClock(from, "America/New_York").slice(11)))]).toEqual([
      "09:00",
      "10:00",
    ]);
  });

  it("is covered by day and night together, in the hours that spring skips and autumn repeats too", () => {
    expect(gaps([daily("day", "02:30:00", "14:30:00"), daily("night", "14:30:00", "02:30:00")])).toEqual([]);
  });
});

describe("a minute without anybody is found", () => {
  const week = [at("2026-12-01T00:00:00Z"), at("2026-12-02T00:00:00Z")] as const;

  it("between two layers", () => {
    expect(gaps([daily("day", "03:00:00", "15:00:00"), daily("night", "15:00:00", "02:30:00")], week)).toEqual([
      "from 2026-12-01 02:30 to 2026-12-01 03:00 (30 minutes, America/New_York)",
    ]);
  });

  it("in the hour that autumn repeats, and not on the night on which spring skips it", () => {
    const layers = [daily("day", "02:00:00", "15:00:00"), daily("night", "15:00:00", "01:00:00")];
    const nights = (day: string, days = 1) => gaps(layers, [at(`${day}T04:00:00Z`), at(`${day}T04:00:00Z`) + days * 86_400_000]);
    expect(nights("2027-11-07")).toEqual(["from 2027-11-07 01:00 to 2027-11-07 02:00 (120 minutes, America/New_York)"]);
    const skipped = [daily("day", "03:00:00", "15:00:00"), daily("night", "15:00:00", "02:00:00")];
    expect(gaps(skipped, [at("2027-03-14T05:00:00Z"), at("2027-03-14T20:00:00Z")])).toEqual([]);
    expect(gaps(skipped, [at("2027-03-15T05:00:00Z"), at("2027-03-15T20:00:00Z")])).toHaveLength(1);
  });

  it.each<[string, Partial<ScheduleLayer>, string]>([
    ["begins later", { effectiveDate: "2026-12-01T12:00:00Z" }, "from 2026-11-30 19:00 to 2026-12-01 07:00 (720 minutes"],
    ["ends", { endDate: "2026-12-01T23:59:00Z" }, "from 2026-12-01 18:59 to 2026-12-01 19:00 (1 minutes"],
    ["has an empty turn", { users: ["", ""] }, "from 2026-11-30 19:00 to 2026-12-01 19:00 (1440 minutes"],
    ["has nobody", { users: [] }, "from 2026-11-30 19:00 to 2026-12-01 19:00 (1440 minutes"],
    [
      "is restricted to hours that end when they begin",
      { restrictions: [{ startDay: "monday", startTime: "09:00:00", endDay: "monday", endTime: "09:00:00" }] },
      "from 2026-11-30 19:00 to 2026-12-01 19:00 (1440 minutes",
    ],
  ])("in a layer that %s", (_, change, expected) => {
    expect(gaps([{ ...layerIn("America/New_York"), ...change }], week)).toEqual([`${expected}, America/New_York)`]);
  });

  it("within the next 13 weeks, and not beyond", () => {
    const ends = (date: string) => firstUnstaffed([{ ...layerIn("UTC"), endDate: date }], NOW);
    expect(ends("2027-02-24T11:59:00Z")).toEqual({ from: at("2027-02-24T11:59:00Z"), until: at("2027-02-24T12:00:00Z") });
    expect(ends("2027-02-24T12:00:00Z")).toBe(undefined);
  });
});

describe("the quarterly review", () => {
  it.each([
    ["2026-11-16", "2027-02-16"],
    ["2026-11-30", "2027-02-28"],
    ["2027-11-30", "2028-02-29"],
    ["2026-12-31", "2027-03-31"],
  ])("of %s is followed by one on %s", (last, next) => {
    expect(nextReview(last)).toBe(next);
  });

  it("is overdue from the day after, and says what to do", () => {
    expect(overdueReview("2026-11-16", new Date("2027-02-16T23:59:59Z"))).toBe(undefined);
    expect(overdueReview("2026-11-16", new Date("2027-02-17T00:00:00Z"))).toBe(
      "the quarterly review was due on 2027-02-16 (last: 2026-11-16). Go through docs/on-call.md, set onCall.reviewedOn to the day, and render the page again",
    );
  });

  it("was not tomorrow", () => {
    expect(validateReview("2026-11-25", NOW)).toEqual([]);
    expect(validateReview("2026-11-26", NOW)).toHaveLength(1);
  });
});

it("is what docs/on-call.md says: npm run -s ops -- render on-call > docs/on-call.md", async () => {
  const written = readFileSync(join(REPOSITORY, "docs", "on-call.md"), "utf8");
  expect(written).toBe(renderOnCall(await readStackSettings("prod")));
});
