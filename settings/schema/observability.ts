/** Runbook §6: Datadog, thresholds and uptime tests. */
import { z } from "zod";
import { integer, matching, percent, unique } from "./values";

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
  /** Where the runbook's pages are read. */
  runbookBaseUrl: z.url({ protocol: /^https$/, error: "an https URL" }),
});
