/** What the arguments of runbook §6 must be. */
import type { ObservabilityArgs } from "../observability";
import { validateMaintenance } from "./maintenance";
import { validateOnCall } from "./on-call";
import { FAILURES_WITHIN_SECONDS, MINIMUM_FAILING_LOCATIONS, minimumFailureSeconds, REQUEST_TIMEOUT_SECONDS } from "./synthetics";

/** Hours that a nightly backup reaches before the next one is done; a maximum age must lie above it. */
const NIGHTLY_HOURS = 24;

/** Problems of the arguments, one line each; empty when there is none. @param now the weeks in which somebody must be on call begin then */
export function validateObservability(args: ObservabilityArgs, now = new Date()): string[] {
  const problems: string[] = [];
  const check = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem);
  };
  const wholeNumber = (path: string, value: number, minimum: number, maximum: number, fix: string) =>
    check(
      Number.isInteger(value) && value >= minimum && value <= maximum,
      `${path} must be a whole number from ${minimum} to ${maximum}, got ${value}. ${fix}`,
    );
  const { uptime } = args;
  check(
    /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}$/.test(args.apiHost),
    `apiHost must be a DNS host name, got ${JSON.stringify(args.apiHost)}. Give it without scheme, port or path.`,
  );
  wholeNumber("errorsPerFiveMinutes", args.errorsPerFiveMinutes, 1, 100_000, "The runbook's number is 5.");
  wholeNumber("cpuPercent", args.cpuPercent, 1, 100, "The runbook's number is 80.");
  wholeNumber("memoryPercent", args.memoryPercent, 1, 100, "The runbook's number is 75.");
  wholeNumber("databaseConnectionsPercent", args.databaseConnectionsPercent, 1, 100, "The runbook's number is 80.");
  wholeNumber("usableConnections", args.usableConnections, 1, 100_000, "Give max_connections less those reserved.");
  wholeNumber("requestsPerMinute", args.requestsPerMinute, 1, 100_000, "Give the edge's rate limit.");
  wholeNumber(
    "backupMaximumAgeHours",
    args.backupMaximumAgeHours,
    NIGHTLY_HOURS + 1,
    24 * 7,
    `A nightly backup is ${NIGHTLY_HOURS} hours old before the next one is done.`,
  );
  wholeNumber("uptime.consecutiveFailures", uptime.consecutiveFailures, 2, 10, "The runbook's number is 2.");
  check(
    uptime.intervalSeconds >= 30 && uptime.intervalSeconds > REQUEST_TIMEOUT_SECONDS,
    `uptime.intervalSeconds must be at least 30 (Datadog's minimum), got ${uptime.intervalSeconds}. Set it to 30 or 60.`,
  );
  check(
    minimumFailureSeconds(uptime) < FAILURES_WITHIN_SECONDS,
    `uptime.intervalSeconds and uptime.consecutiveFailures must alert within ${FAILURES_WITHIN_SECONDS} seconds of the first failure, got ${minimumFailureSeconds(uptime)}. Shorten the interval.`,
  );
  check(
    new Set(uptime.locations).size >= MINIMUM_FAILING_LOCATIONS + 1,
    `uptime.locations must be ${MINIMUM_FAILING_LOCATIONS + 1} different ones at least, got ${JSON.stringify(uptime.locations)}: ${MINIMUM_FAILING_LOCATIONS} must fail at once, and one may be out of order. Add a location.`,
  );
  check(
    /^https:\/\/[^\s#?]+$/.test(args.runbookBaseUrl),
    `runbookBaseUrl must be an https URL of a folder, got ${JSON.stringify(args.runbookBaseUrl)}. Give the address of docs/runbook.`,
  );
  check(
    URL.canParse(args.datadogAppUrl),
    `datadogAppUrl must be a URL, got ${JSON.stringify(args.datadogAppUrl)}. Give https://app.datadoghq.com or your site's.`,
  );
  for (const key of ["availabilityPercent", "latencyPercent"] as const)
    check(
      args.objectives[key] >= 90 && args.objectives[key] <= 99.99,
      `objectives.${key} must be 90 to 99.99, got ${args.objectives[key]}. A month has 4.3 minutes of 0.01 %: more is nobody's to promise.`,
    );
  wholeNumber("secretMaximumAgeDays", args.secretMaximumAgeDays, 11, 365, "The runbook's number is 90.");
  return [...problems, ...validateMaintenance(args.maintenance), ...validateOnCall(args.onCall, args.environment, now)];
}
