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
import { buildLogMetrics, buildProcessors, pipelineFilter } from "./lib/log-pipeline";
import { buildDowntimes, type MaintenanceWindow } from "./lib/maintenance";
import { buildMonitors, type MonitorSpec, RENOTIFY_MINUTES } from "./lib/monitors";
import { validateObservability } from "./lib/observability-arguments";
import { buildLadder, buildRoutingRules, buildScheduleLayer, type OnCallArgs } from "./lib/on-call";
import {
  type BurnRateAlert,
  buildBurnRateAlerts,
  buildObjectives,
  burnRateQuery,
  type Objective,
  type ObjectiveArgs,
  SLO_DAYS,
} from "./lib/slo";
import { buildUptimeTests, type UptimeArgs, uptimeMonitorKey, type UptimeTest } from "./lib/synthetics";

export { validateObservability };

/** Arguments of {@link Observability}. */
export interface ObservabilityArgs extends Omit<ObjectiveArgs, "teamHandle">, Omit<UptimeArgs, "teamHandle"> {
  readonly onCall: OnCallArgs;
  /** Planned maintenance, in which the alerts that it causes are silent. */
  readonly maintenance: readonly MaintenanceWindow[];
}

/** Monitors, uptime tests, dashboard, log pipeline and on-call rotation of one environment. @see docs/runbook/6-observability.md */
export class Observability extends pulumi.ComponentResource {
  /** Monitor ids by key, for example `api-errors`; those of the uptime tests too, for example `uptime-health`. */
  readonly monitorIds: Readonly<Record<string, pulumi.Output<string>>>;
  /** Objectives' ids by key: `availability`, `latency`. */
  readonly objectiveIds: Readonly<Record<string, pulumi.Output<string>>>;
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
    const table = { ...args, teamHandle: args.onCall.teamHandle, pagerDutyService: args.onCall.pagerDutyService };

    const { team, schedule, routing } = this.onCall(args);
    // An alert that nobody is paged for is none: whoever it names is there before it.
    const after = { parent: this, dependsOn: [team, routing] };
    const monitors = mapValues(buildMonitors(table), (spec, key) => this.monitor(key, spec, after));
    const tests = mapValues(buildUptimeTests(table), (test, key) => this.uptimeTest(key, test, after));
    const objectives = mapValues(buildObjectives(table), (objective, key) => this.objective(key, objective));
    const burnRates = mapValues(buildBurnRateAlerts(table), (alert, key) => this.burnRate(key, alert, objectives, after));
    const dashboard = new datadog.DashboardJson(`${name}-dashboard`, { dashboard: JSON.stringify(buildDashboard(table)) }, after);
    this.logs(args);
    this.maintenance(args);

    this.monitorIds = {
      ...mapValues({ ...monitors, ...burnRates }, ({ id }) => id),
      ...Object.fromEntries(Object.entries(tests).map(([key, { monitorId }]) => [uptimeMonitorKey(key), monitorId.apply(String)])),
    };
    this.objectiveIds = mapValues(objectives, ({ id }) => id);
    this.syntheticsIds = mapValues(tests, ({ id }) => id);
    this.dashboardUrl = dashboard.url.apply((path) => new URL(path, args.datadogAppUrl).href);
    this.scheduleId = schedule.id;
    this.registerOutputs({
      monitorIds: this.monitorIds,
      objectiveIds: this.objectiveIds,
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
        description: `Runs Maestroverse. Rotation and ladder: docs/on-call.md of maestroverse-ops.${onCall.pagerDutyService === undefined ? "" : ` Paged through PagerDuty service ${onCall.pagerDutyService}.`}`,
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
        ...(spec.thresholdWindows === undefined ? {} : { monitorThresholdWindows: spec.thresholdWindows }),
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

  private objective(key: string, objective: Objective): datadog.ServiceLevelObjective {
    return new datadog.ServiceLevelObjective(
      `${this.name}-objective-${key}`,
      {
        name: objective.name,
        type: "metric",
        description: objective.description,
        query: { numerator: objective.good, denominator: objective.total },
        thresholds: [{ timeframe: `${SLO_DAYS}d`, target: objective.targetPercent, warning: objective.warningPercent }],
        tags: [...objective.tags],
        // The provider would call the API at preview otherwise.
        validate: false,
      },
      { parent: this },
    );
  }

  private burnRate(
    key: string,
    alert: BurnRateAlert,
    objectives: Readonly<Record<string, datadog.ServiceLevelObjective>>,
    opts: pulumi.CustomResourceOptions,
  ): datadog.Monitor {
    const objective = objectives[alert.objective];
    return new datadog.Monitor(
      `${this.name}-monitor-${key}`,
      {
        name: alert.name,
        type: "slo alert",
        query: objective.id.apply((id) => burnRateQuery(alert, id)),
        message: alert.message,
        priority: String(alert.priority),
        tags: [...alert.tags],
        monitorThresholds: mapValues({ ...alert.thresholds }, String),
        // The only way that an alert of an objective has to say it; edge-silent tells of requests that are not seen.
        notifyNoData: false,
        renotifyInterval: RENOTIFY_MINUTES,
        renotifyStatuses: ["alert"],
        includeTags: false,
        assets: [{ category: "runbook", name: "Runbook", url: alert.runbookUrl }],
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

  private maintenance({ environment, maintenance }: ObservabilityArgs): void {
    for (const [key, { monitorTags, ...downtime }] of Object.entries(buildDowntimes(environment, maintenance)))
      new datadog.DowntimeSchedule(
        `${this.name}-${key}`,
        {
          ...downtime,
          monitorIdentifier: { monitorTags: [...monitorTags] },
          // What is still wrong when the work is over alerts then.
          notifyEndStates: ["alert", "no data", "warn"],
          notifyEndTypes: ["expired", "canceled"],
        },
        { parent: this },
      );
  }

  /** The pipeline, and the metrics that are made of its lines. */
  private logs({ environment, backupMethod }: ObservabilityArgs): void {
    const pipeline = new datadog.LogsCustomPipeline(
      `${this.name}-log-pipeline`,
      {
        name: alertName({ environment }, "Maestroverse API"),
        isEnabled: true,
        filters: [{ query: pipelineFilter(environment) }],
        processors: buildProcessors(),
      },
      { parent: this },
    );
    for (const [key, { metric, filter, compute, groupBy }] of Object.entries(
      buildLogMetrics({ environment, dumps: backupMethod !== "rds" }),
    ))
      new datadog.LogsMetric(
        `${this.name}-metric-${key}`,
        {
          name: metric,
          filter: { query: filter },
          compute,
          groupBies: Object.entries(groupBy).map(([path, tagName]) => ({ path, tagName })),
        },
        { parent: this, dependsOn: pipeline },
      );
  }
}

function mapValues<From, To>(values: Readonly<Record<string, From>>, change: (value: From, key: string) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value, key)]));
}
