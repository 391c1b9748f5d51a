/** Arguments of `Observability` with the runbook's numbers. */
import type { ObservabilityArgs } from "../../components/observability";

const person = (name: string, last: number) => ({
  name,
  email: `${name.toLowerCase()}@maestroverse.edu`,
  datadogUserId: `5a1d7b0e-3c52-4f7e-9a41-0c7d5b1e2f0${last}`,
});

/** Production. */
export const PROD: ObservabilityArgs = {
  environment: "prod",
  apiHost: "api.maestroverse.edu",
  namespaceName: "maestroverse",
  ingressControllerNamespace: "nginx-ingress",
  databaseHost: "db.maestroverse.edu",
  databaseName: "maestroverse",
  errorsPerFiveMinutes: 5,
  cpuPercent: 80,
  memoryPercent: 75,
  databaseConnectionsPercent: 80,
  usableConnections: 190,
  backupMaximumAgeHours: 26,
  backupMethod: "pg_dump",
  secretMaximumAgeDays: 90,
  requestsPerMinute: 100,
  uptime: { intervalSeconds: 60, consecutiveFailures: 2, locations: ["aws:us-east-1", "aws:us-west-2", "aws:eu-central-1"] },
  objectives: { availabilityPercent: 99.9, latencyPercent: 99 },
  maintenance: [],
  runbookBaseUrl: "https://example.com/docs/runbook",
  datadogAppUrl: "https://app.datadoghq.com",
  onCall: {
    teamHandle: "maestroverse-ops",
    people: [person("Avery", 1), person("Noor", 2), person("Tomas", 3)],
    leadEmail: "avery@maestroverse.edu",
    timeZone: "America/New_York",
    handover: { startsOn: "2026-11-02", hour: 9 },
    escalateAfterMinutes: 10,
    reviewedOn: "2026-11-16",
  },
};

/** A day in the rotation. */
export const NOW = new Date("2026-11-25T12:00:00Z");

/** Staging: the same with names of its own. */
export const STAGING: ObservabilityArgs = {
  ...PROD,
  environment: "staging",
  apiHost: "api.staging.maestroverse.edu",
  databaseHost: "db.staging.maestroverse.edu",
  onCall: { ...PROD.onCall, teamHandle: "maestroverse-ops-staging" },
};

/** The table's arguments: the team's handle beside the others. */
export const tableOf = (args: ObservabilityArgs) => ({
  ...args,
  teamHandle: args.onCall.teamHandle,
  pagerDutyService: args.onCall.pagerDutyService,
});
