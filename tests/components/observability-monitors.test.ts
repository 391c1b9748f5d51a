import { parseMonitorQuery, scopesOf } from "../../components/lib/monitor-query";
import { buildMonitors } from "../../components/lib/monitors";
import { accessLogFormat } from "../../components/lib/nginx-snippets";
import { buildBurnRateAlerts, buildObjectives, burnRateQuery } from "../../components/lib/slo";
import { buildUptimeTests, uptimeMonitorKey } from "../../components/lib/synthetics";
import { PROD, STAGING, tableOf } from "../helpers/observability";

/** What every alert of an environment says. */
function alertsOf(args: typeof PROD) {
  const table = tableOf(args);
  const burning = Object.entries(buildBurnRateAlerts(table)).map(
    ([key, alert]) => [key, { ...alert, query: burnRateQuery(alert, "objective") }] as const,
  );
  return {
    monitors: { ...buildMonitors(table), ...Object.fromEntries(burning) } as Readonly<
      Record<string, ReturnType<typeof buildMonitors>[string]>
    >,
    uptime: Object.fromEntries(Object.entries(buildUptimeTests(table)).map(([key, test]) => [uptimeMonitorKey(key), test])),
  };
}

const prod = alertsOf(PROD);
const staging = alertsOf(STAGING);
const own = Object.entries(buildMonitors(tableOf(PROD)));
const pods = "env:prod,kube_namespace:maestroverse,kube_container_name:maestroverse-server";
const deployment = "{env:prod,kube_namespace:maestroverse,kube_deployment:maestroverse-server}";
const autoscaler = "{env:prod,kube_namespace:maestroverse,horizontalpodautoscaler:maestroverse-server}";
const volume = "{env:prod,kube_namespace:maestroverse,persistentvolumeclaim:maestroverse-backups}";
const requests = "sum:maestroverse.edge.requests";

it("asks in prod exactly what the runbook asks about errors", () => {
  expect(prod.monitors["api-errors"]?.query).toBe("avg(last_5m):sum:maestroverse.api.errors{service:maestroverse-api} > 5");
});

it("asks about everything else by environment and by the objects' names", () => {
  expect(Object.fromEntries(own.map(([key, { query }]) => [key, query]))).toEqual({
    "api-errors": "avg(last_5m):sum:maestroverse.api.errors{service:maestroverse-api} > 5",
    "error-ratio": `sum(last_10m):${requests}{env:prod,status_category:error}.as_count() - 0.01 * ${requests}{env:prod}.as_count() > 10`,
    "latency-p95": `sum(last_10m):${requests}{env:prod,kind:request,speed:slow}.as_count() - 0.05 * ${requests}{env:prod,kind:request}.as_count() > 10`,
    "edge-rate-limited": 'logs("service:maestroverse-edge env:prod @limit:REJECTED").index("*").rollup("count").last("5m") > 50',
    "edge-silent": `sum(last_15m):${requests}{env:prod}.as_count() < 10`,
    "log-volume":
      "avg(last_4h):anomalies(sum:maestroverse.log.lines{env:prod}.as_count(), 'agile', 4, direction='both', interval=60, alert_window='last_15m', seasonality='weekly', count_default_zero='true') >= 1",
    "log-format": 'logs("service:maestroverse-api env:prod -@http.status_code:*").index("*").rollup("count").last("15m") > 20',
    cpu: `avg(last_10m):100 * sum:kubernetes.cpu.usage.total{${pods}} / sum:kubernetes.cpu.limits{${pods}} / 1000000000 > 80`,
    "cpu-throttled": `avg(last_15m):100 * sum:kubernetes.cpu.cfs.throttled.periods{${pods}} / sum:kubernetes.cpu.cfs.periods{${pods}} > 25`,
    memory: `avg(last_10m):100 * max:kubernetes.memory.working_set{${pods}} / max:kubernetes.memory.limits{${pods}} > 75`,
    "oom-killed": `max(last_10m):sum:kubernetes_state.container.status_report.count.terminated{${pods},reason:oomkilled} >= 1`,
    restarts: `change(max(last_15m),last_15m):sum:kubernetes.containers.restarts{${pods}} > 3`,
    "crash-loop": `max(last_10m):max:kubernetes_state.container.status_report.count.waiting{${pods},reason:crashloopbackoff} >= 1`,
    "replicas-missing": `min(last_15m):max:kubernetes_state.deployment.replicas_desired${deployment} - max:kubernetes_state.deployment.replicas_available${deployment} >= 1`,
    "rollout-stuck": `max(last_5m):max:kubernetes_state.deployment.condition${deployment.replace("}", ",condition:progressing,status:false}")} >= 1`,
    "autoscaler-at-maximum": `min(last_15m):100 * max:kubernetes_state.hpa.current_replicas${autoscaler} / max:kubernetes_state.hpa.max_replicas${autoscaler} >= 100`,
    "node-disk": "min(last_15m):100 * max:system.disk.in_use{env:prod} > 85",
    "database-connections": "avg(last_10m):100 * sum:postgresql.connections{env:prod,server:db.maestroverse.edu} / 190 > 80",
    "replication-lag": "min(last_10m):max:postgresql.replication_delay{env:prod} > 60",
    "database-disk": "min(last_15m):100 * max:system.disk.in_use{env:prod,server:db.maestroverse.edu} > 85",
    deadlocks: "sum(last_15m):sum:postgresql.deadlocks.count{env:prod,server:db.maestroverse.edu,db:maestroverse}.as_count() > 5",
    "transaction-age": "min(last_10m):max:postgresql.activity.xact_start_age{env:prod,server:db.maestroverse.edu} > 10800",
    wraparound: "max(last_1h):min:postgresql.before_xid_wraparound{env:prod,server:db.maestroverse.edu} < 500000000",
    "backup-age":
      "min(last_15m):max:kubernetes_state.cronjob.duration_since_last_successful{env:prod,kube_namespace:maestroverse,kube_cronjob:maestroverse-backup} / 3600 > 26",
    "backup-failed": "sum(last_15m):sum:maestroverse.backup.failures{env:prod}.as_count() >= 1",
    "backup-size": "pct_change(avg(last_1d),last_1d):avg:maestroverse.backup.size_bytes{env:prod} < -30",
    "backup-duration": "max(last_1h):max:maestroverse.backup.duration_seconds{env:prod} > 7200",
    "backup-volume": `min(last_15m):100 * max:kubernetes.kubelet.volume.stats.used_bytes${volume} / max:kubernetes.kubelet.volume.stats.capacity_bytes${volume} > 85`,
    "drill-age": "min(last_48h):max:maestroverse.drill.age_days{env:prod} > 35",
    "secret-age": "min(last_48h):max:maestroverse.secret.age_days{env:prod} > 90",
  });
});

