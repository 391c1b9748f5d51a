/** Runbook §6: the rotation and its ladder. */
import { z } from "zod";
import { dnsLabel, integer, isoDate, matching, unique } from "./values";

export const onCall = z.strictObject({
  /** Handle of Datadog's on-call team. */
  teamHandle: dnsLabel(),
  /** The rotation, in order; one week each. */
  people: unique(
    z.strictObject({
      name: z.string("a name").min(1, "a name"),
      email: z.email("an e-mail address"),
      /** Datadog's user id (UUID). */
      datadogUserId: z.uuid("a Datadog user id (UUID)"),
    }),
    2,
    20,
    "people, so that somebody can fall ill",
  ),
  /** E-mail of the last step of the ladder; one of `people`. */
  leadEmail: z.email("an e-mail address"),
  timeZone: z.string("an IANA time zone"),
  /** Day and hour of the hand-over in that time zone. */
  handover: z.strictObject({
    /** First day of the rotation, a Monday to Sunday date. */
    startsOn: isoDate(),
    hour: integer(0, 23, "hour of the day"),
  }),
  /** Minutes until the next step of the ladder. */
  escalateAfterMinutes: integer(1, 60, "minutes"),
  /** Day of the last quarterly review of docs/on-call.md. */
  reviewedOn: isoDate(),
  /** Service in PagerDuty that alerts page instead of Datadog's team (what follows @pagerduty-). */
  pagerDutyService: matching(/^[\w-]{1,100}$/, "a PagerDuty service's name as Datadog has it").optional(),
});
