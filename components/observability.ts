/**
 * Runbook §6: observability: an alert reaches a person who knows what to do. Uptime tests, monitors, log pipeline, dashboard, on-call rotation.
 *
 * Everything that a message or a query says is known at preview. What Datadog itself makes of it is not proven here: docs/runbook/6-observability.md.
 */
import * as datadog from "@pulumi/datadog";
import * as pulumi from "@pulumi/pulumi";
import { alertName } from "./lib/alerts";
import { refuse } from "./lib/component-error";
import { buildDashboard } from "./lib/dashboard";
import { buildProcessors, pipelineFilter } from "./lib/log-pipeline";
import { buildMonitors, type MonitorSpec, type MonitorTableArgs, RENOTIFY_MINUTES } from "./lib/monitors";
import { buildLadder, buildRoutingRules, buildScheduleLayer, type OnCallArgs, validateOnCall } from "./lib/on-call";
import {
  buildUptimeTests,
  FAILURES_WITHIN_SECONDS,
  MINIMUM_FAILING_LOCATIONS,
  minimumFailureSeconds,
  REQUEST_TIMEOUT_SECONDS,
  type UptimeArgs,
  uptimeMonitorKey,
  type UptimeTest,
} from "./lib/synthetics";

/** Hours that a nightly backup reaches before the next one is done; a maximum age must lie above it. */
const NIGHTLY_HOURS = 24;

/** Arguments of {@link Observability}. */
export interface ObservabilityArgs extends Omit<MonitorTableArgs, "teamHandle">, Omit<UptimeArgs, "teamHandle"> {
  readonly onCall: OnCallArgs;
}

/** Monitors, uptime tests, dashboard, log pipeline and on-call rotation of one environment. @see docs/runbook/6-observability.md */
export class Observability extends pulumi.ComponentResource {
  /** Monitor ids by key, for example `api-errors`; those of the uptime tests too, for example `uptime-health`. */
  readonly monitorIds: Readonly<Record<string, pulumi.Output<string>>>;
  /** Uptime tests' public ids by key: `health`, `websocket`, `redirect`, `certificate`. */
  readonly syntheticsIds: Readonly<Record<string, pulumi.Output<string>>>;
  /** Address of the dashboard. */
  readonly dashboardUrl: pulumi.Output<string>;
  /** Id of the on-call schedule. */
  readonly scheduleId: pulumi.Output<string>;

  /** @throws ComponentArgumentsError with every problem of the arguments, before any resource exists */
  constructor(
    private readonly name: string,
    args: ObservabilityArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("maestroverse:ops:Observability", name, {}, opts);
    refuse("Observability", validateObservability(args));
    const table = { ...args, teamHandle: args.onCall.teamHandle };

    const { team, schedule, routing } = this.onCall(args);
    // An alert that nobody is paged for is none: whoever it names is there before it.
    const after = { parent: this, dependsOn: [team, routing] };
    const monitors = mapValues(buildMonitors(table), (spec, key) => this.monitor(key, spec, after));
    const tests = mapValues(buildUptimeTests(table), (test, key) => this.uptimeTest(key, test, after));
    const dashboard = new datadog.DashboardJson(`${name}-dashboard`, { dashboard: JSON.stringify(buildDashboard(table)) }, after);
    this.logPipeline(args.environment);

    this.monitorIds = {
      ...mapValues(monitors, ({ id }) => id),
      ...Object.fromEntries(Object.entries(tests).map(([key, { monitorId }]) => [uptimeMonitorKey(key), monitorId.apply(String)])),
    };
    this.syntheticsIds = mapValues(tests, ({ id }) => id);
    this.dashboardUrl = dashboard.url.apply((path) => new URL(path, args.datadogAppUrl).href);
    this.scheduleId = schedule.id;
    this.registerOutputs({
      monitorIds: this.monitorIds,
      syntheticsIds: this.syntheticsIds,
      dashboardUrl: this.dashboardUrl,
      scheduleId: this.scheduleId,
    });
  }

  /** Team, rotation, ladder and routing. */
  private onCall({ onCall, environment }: ObservabilityArgs) {
    const parent = { parent: this };
    const title = alertName({ environment }, "Maestroverse on-call");
    const team = new datadog.Team(
      `${this.name}-team`,
      {
        handle: onCall.teamHandle,
        name: title,
        description: "Runs Maestroverse. Rotation and ladder: docs/on-call.md of maestroverse-ops.",
      },
      parent,
    );
    const schedule = new datadog.OnCallSchedule(
      `${this.name}-schedule`,
      { name: title, teams: [team.id], timeZone: onCall.timeZone, layers: [buildScheduleLayer(onCall)] },
      parent,
    );
    const policy = new datadog.OnCallEscalationPolicy(
      `${this.name}-escalation-policy`,
      { name: title, teams: [team.id], ...buildLadder(onCall, schedule.id) },
      parent,
    );
    const routing = new datadog.OnCallTeamRoutingRules(
      `${this.name}-routing-rules`,
      { teamId: team.id, rules: buildRoutingRules(environment, policy.id) },
      parent,
    );
    return { team, schedule, routing };
  }

  private monitor(key: string, spec: MonitorSpec, opts: pulumi.CustomResourceOptions): datadog.Monitor {
    return new datadog.Monitor(
      `${this.name}-monitor-${key}`,
      {
        name: spec.name,
        type: "logSearch" in spec.source ? "log alert" : "query alert",
        query: spec.query,
        message: spec.message,
        priority: String(spec.priority),
        tags: [...spec.tags],
        monitorThresholds: mapValues({ ...spec.thresholds }, String),
        onMissingData: spec.onMissingData,
        renotifyInterval: RENOTIFY_MINUTES,
        renotifyStatuses: ["alert", "no data"],
        // Metrics with pauses between their points would otherwise be skipped.
        requireFullWindow: false,
        includeTags: false,
        assets: [{ category: "runbook", name: "Runbook", url: spec.runbookUrl }],
        // The provider would call the API at preview otherwise.
        validate: false,
      },
      opts,
    );
  }

  private uptimeTest(key: string, test: UptimeTest, opts: pulumi.CustomResourceOptions): datadog.SyntheticsTest {
    return new datadog.SyntheticsTest(
      `${this.name}-uptime-${key}`,
      {
        name: test.name,
        type: "api",
        subtype: test.subtype,
        status: "live",
        locations: [...test.locations],
        requestDefinition: test.request,
        assertions: [...test.assertions],
        optionsList: test.options,
        tags: [...test.tags],
        message: test.message,
      },
      opts,
    );
  }

  private logPipeline(environment: string): void {
    new datadog.LogsCustomPipeline(
      `${this.name}-log-pipeline`,
      {
        name: alertName({ environment }, "Maestroverse API"),
        isEnabled: true,
        filters: [{ query: pipelineFilter(environment) }],
        processors: buildProcessors(),
      },
      { parent: this },
    );
  }
}

/** Problems of the arguments, one line each; empty when there is none. */
export function validateObservability(args: ObservabilityArgs): string[] {
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
  return [...problems, ...validateOnCall(args.onCall, args.environment)];
}

function mapValues<From, To>(values: Readonly<Record<string, From>>, change: (value: From, key: string) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value, key)]));
}