it("has alerts enough for every signal of the runbook, and loses those of the dump alone with RDS", () => {
  expect([own.length, Object.keys(prod.monitors).length, Object.keys(prod.uptime).length]).toEqual([30, 34, 4]);
  const managed = buildMonitors({ ...tableOf(PROD), backupMethod: "rds" });
  const dumps = ["backup-age", "backup-failed", "backup-size", "backup-duration", "backup-volume"];
  expect(Object.keys(managed)).toEqual(own.map(([key]) => key).filter((key) => !dumps.includes(key)));
  expect(managed["database-disk"]?.query).toBe(
    "min(last_15m):100 - 100 * min:aws.rds.free_storage_space{env:prod} / min:aws.rds.total_storage_space{env:prod} > 85",
  );
});

it("names the environment in every part of every query outside prod, and prod in none of them", () => {
  expect(staging.monitors["api-errors"]?.query).toBe("avg(last_5m):sum:maestroverse.api.errors{service:maestroverse-api,env:staging} > 5");
  for (const [key, { query }] of Object.entries(staging.monitors)) {
    const strange = scopesOf(parseMonitorQuery(query)).filter((scope) => !scope.includes("env:staging"));
    expect([key, strange, query.includes("prod")]).toEqual([key, [], false]);
  }
  const counted = Object.values(buildObjectives(tableOf(STAGING))).flatMap(({ good, total }) => [good, total]);
  expect(counted.filter((query) => !/^sum:maestroverse\.edge\.requests\.staging\{env:staging[,}]/.test(query))).toEqual([]);
});

it("looks for refused requests by what the edge writes into its access log", () => {
  const line = accessLogFormat("log")
    .replace("$limit_req_status", "REJECTED")
    .replaceAll(/:\$\w+/g, ":1");
  const { limit } = JSON.parse(line) as { limit: string };
  expect(prod.monitors["edge-rate-limited"]?.source).toEqual({
    logSearch: `service:maestroverse-edge env:prod @limit:${limit}`,
    window: "5m",
  });
});

