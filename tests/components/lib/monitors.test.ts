import { accessLogFormat } from "../../../components/lib/nginx-snippets";
import { buildMonitors } from "../../../components/lib/monitors";
import { PROD, STAGING, tableOf } from "../../helpers/observability";

const prod = buildMonitors(tableOf(PROD));
const staging = buildMonitors(tableOf(STAGING));
const pods = "env:prod,kube_namespace:maestroverse,kube_container_name:maestroverse-server";
const autoscaler = "{env:prod,kube_namespace:maestroverse,horizontalpodautoscaler:maestroverse-server}";
const each = Object.entries(prod);

it("asks in prod exactly what the runbook asks about errors", () => {
  expect(prod["api-errors"]?.query).toBe("avg(last_5m):sum:maestroverse.api.errors{service:maestroverse-api} > 5");
});

it("asks about everything else by environment and by the objects' names", () => {
  expect(Object.fromEntries(each.map(([key, { query }]) => [key, query]))).toEqual({
    "api-errors": "avg(last_5m):sum:maestroverse.api.errors{service:maestroverse-api} > 5",
    cpu: `avg(last_10m):100 * sum:kubernetes.cpu.usage.total{${pods}} / sum:kubernetes.cpu.limits{${pods}} / 1000000000 > 80`,
    memory: `avg(last_10m):100 * max:kubernetes.memory.working_set{${pods}} / max:kubernetes.memory.limits{${pods}} > 75`,
    "database-connections": "avg(last_10m):100 * sum:postgresql.connections{env:prod,server:db.maestroverse.edu} / 190 > 80",
    "edge-rate-limited": 'logs("service:maestroverse-edge env:prod @limit:REJECTED").index("*").rollup("count").last("5m") > 50',
    restarts: `change(max(last_15m),last_15m):sum:kubernetes.containers.restarts{${pods}} > 3`,
    "crash-loop": `max(last_10m):max:kubernetes_state.container.status_report.count.waiting{${pods},reason:crashloopbackoff} >= 1`,
    "autoscaler-at-maximum": `min(last_15m):100 * max:kubernetes_state.hpa.current_replicas${autoscaler} / max:kubernetes_state.hpa.max_replicas${autoscaler} >= 100`,
    "backup-age":
      "min(last_15m):max:kubernetes_state.cronjob.duration_since_last_successful{env:prod,kube_namespace:maestroverse,kube_cronjob:maestroverse-backup} / 3600 > 26",
  });
});

it("names the environment in every query outside prod, and prod in none of them", () => {
  expect(staging["api-errors"]?.query).toBe("avg(last_5m):sum:maestroverse.api.errors{service:maestroverse-api,env:staging} > 5");
  for (const [key, { query }] of Object.entries(staging))
    expect([key, query.includes("env:staging"), query.includes("prod")]).toEqual([key, true, false]);
});

it("looks for refused requests by what the edge writes into its access log", () => {
  const line = accessLogFormat("log")
    .replace("$limit_req_status", "REJECTED")
    .replaceAll(/:\$\w+/g, ":1");
  const { limit } = JSON.parse(line) as { limit: string };
  expect(prod["edge-rate-limited"]?.source).toEqual({ logSearch: `service:maestroverse-edge env:prod @limit:${limit}` });
});

it.each(each)(
  "%s has the same threshold in its query and its options, and recovers on the safe side of it",
  (_key, { query, thresholds }) => {
    const { critical, criticalRecovery, warning, warningRecovery } = thresholds;
    expect(query.endsWith(`> ${critical}`) || query.endsWith(`>= ${critical}`)).toBe(true);
    expect(criticalRecovery).toBeLessThan(critical);
    if (warning === undefined || warningRecovery === undefined) expect([warning, warningRecovery]).toEqual([undefined, undefined]);
    else expect([warningRecovery < warning, warning < criticalRecovery]).toEqual([true, true]);
  },
);

it("keeps its order of thresholds at the smallest settings", () => {
  const small = buildMonitors({ ...tableOf(PROD), errorsPerFiveMinutes: 1, cpuPercent: 1, requestsPerMinute: 1 });
  expect(["api-errors", "cpu", "edge-rate-limited"].map((key) => small[key]?.thresholds)).toEqual([
    { critical: 1, criticalRecovery: 0.8, warning: 0.6, warningRecovery: 0.4 },
    { critical: 1, criticalRecovery: 0.95, warning: 0.9, warningRecovery: 0.85 },
    { critical: 5, criticalRecovery: 4, warning: 3, warningRecovery: 2 },
  ]);
});

it("says of every monitor what silence means, and lets one of each source say that nobody looks", () => {
  const by = (rule: string) => each.filter(([, { onMissingData }]) => onMissingData === rule).map(([key]) => key);
  expect(by("show_and_notify_no_data")).toEqual(["cpu", "database-connections", "backup-age"]);
  expect(by("resolve")).toEqual(["api-errors", "memory", "edge-rate-limited", "restarts", "crash-loop", "autoscaler-at-maximum"]);
});

it.each([...each, ...Object.entries(staging)])("%s says what to do, where to read on, and pages its own team alone", (key, monitor) => {
  const handle = monitor.name.startsWith("[prod] ") ? "@oncall-maestroverse-ops" : "@oncall-maestroverse-ops-staging";
  const lines = monitor.message.split("\n");
  expect(lines.slice(2, 5).map((line) => line.slice(0, 4))).toEqual(["1. `", "2. `", "3. `"]);
  expect(lines).toContain(`Runbook: https://example.com/docs/runbook/6-observability.md#${key}`);
  expect(monitor.message.match(/@\S+/g)).toEqual([handle]);
  // Datadog would take them for its own variables.
  expect(monitor.message).not.toContain("{{");
  expect(lines.filter((line) => line.startsWith("Dashboard: "))).toEqual([
    `Dashboard: https://app.datadoghq.com/dashboard/lists?q=Maestroverse%20${handle.endsWith("staging") ? "staging" : "prod"}`,
  ]);
});

it("tags a monitor with who owns it, what it watches and where the runbook speaks of it", () => {
  expect(prod["backup-age"]?.tags).toEqual([
    "env:prod",
    "managed-by:pulumi",
    "monitor:backup-age",
    "owner:platform",
    "runbook-section:5",
    "service:maestroverse-api",
    "team:maestroverse-ops",
  ]);
});

it("has no backup's age where no CronJob makes backups, rather than a monitor that never has data", () => {
  const keys = (backupMethod: "rds" | "both") => Object.keys(buildMonitors({ ...tableOf(PROD), backupMethod }));
  expect(keys("rds")).toEqual(each.map(([key]) => key).filter((key) => key !== "backup-age"));
  expect(keys("both")).toEqual(each.map(([key]) => key));
});
