/** Runbook §6: Datadog, thresholds and uptime tests. */
import { z } from "zod";
import { decimal, integer, matching, percent, unique } from "./values";

export const observability = z.strictObject({
  /** Datadog's API. */
  datadogApiUrl: z.url({ protocol: /^https?$/, error: "the URL of Datadog's API, for example https://api.datadoghq.com/" }),
  /** Datadog's web application, for links. */
  datadogAppUrl: z.url({ protocol: /^https?$/, error: "the URL of Datadog's web application, for example https://app.datadoghq.com" }),
  /** Errors in five minutes above which the error monitor alerts. */
  errorsPerFiveMinutes: integer(1, 100000, "errors"),
  cpuPercent: percent(),
  memoryPercent: percent(),
  databaseConnectionsPercent: percent(),
  uptime: z.strictObject({
    intervalSeconds: z.literal([30, 60], "30 or 60 (seconds): two failures must lie under 2 minutes apart"),
    consecutiveFailures: integer(2, 2, "failures (the runbook's number)"),
    /** Datadog's locations. */
    locations: unique(matching(/^(aws|azure|gcp|pl):[\w-]+$/, "a location such as aws:eu-central-1"), 3, 20, "locations"),
  }),
  /** Objectives over 30 days: percent of the requests that do not fail, and of those that are answered within a second. */
  objectives: z.strictObject({
    availabilityPercent: decimal(90, 99.99, "percent"),
    latencyPercent: decimal(90, 99.99, "percent"),
  }),
  /** Planned maintenance: alerts that the work itself causes are silent; none is an empty list. */
  maintenance: z
    .array(
      z.strictObject({
        /** What is done. */
        reason: z.string("text").min(1, "text"),
        /** First start on the clock of `timeZone`. */
        startsAt: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/, "a moment such as 2026-12-06T02:00"),
        minutes: integer(15, 240, "minutes"),
        timeZone: z.string("an IANA time zone"),
        /** RRULE, weekly or monthly; absent: once. */
        repeats: matching(
          /^FREQ=(WEEKLY|MONTHLY)(;[A-Z]+=[A-Z0-9,+-]+)*$/,
          "a weekly or monthly RRULE such as FREQ=MONTHLY;BYDAY=1SU",
        ).optional(),
      }),
      "a list, [] for none",
    )
    .max(20, "at most 20 planned maintenances"),
  /** Where the runbook's pages are read. */
  runbookBaseUrl: z.url({ protocol: /^https$/, error: "an https URL" }),
});
