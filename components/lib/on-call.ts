/** Who is woken, and who next (runbook §6): pure builders of the on-call schedule, its ladder and its routing. */
import type * as datadog from "@pulumi/datadog";
import type { types } from "@pulumi/datadog";
import type * as pulumi from "@pulumi/pulumi";
import { PAGING_ENVIRONMENT } from "./alerts";
import { isCalendarDate } from "./generations";
import { describeGap, firstUnstaffed, PROVEN_WEEKS, type ScheduleLayer } from "./on-call-proof";
import { validateReview } from "./on-call-review";
import { DAY_MILLISECONDS, instantsOf, isTimeZone } from "./zoned-time";

/** Days of one turn. */
const ROTATION_DAYS = 7;
/** Times that the ladder is climbed again when nobody has acknowledged: with 3 steps of 10 minutes, 90 minutes of trying. */
const RETRIES = 2;
/** Weeks ahead in which every hand-over must exist: three years hold each change of the clocks several times. */
const CHECKED_WEEKS = 156;

/** The rotation. */
export interface OnCallArgs {
  /** Handle of Datadog's team; outside prod it ends in `-<environment>`. */
  readonly teamHandle: string;
  /** In the order of the rotation; each is on call for one week. Two at least. */
  readonly people: readonly { readonly name: string; readonly email: string; readonly datadogUserId: string }[];
  /** E-mail of the last step of the ladder; one of `people`. */
  readonly leadEmail: string;
  /** IANA time zone of the hand-over. */
  readonly timeZone: string;
  /** First day of the rotation (YYYY-MM-DD) and hour of each hand-over, on the clock of `timeZone`. */
  readonly handover: { readonly startsOn: string; readonly hour: number };
  /** Minutes without an acknowledgement until the next step of the ladder: 1 to 600. */
  readonly escalateAfterMinutes: number;
  /** Day (YYYY-MM-DD) of the last quarterly review. */
  readonly reviewedOn: string;
  /** Service in PagerDuty that alerts page instead of Datadog's team; outside prod it ends in `-<environment>`. */
  readonly pagerDutyService?: string | undefined;
}

/** First hand-over, in UTC without fractions of a second: `2026-11-02T14:00:00Z` for 9:00 in New York. */
export function rotationStart({ handover, timeZone }: Pick<OnCallArgs, "handover" | "timeZone">): string {
  const [instant] = instantsOf(handover.startsOn, handover.hour, timeZone);
  if (instant === undefined) throw new RangeError(`${handover.startsOn} has no ${handover.hour}:00 in ${timeZone}`);
  return new Date(instant).toISOString().replace(".000Z", "Z");
}

/**
 * The schedule's only layer: around the clock, a week each. The time zone is the layer's own and the length is given in days, not hours, so that
 * the hand-over stays at its hour when the clocks change. No restrictions: one that starts and ends at the same hour of the week assigns nobody.
 */
export function buildScheduleLayer(args: Pick<OnCallArgs, "handover" | "timeZone" | "people">): ScheduleLayer {
  const start = rotationStart(args);
  return {
    name: "primary",
    timeZone: args.timeZone,
    effectiveDate: start,
    rotationStart: start,
    interval: { days: ROTATION_DAYS, seconds: 0 },
    users: args.people.map(({ datadogUserId }) => datadogUserId),
  };
}

/** The ladder: who is on call, who is on call next week, the lead. A page that nobody took stays open at its end. */
export function buildLadder(
  args: OnCallArgs,
  scheduleId: pulumi.Input<string>,
): Pick<datadog.OnCallEscalationPolicyArgs, "steps" | "retries" | "resolvePageOnPolicyEnd"> {
  const lead = args.people.find(({ email }) => email === args.leadEmail);
  const targets: types.input.OnCallEscalationPolicyStepTarget[] = [
    { schedule: scheduleId, position: "current" },
    { schedule: scheduleId, position: "next" },
    { user: lead?.datadogUserId },
  ];
  return {
    steps: targets.map((target) => ({ assignment: "default", escalateAfterSeconds: args.escalateAfterMinutes * 60, targets: [target] })),
    retries: RETRIES,
    resolvePageOnPolicyEnd: false,
  };
}

/**
 * How alerts become pages; the last rule takes whatever no other took. In prod an alert wakes people and a warning does not (`dynamic`), nor does
 * an alert of priority 3 and below. Elsewhere nothing wakes anybody.
 */
export function buildRoutingRules(environment: string, escalationPolicyId: pulumi.Input<string>): types.input.OnCallTeamRoutingRulesRule[] {
  const toPolicy = (urgency: "low" | "dynamic") => ({ escalationPolicy: escalationPolicyId, urgency });
  if (environment !== PAGING_ENVIRONMENT) return [toPolicy("low")];
  return [{ query: "priority:(3 OR 4 OR 5)", ...toPolicy("low") }, toPolicy("dynamic")];
}

