/** Runbook §6: observability: an alert reaches a person who knows what to do. */
import * as pulumi from "@pulumi/pulumi";

export interface ObservabilityArgs {
  readonly environment: string;
  readonly apiHost: string;
  /** Kubernetes namespace of the application, for queries. */
  readonly namespaceName: string;
  readonly databaseHost: string;
  readonly databaseName: string;
  readonly errorsPerFiveMinutes: number;
  readonly cpuPercent: number;
  readonly memoryPercent: number;
  readonly databaseConnectionsPercent: number;
  /** max_connections of the server. */
  readonly maxConnections: number;
  readonly uptime: { readonly intervalSeconds: number; readonly consecutiveFailures: number; readonly locations: readonly string[] };
  readonly backupMaximumAgeHours: number;
  readonly requestsPerMinute: number;
  readonly runbookBaseUrl: string;
  readonly datadogAppUrl: string;
  readonly onCall: {
    readonly teamHandle: string;
    readonly people: readonly { readonly name: string; readonly email: string; readonly datadogUserId: string }[];
    readonly leadEmail: string;
    readonly timeZone: string;
    readonly handover: { readonly startsOn: string; readonly hour: number };
    readonly escalateAfterMinutes: number;
  };
}

export class Observability extends pulumi.ComponentResource {
  /** Monitor ids by key, for example `api-errors`. */
  readonly monitorIds: Readonly<Record<string, pulumi.Output<string>>>;
  /** Synthetic tests' public ids by key: `health`, `websocket`. */
  readonly syntheticsIds: Readonly<Record<string, pulumi.Output<string>>>;
  readonly dashboardUrl: pulumi.Output<string>;
  readonly scheduleId: pulumi.Output<string>;

  constructor(name: string, args: ObservabilityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("maestroverse:ops:Observability", name, {}, opts);
    throw new Error(`not written yet: ${args.apiHost}`);
  }
}