describe.each([
  ["prod", prod],
  ["staging", staging],
])("every alert of %s", (environment, { monitors, uptime }) => {
  const handle = environment === "prod" ? "@oncall-maestroverse-ops" : "@oncall-maestroverse-ops-staging";

  it.each(Object.entries(monitors))("%s: the query's threshold is the monitor's, and recovery lies on its safe side", (_key, monitor) => {
    const { comparator, threshold, kind } = parseMonitorQuery(monitor.query);
    const { critical, criticalRecovery, warning, warningRecovery } = monitor.thresholds;
    expect(threshold).toBe(critical);
    // Turned round for those that look for too little: the order is then the same.
    const sign = comparator.startsWith("<") ? -1 : 1;
    const order = [warningRecovery, warning, criticalRecovery, critical]
      .filter((value) => value !== undefined)
      .map((value) => sign * value);
    expect(order).toEqual([...new Set(order)].sort((a, b) => a - b));
    // A burn rate has no recovery; everything else has one for each threshold.
    expect([criticalRecovery === undefined, warningRecovery === undefined]).toEqual(
      kind === "burn-rate" ? [true, true] : [false, warning === undefined],
    );
  });

  it.each(Object.entries({ ...monitors, ...uptime }))(
    "%s: says what to do, where to read on, and pages its own team alone",
    (key, alert) => {
      const lines = alert.message.split("\n");
      expect(lines.slice(2, 5).map((line) => line.slice(0, 4))).toEqual(["1. `", "2. `", "3. `"]);
      expect(lines).toContain(`Runbook: https://example.com/docs/runbook/6-observability.md#${key}`);
      expect(alert.message.match(/(?<=^|\s)@[a-z-]+/gm)).toEqual([handle]);
      // Datadog would take them for its own variables.
      expect(alert.message).not.toContain("{{");
      expect(lines.filter((line) => line.startsWith("Dashboard: "))).toEqual([
        `Dashboard: https://app.datadoghq.com/dashboard/lists?q=Maestroverse%20${environment}`,
      ]);
    },
  );

  it.each(Object.entries({ ...monitors, ...uptime }))("%s: has its tags", (key, { tags }) => {
    const keys = tags.map((tag) => tag.split(":")[0]).filter((tag) => tag !== "maintenance");
    expect(keys).toEqual(["env", "managed-by", "monitor", "owner", "runbook-section", "service", "team"]);
    expect(tags.filter((tag) => /^(env|monitor|team):/.test(tag))).toEqual([
      `env:${environment}`,
      `monitor:${key}`,
      `team:${handle.replace("@oncall-", "")}`,
    ]);
  });
});

it("keeps its order of thresholds at the smallest settings", () => {
  const small = buildMonitors({ ...tableOf(PROD), errorsPerFiveMinutes: 1, cpuPercent: 1, requestsPerMinute: 1 });
  expect(["api-errors", "cpu", "edge-rate-limited"].map((key) => small[key]?.thresholds)).toEqual([
    { critical: 1, criticalRecovery: 0.8, warning: 0.6, warningRecovery: 0.4 },
    { critical: 1, criticalRecovery: 0.95, warning: 0.9, warningRecovery: 0.85 },
    { critical: 5, criticalRecovery: 4, warning: 3, warningRecovery: 2 },
  ]);
});

it("says of every monitor what silence means, and lets one of each source say that nobody looks", () => {
  const notifying = own.filter(([, { onMissingData }]) => onMissingData === "show_and_notify_no_data").map(([key]) => key);
  expect(notifying).toEqual(["edge-silent", "cpu", "replicas-missing", "database-connections", "backup-age", "drill-age", "secret-age"]);
  expect(own.filter(([, { onMissingData }]) => onMissingData !== "resolve").map(([key]) => key)).toEqual(notifying);
});

it("says of every monitor why a quiet night does not page", () => {
  const counted = own.filter(([, { lowTraffic }]) => lowTraffic !== "its values do not depend on traffic").map(([key]) => key);
  expect(counted).toEqual(["api-errors", "error-ratio", "latency-p95", "edge-rate-limited", "edge-silent", "log-volume"]);
});

it("leaves on in maintenance what the work should never cause", () => {
  const on = Object.entries({ ...prod.monitors, ...prod.uptime }).filter(([, { tags }]) => !tags.includes("maintenance:muted"));
  expect(on.map(([key]) => key)).toEqual([
    ...["edge-rate-limited", "log-format", "memory", "oom-killed", "autoscaler-at-maximum", "node-disk"],
    ...["database-connections", "database-disk", "deadlocks", "transaction-age", "wraparound"],
    ...["backup-age", "backup-failed", "backup-size", "backup-duration", "backup-volume", "drill-age", "secret-age"],
  ]);
});

it("pages PagerDuty's service instead, where there is one", () => {
  const { message } = buildMonitors({ ...tableOf(PROD), pagerDutyService: "Maestroverse" })["cpu"] as { message: string };
  expect(message.match(/(?<=^|\s)@[\w-]+/gm)).toEqual(["@pagerduty-Maestroverse"]);
});