/** Problems of the rotation, one line each. @param now the weeks that are proven begin then */
export function validateOnCall(args: OnCallArgs, environment: string, now: Date): string[] {
  const { teamHandle, people, leadEmail, handover, timeZone, escalateAfterMinutes, pagerDutyService } = args;
  const problems: string[] = [];
  const check = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem);
  };
  const suffix = `-${environment}`;
  check(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(teamHandle),
    `onCall.teamHandle must be lower-case letters, digits and '-', got ${JSON.stringify(teamHandle)}. Give the team's handle without @.`,
  );
  check(
    environment === PAGING_ENVIRONMENT || teamHandle.endsWith(suffix),
    `onCall.teamHandle must end in ${suffix}, got ${JSON.stringify(teamHandle)}: ${environment} must never page ${PAGING_ENVIRONMENT}'s on-call. Give it a team of its own.`,
  );
  check(people.length >= 2, `onCall.people must be 2 at least, so that somebody can fall ill, got ${people.length}. Add a person.`);
  for (const [label, values] of [
    ["datadogUserId", people.map(({ datadogUserId }) => datadogUserId)],
    ["email", people.map(({ email }) => email)],
  ] as const)
    for (const value of new Set(values.filter((each, index) => values.indexOf(each) !== index)))
      problems.push(`onCall.people must differ in ${label}, got ${value} twice. Name each person once.`);
  check(
    people.some(({ email }) => email === leadEmail),
    `onCall.leadEmail must be the e-mail of one of onCall.people, got ${JSON.stringify(leadEmail)}. Add the lead to people.`,
  );
  check(
    Number.isInteger(escalateAfterMinutes) && escalateAfterMinutes >= 1 && escalateAfterMinutes <= 600,
    `onCall.escalateAfterMinutes must be 1 to 600, got ${escalateAfterMinutes}. 10 gives people time to find their laptop.`,
  );
  check(
    pagerDutyService === undefined ||
      (/^[\w-]+$/.test(pagerDutyService) && (environment === PAGING_ENVIRONMENT || pagerDutyService.endsWith(suffix))),
    `onCall.pagerDutyService must be a service's name as Datadog has it${environment === PAGING_ENVIRONMENT ? "" : `, ending in ${suffix}`}, got ${JSON.stringify(pagerDutyService)}. Give what follows @pagerduty-.`,
  );
  problems.push(...validateReview(args.reviewedOn, now));
  const handoverProblems = validateHandover(handover, timeZone);
  return [...problems, ...(handoverProblems.length > 0 ? handoverProblems : validateStaffing(args, now))];
}

/** Every minute of the coming quarter has somebody who is on call. */
function validateStaffing(args: OnCallArgs, now: Date): string[] {
  const gap = firstUnstaffed([buildScheduleLayer(args)], now);
  if (gap === undefined) return [];
  return [
    `onCall.handover.startsOn must leave no minute of the next ${PROVEN_WEEKS} weeks without anybody on call, got ${args.handover.startsOn}: nobody is ${describeGap(gap, args.timeZone)}. Begin the rotation on an earlier day of the same weekday.`,
  ];
}

function validateHandover({ startsOn, hour }: OnCallArgs["handover"], timeZone: string): string[] {
  const problems: string[] = [];
  if (!isTimeZone(timeZone))
    problems.push(
      `onCall.timeZone must be an IANA time zone, got ${JSON.stringify(timeZone)}. Give Area/City, for example America/New_York.`,
    );
  if (!isCalendarDate(startsOn))
    problems.push(
      `onCall.handover.startsOn must be a calendar date YYYY-MM-DD, got ${JSON.stringify(startsOn)}. Give the rotation's first day.`,
    );
  if (!Number.isInteger(hour) || hour < 0 || hour > 23)
    problems.push(`onCall.handover.hour must be 0 to 23, got ${hour}. Choose an hour at which both people are awake.`);
  if (problems.length > 0) return problems;
  for (let week = 0; week < CHECKED_WEEKS; week++) {
    const date = new Date(Date.parse(startsOn) + week * ROTATION_DAYS * DAY_MILLISECONDS).toISOString().slice(0, 10);
    const times = instantsOf(date, hour, timeZone).length;
    if (times !== 1)
      return [
        `onCall.handover must exist once each week, got ${hour}:00 in ${timeZone}, which ${times === 0 ? "does not exist" : "comes twice"} on ${date}: the clocks change. Choose another hour or day.`,
      ];
  }
  return [];
}
