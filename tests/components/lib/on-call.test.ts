import {
  buildLadder,
  buildRoutingRules,
  buildScheduleLayer,
  type OnCallArgs,
  rotationStart,
  validateOnCall,
} from "../../../components/lib/on-call";
import { instantsOf } from "../../../components/lib/zoned-time";
import { NOW, PROD } from "../../helpers/observability";

const good = PROD.onCall;
const [avery, noor, tomas] = good.people.map(({ datadogUserId }) => datadogUserId);
const start = (startsOn: string, hour: number, timeZone: string) => rotationStart({ handover: { startsOn, hour }, timeZone });

describe("the first hand-over", () => {
  it.each([
    ["winter in New York", "2026-11-02", 9, "America/New_York", "2026-11-02T14:00:00Z"],
    ["the last day of summer there", "2026-10-31", 9, "America/New_York", "2026-10-31T13:00:00Z"],
    ["the day the clocks go back", "2026-11-01", 9, "America/New_York", "2026-11-01T14:00:00Z"],
    ["the hour before they do", "2026-11-01", 0, "America/New_York", "2026-11-01T04:00:00Z"],
    ["the day they go forward", "2027-03-14", 9, "America/New_York", "2027-03-14T13:00:00Z"],
    ["a zone ahead of UTC by half an hour more", "2026-11-02", 9, "Asia/Kolkata", "2026-11-02T03:30:00Z"],
    ["a zone a day ahead", "2026-11-02", 9, "Pacific/Kiritimati", "2026-11-01T19:00:00Z"],
    ["the south, whose summer is in winter", "2026-11-02", 9, "Australia/Sydney", "2026-11-01T22:00:00Z"],
    ["midnight", "2026-11-02", 0, "Europe/Berlin", "2026-11-01T23:00:00Z"],
    ["UTC", "2026-11-02", 9, "UTC", "2026-11-02T09:00:00Z"],
  ])("is at the hour on the wall: %s", (_what, startsOn, hour, timeZone, expected) => {
    expect(start(startsOn, hour, timeZone)).toBe(expected);
  });

  it("knows the hour that spring skips and the one that autumn repeats", () => {
    expect(instantsOf("2027-03-14", 2, "America/New_York")).toEqual([]);
    expect(instantsOf("2026-11-01", 1, "America/New_York").map((instant) => new Date(instant).toISOString())).toEqual([
      "2026-11-01T05:00:00.000Z",
      "2026-11-01T06:00:00.000Z",
    ]);
  });
});

it("gives each person a week around the clock, in days of the time zone", () => {
  expect(buildScheduleLayer(good)).toEqual({
    name: "primary",
    timeZone: "America/New_York",
    effectiveDate: "2026-11-02T14:00:00Z",
    rotationStart: "2026-11-02T14:00:00Z",
    interval: { days: 7, seconds: 0 },
    users: [avery, noor, tomas],
  });
});

it("climbs from whoever is on call to the next and to the lead, and never lets go of a page by itself", () => {
  expect(buildLadder({ ...good, leadEmail: "noor@maestroverse.edu" }, "schedule")).toEqual({
    steps: [
      { assignment: "default", escalateAfterSeconds: 600, targets: [{ schedule: "schedule", position: "current" }] },
      { assignment: "default", escalateAfterSeconds: 600, targets: [{ schedule: "schedule", position: "next" }] },
      { assignment: "default", escalateAfterSeconds: 600, targets: [{ user: noor }] },
    ],
    retries: 2,
    resolvePageOnPolicyEnd: false,
  });
});

it("wakes people in prod alone, and ends in a rule that takes everything", () => {
  expect(buildRoutingRules("prod", "policy")).toEqual([
    { query: "priority:(3 OR 4 OR 5)", escalationPolicy: "policy", urgency: "low" },
    { escalationPolicy: "policy", urgency: "dynamic" },
  ]);
  for (const environment of ["staging", "rehearsal"])
    expect(buildRoutingRules(environment, "policy")).toEqual([{ escalationPolicy: "policy", urgency: "low" }]);
});

describe("a wrong rotation", () => {
  it("is none of these", () => {
    expect(validateOnCall(good, "prod", NOW)).toEqual([]);
    expect(validateOnCall({ ...good, teamHandle: "maestroverse-ops-staging", timeZone: "UTC" }, "staging", NOW)).toEqual([]);
  });

  it("is reported whole", () => {
    const twice = { ...good.people[0], name: "Twin" } as OnCallArgs["people"][number];
    expect(
      validateOnCall(
        {
          teamHandle: "@ops",
          people: [twice, twice],
          leadEmail: "nobody@maestroverse.edu",
          timeZone: "EST",
          handover: { startsOn: "2026-02-30", hour: 24 },
          escalateAfterMinutes: 0,
          reviewedOn: "2026-11-31",
        },
        "staging",
        NOW,
      ),
    ).toEqual([
      "onCall.teamHandle must be lower-case letters, digits and '-', got \"@ops\". Give the team's handle without @.",
      'onCall.teamHandle must end in -staging, got "@ops": staging must never page prod\'s on-call. Give it a team of its own.',
      `onCall.people must differ in datadogUserId, got ${avery} twice. Name each person once.`,
      "onCall.people must differ in email, got avery@maestroverse.edu twice. Name each person once.",
      'onCall.leadEmail must be the e-mail of one of onCall.people, got "nobody@maestroverse.edu". Add the lead to people.',
      "onCall.escalateAfterMinutes must be 1 to 600, got 0. 10 gives people time to find their laptop.",
      'onCall.reviewedOn must be a calendar date YYYY-MM-DD, today (2026-11-25, UTC) or earlier, got "2026-11-31". Give the day of the last review.',
      'onCall.timeZone must be an IANA time zone, got "EST". Give Area/City, for example America/New_York.',
      'onCall.handover.startsOn must be a calendar date YYYY-MM-DD, got "2026-02-30". Give the rotation\'s first day.',
      "onCall.handover.hour must be 0 to 23, got 24. Choose an hour at which both people are awake.",
    ]);
  });

  it("is one person alone", () => {
    expect(validateOnCall({ ...good, people: good.people.slice(0, 1) }, "prod", NOW)).toEqual([
      "onCall.people must be 2 at least, so that somebody can fall ill, got 1. Add a person.",
    ]);
  });

  it.each([
    ["2026-11-08", 2, "does not exist", "2027-03-14"],
    ["2026-11-08", 1, "comes twice", "2027-11-07"],
  ])("is a hand-over that a change of the clocks takes away or doubles: from %s at %i:00", (startsOn, hour, what, date) => {
    expect(validateOnCall({ ...good, handover: { startsOn, hour } }, "prod", NOW)).toEqual([
      `onCall.handover must exist once each week, got ${hour}:00 in America/New_York, which ${what} on ${date}: the clocks change. Choose another hour or day.`,
    ]);
  });

  it("is a time zone that does not exist", () => {
    expect(validateOnCall({ ...good, timeZone: "America/Gotham" }, "prod", NOW)).toEqual([
      'onCall.timeZone must be an IANA time zone, got "America/Gotham". Give Area/City, for example America/New_York.',
    ]);
  });
});
