/**
 * When each alert would fire: simulated series against the real queries and thresholds. Minutes and seconds are exact. What Datadog itself does is
 * not proven; its documented semantics are the simulator's (tests/helpers/monitor-simulator.ts).
 */
import { buildMonitors } from "../../components/lib/monitors";
import { buildBurnRateAlerts, burnRateQuery } from "../../components/lib/slo";
import { buildUptimeTests } from "../../components/lib/synthetics";
import { type Series, simulate, simulateBurnRate, simulateUptime, type UptimeRule } from "../helpers/monitor-simulator";
import { PROD, tableOf } from "../helpers/observability";

const monitors = buildMonitors(tableOf(PROD));
const monitor = (key: string) => monitors[key];
const HOUR = 60;
const DAY = 24 * HOUR;

/** A series of a metric that a monitor reads, with the tags of its scope. */
function seriesOf(key: string, metric: string, at: Series["at"], extra: readonly string[] = []): Series {
  const scope = new RegExp(`${metric.replaceAll(".", "\\.")}\\{([^}]*)\\}`).exec(monitor(key).query)?.[1];
  if (scope === undefined) throw new Error(`${key} does not read ${metric}`);
  return { metric, tags: [...scope.split(","), ...extra], at };
}
const when = (condition: (minute: number) => boolean, yes: number, no: number) => (minute: number) => (condition(minute) ? yes : no);
const constant = (value: number) => () => value;
const run = (key: string, series: readonly Series[], until: number) =>
  simulate(monitor(key), series, until).map(({ minute, to }) => `${minute} ${to}`);
/** Requests of the edge, by their tags. */
const edge = (at: Series["at"], ...tags: string[]): Series => ({ metric: "maestroverse.edge.requests", tags: ["env:prod", ...tags], at });
const served = (at: Series["at"]) => edge(at, "status_category:ok", "kind:request", "speed:fast");
const failed = (at: Series["at"]) => edge(at, "status_category:error", "kind:request", "speed:fast");
const slow = (at: Series["at"]) => edge(at, "status_category:ok", "kind:request", "speed:slow");

describe("errors", () => {
  const errors = (at: Series["at"]) => [seriesOf("api-errors", "maestroverse.api.errors", at)];

  it("alert when the average of five minutes passes 5, and recover at 4", () => {
    // 10 from minute 10 on: averages 2, 4, 6; back to 0 at 20: 8, 6, 4.
    expect(run("api-errors", errors(when((minute) => minute >= 10 && minute < 20, 10, 0)), 60)).toEqual([
      "11 Warn",
      "12 Alert",
      "22 Warn",
      "23 OK",
    ]);
  });

  it("do not alert at 5, nor for one bad minute of 20", () => {
    expect(run("api-errors", errors(constant(5)), 60)).toEqual(["0 Warn"]);
    expect(run("api-errors", errors(when((minute) => minute === 30, 20, 0)), 60)).toEqual(["30 Warn", "35 OK"]);
  });

  it("of pods are added, and those of another service are not", () => {
    const two = [...errors(constant(3)), ...errors(constant(3))];
    expect(run("api-errors", two, 10)).toEqual(["0 Alert"]);
    expect(run("api-errors", [{ metric: "maestroverse.api.errors", tags: ["service:other"], at: constant(100) }], 10)).toEqual([]);
  });
});

describe("the ratio of failures", () => {
  it("alerts once more than ten fail beyond 1 %", () => {
    // 100 a minute, 5 of them fail: beyond 1 % by 4 a minute.
    expect(run("error-ratio", [served(constant(95)), failed(when((minute) => minute >= 20, 5, 0))], 40)).toEqual(["23 Alert"]);
  });

  it("does not alert at 1 %, nor at night for three requests that all fail", () => {
    expect(run("error-ratio", [served(constant(99)), failed(constant(1))], 60)).toEqual([]);
    expect(run("error-ratio", [failed((minute) => (minute >= 10 && minute < 13 ? 1 : undefined))], 60)).toEqual([]);
  });

  it("is nothing where no request failed", () => {
    expect(run("error-ratio", [served(constant(100))], 30)).toEqual([]);
  });
});

describe("latency", () => {
  it("alerts when 10 % are slow, seven minutes later", () => {
    expect(run("latency-p95", [served(constant(54)), slow(when((minute) => minute >= 20, 6, 0))], 40)).toEqual(["25 Warn", "26 Alert"]);
  });

  it("does not alert when 5 % are slow, nor for websockets, which last for hours", () => {
    expect(run("latency-p95", [served(constant(95)), slow(constant(5))], 60)).toEqual([]);
    expect(
      run("latency-p95", [served(constant(10)), edge(constant(50), "status_category:ok", "kind:websocket", "speed:slow")], 60),
    ).toEqual([]);
  });
});

describe("the edge", () => {
  const refused = (at: Series["at"]): Series => ({ metric: "service:maestroverse-edge env:prod @limit:REJECTED", at });

  it("alerts when more than 50 lines of refusals come in five minutes", () => {
    // 12 a minute: 48 after four, 60 after five.
    expect(run("edge-rate-limited", [refused(when((minute) => minute >= 10, 12, 0))], 30)).toEqual(["12 Warn", "14 Alert"]);
    expect(run("edge-rate-limited", [refused(constant(10))], 30)).toEqual(["0 Warn"]);
  });

  it("is silent when its log stops, and says so when there is no data at all", () => {
    // From the uptime test of the websocket alone: three a minute.
    const websockets = (until: number) => [edge((minute) => (minute < until ? 3 : undefined), "status_category:ok", "kind:websocket")];
    const healthy = run("edge-silent", websockets(1000), 120);
    expect(healthy).toEqual([]);
    // Three minutes of them are left: 9 requests.
    expect(run("edge-silent", websockets(60), 120)).toEqual(["71 Alert", "74 No Data"]);
  });
});

describe("saturation", () => {
  const cpu = (percent: Series["at"]) => [
    seriesOf("cpu", "kubernetes.cpu.usage.total", (minute) => (percent(minute) ?? 0) * 3e7),
    seriesOf("cpu", "kubernetes.cpu.limits", constant(3)),
  ];
  it("of the CPU alerts when ten minutes average above 80 %, not for a peak", () => {
    expect(run("cpu", cpu(when((minute) => minute >= 30, 90, 60)), 60)).toEqual(["34 Warn", "36 Alert"]);
    expect(run("cpu", cpu(when((minute) => minute >= 30 && minute < 33, 100, 60)), 60)).toEqual([]);
    expect(run("cpu", cpu(constant(80)), 60)).toEqual(["0 Warn"]);
  });

  it("of the CPU says when the agents fall silent", () => {
    const until = (each: Series): Series => ({ ...each, at: (minute) => (minute < 20 ? each.at(minute) : undefined) });
    expect(run("cpu", cpu(constant(50)).map(until), 60)).toEqual(["29 No Data"]);
  });

  it("of the memory looks at the fullest pod", () => {
    const pod = (share: number) => seriesOf("memory", "kubernetes.memory.working_set", constant(share * 768));
    const limit = seriesOf("memory", "kubernetes.memory.limits", constant(768));
    expect(run("memory", [pod(0.4), pod(0.8), limit], 10)).toEqual(["0 Alert"]);
    expect(run("memory", [pod(0.4), pod(0.6), limit], 10)).toEqual([]);
  });

  it("of the database counts all sessions against those that are not reserved", () => {
    const sessions = (at: Series["at"]) => [seriesOf("database-connections", "postgresql.connections", at)];
    expect(run("database-connections", sessions(when((minute) => minute >= 10, 170, 100)), 60)).toEqual(["15 Warn", "17 Alert"]);
    expect(run("database-connections", sessions(constant(152)), 60)).toEqual(["0 Warn"]);
  });

  it("of the autoscaler needs a quarter of an hour at its maximum", () => {
    const hpa = (replicas: Series["at"]) => [
      seriesOf("autoscaler-at-maximum", "kubernetes_state.hpa.current_replicas", replicas),
      seriesOf("autoscaler-at-maximum", "kubernetes_state.hpa.max_replicas", constant(10)),
    ];
    expect(run("autoscaler-at-maximum", hpa(when((minute) => minute >= 30, 10, 5)), 60)).toEqual(["44 Alert"]);
    expect(run("autoscaler-at-maximum", hpa(when((minute) => minute >= 30 && minute < 44, 10, 5)), 60)).toEqual([]);
  });
});

describe("pods", () => {
  it("that restart four times in a quarter of an hour alert, three times do not", () => {
    const restarts = (times: number) => [
      seriesOf("restarts", "kubernetes.containers.restarts", (minute) => Math.min(times, Math.max(0, minute - 30))),
    ];
    expect(run("restarts", restarts(4), 90)).toEqual(["34 Alert", "48 OK"]);
    expect(run("restarts", restarts(3), 90)).toEqual([]);
  });

  it("in a crash loop alert at once", () => {
    const waiting = seriesOf("crash-loop", "kubernetes_state.container.status_report.count.waiting", (minute) =>
      minute === 20 ? 1 : undefined,
    );
    expect(run("crash-loop", [waiting], 60)).toEqual(["20 Alert", "30 OK"]);
  });

  it("that are missing alert after a quarter of an hour, those of a rollout do not", () => {
    const state = (available: Series["at"]) => [
      seriesOf("replicas-missing", "kubernetes_state.deployment.replicas_desired", constant(3)),
      seriesOf("replicas-missing", "kubernetes_state.deployment.replicas_available", available),
    ];
    expect(run("replicas-missing", state(when((minute) => minute >= 20, 2, 3)), 60)).toEqual(["34 Alert"]);
    expect(run("replicas-missing", state(when((minute) => minute >= 20 && minute < 25, 2, 3)), 60)).toEqual([]);
  });
});

describe("what is needed once", () => {
  it("a backup alerts when it is more than 26 hours old: a quarter of an hour after it became that", () => {
    const age = (at: Series["at"]) => [seriesOf("backup-age", "kubernetes_state.cronjob.duration_since_last_successful", at)];
    expect(
      run(
        "backup-age",
        age((minute) => minute * 60),
        28 * HOUR,
      ),
    ).toEqual([`${26 * HOUR + 15} Alert`]);
    // Every night at 2:00, ready twenty minutes later.
    expect(
      run(
        "backup-age",
        age((minute) => ((minute + DAY - 20) % DAY) * 60 + 1200),
        3 * DAY,
      ),
    ).toEqual([]);
  });

  it("a backup that fails alerts in that minute", () => {
    const failures = seriesOf("backup-failed", "maestroverse.backup.failures", (minute) => (minute === 125 ? 1 : undefined));
    expect(run("backup-failed", [failures], DAY)).toEqual(["125 Alert", "140 OK"]);
  });

  it("a dump that is a third smaller alerts, one that is a fifth smaller does not", () => {
    const nightly = (third: number) => [
      seriesOf("backup-size", "maestroverse.backup.size_bytes", (minute) =>
        minute % DAY === 125 ? (minute < 2 * DAY ? 1000 : third) : undefined,
      ),
    ];
    expect(run("backup-size", nightly(600), 4 * DAY)).toEqual([`${2 * DAY + 125} Alert`, `${3 * DAY + 125} OK`]);
    expect(run("backup-size", nightly(800), 4 * DAY)).toEqual([]);
  });

  it("a secret warns ten days before it is overdue, and alerts when it is", () => {
    const age = (at: (day: number) => number) => [
      seriesOf("secret-age", "maestroverse.secret.age_days", (minute) => (minute % DAY === 0 ? at(minute / DAY) : undefined)),
    ];
    // Of two values in two days the lower one counts.
    const transitions = run(
      "secret-age",
      age((day) => 78 + day),
      16 * DAY,
    );
    expect(transitions).toEqual([`${4 * DAY} Warn`, `${14 * DAY} Alert`]);
    expect(
      run(
        "secret-age",
        age((day) => 60 + day),
        16 * DAY,
      ),
    ).toEqual([]);
    expect(run("secret-age", [], 2)).toEqual(["0 No Data"]);
  });
});

describe("other thresholds", () => {
  /** A value that a monitor's only metric, or its ratio, has from the hundredth minute on. */
  const step = (key: string, value: number, before: number): readonly Series[] => {
    const metrics = [...monitor(key).query.matchAll(/(?:avg|max|min|sum):([a-z][\w.]*)\{/g)].map(([, metric]) => metric);
    const [first = "", divisor] = metrics;
    const scale = monitor(key).query.includes("100 * max:system") ? 100 : 1;
    const own = seriesOf(key, first, (minute) => (minute >= 100 ? value : before) / (divisor === undefined ? scale : 1));
    return divisor === undefined ? [own] : [own, seriesOf(key, divisor, constant(100))];
  };

  it.each([
    ["cpu-throttled", 50, 0, ["106 Warn", "107 Alert"]],
    ["cpu-throttled", 20, 0, []],
    ["node-disk", 95, 50, ["114 Alert"]],
    ["node-disk", 76, 50, []],
    ["database-disk", 95, 50, ["114 Alert"]],
    ["replication-lag", 90, 1, ["109 Alert"]],
    ["replication-lag", 50, 1, []],
    ["transaction-age", 12_000, 10, ["109 Alert"]],
    ["transaction-age", 3600, 10, []],
    ["wraparound", 4e8, 1.9e9, ["159 Alert"]],
    ["wraparound", 9e8, 1.9e9, ["159 Warn"]],
    ["wraparound", 1.5e9, 1.9e9, []],
    ["oom-killed", 1, 0, ["100 Alert"]],
    ["rollout-stuck", 1, 0, ["100 Alert"]],
    ["deadlocks", 1, 0, ["105 Alert"]],
    ["backup-duration", 8000, 900, ["100 Alert"]],
    ["backup-duration", 3600, 900, []],
    ["backup-volume", 95, 50, ["114 Alert"]],
    ["drill-age", 40, 3, [`${100 + 2 * DAY - 1} Alert`]],
    ["drill-age", 20, 3, []],
  ])("%s at %d (from %d): %j", (key, value, before, expected) => {
    expect(run(key, step(key, value, before), 3 * DAY)).toEqual(expected);
  });

  it("lines in a strange format alert from the 21st in a quarter of an hour", () => {
    const strange = (lines: number): Series => ({
      metric: "service:maestroverse-api env:prod -@http.status_code:*",
      at: (minute) => (minute >= 30 && minute < 30 + lines ? 2 : 0),
    });
    expect(run("log-format", [strange(11)], 60)).toEqual(["36 Warn", "40 Alert", "47 Warn", "51 OK"]);
    expect(run("log-format", [strange(5)], 60)).toEqual([]);
  });

  it("are all tried, but for the anomaly, whose bounds are Datadog's own", () => {
    expect(() => run("log-volume", [seriesOf("log-volume", "maestroverse.log.lines", constant(1))], 1)).toThrow(
      "the bounds of an anomaly are Datadog's own: they are not simulated",
    );
  });
});

describe("error budgets", () => {
  const alerts = buildBurnRateAlerts(tableOf(PROD));
  const burn = (key: string, failing: (minute: number) => number, perMinute = 100, until = 24 * HOUR) => {
    const alert = alerts[key];
    const target = alert.objective === "availability" ? PROD.objectives.availabilityPercent : PROD.objectives.latencyPercent;
    const events = (minute: number) => ({ total: perMinute, good: perMinute - (minute < 0 ? 0 : failing(minute)) });
    return simulateBurnRate({ query: burnRateQuery(alert, "objective"), thresholds: alert.thresholds }, target, events, until).map(
      ({ minute, to }) => `${minute} ${to}`,
    );
  };

  it("burn fast: everything fails, and the page comes in the first minute and ends five minutes after the cause", () => {
    expect(
      burn(
        "burn-availability-fast",
        when((minute) => minute >= 60 && minute < 90, 100, 0),
      ),
    ).toEqual(["60 Alert", "94 OK"]);
  });

  it("burn fast: 2 % fail, and the page comes when the hour has used 2 % of the month", () => {
    // 14.4 times 0.1 % of 6000 requests: more than 86.4 failures.
    expect(
      burn(
        "burn-availability-fast",
        when((minute) => minute >= 60, 2, 0),
        100,
        3 * HOUR,
      ),
    ).toEqual(["81 Warn", "103 Alert"]);
  });

  it("do not burn fast at 1 %, which the slow alert finds", () => {
    expect(
      burn(
        "burn-availability-fast",
        when((minute) => minute >= 60, 1, 0),
      ),
    ).toEqual(["103 Warn"]);
    // 6 times 0.1 % of 36,000: more than 216 failures.
    expect(
      burn(
        "burn-availability-slow",
        when((minute) => minute >= 60, 1, 0),
      ),
    ).toEqual(["167 Warn", "275 Alert"]);
  });

  it("do not burn at the rate that the month allows, nor for one failure at night", () => {
    expect(burn("burn-availability-slow", (minute) => (minute % 10 === 0 ? 1 : 0))).toEqual([]);
    // The uptime test of the websocket alone: 180 an hour.
    expect(
      burn(
        "burn-availability-fast",
        when((minute) => minute === 100, 1, 0),
        3,
      ),
    ).toEqual([]);
    expect(
      burn(
        "burn-availability-fast",
        when((minute) => [100, 101, 102].includes(minute), 1, 0),
        3,
      ),
    ).toEqual(["101 Warn", "102 Alert", "107 OK"]);
  });

  it("of latency allow ten times as much", () => {
    expect(
      burn(
        "burn-latency-fast",
        when((minute) => minute >= 60, 20, 0),
        100,
        3 * HOUR,
      ),
    ).toEqual(["81 Warn", "103 Alert"]);
    expect(
      burn(
        "burn-latency-fast",
        when((minute) => minute >= 60, 5, 0),
        100,
        3 * HOUR,
      ),
    ).toEqual([]);
  });
});

describe("uptime: two consecutive failures, under two minutes apart", () => {
  const rule = buildUptimeTests(tableOf(PROD))["health"]?.options as unknown as UptimeRule;
  const places = [{ offsetSeconds: 0 }, { offsetSeconds: 7 }, { offsetSeconds: 31 }];
  const run = (fails: (location: number, second: number) => boolean, answerSeconds = 0) =>
    simulateUptime(rule, places, fails, 1200, answerSeconds).map(({ second, to }) => `${second} ${to}`);

  it("alerts 80 seconds after two places first failed, and recovers with the first good run", () => {
    // From second 100 to 400: the first failed runs are those of 120, 127 and 151.
    expect(run((_location, second) => second >= 100 && second < 400)).toEqual(["207 Alert", "427 OK"]);
  });

  it("does not alert for one failed run, however slow its answers are", () => {
    expect(run((_location, second) => second >= 100 && second < 160)).toEqual([]);
    expect(run((_location, second) => second >= 100 && second < 160, 20)).toEqual([]);
  });

  it("does not alert for one place, nor for places that fail in turns", () => {
    expect(run((location) => location === 0)).toEqual([]);
    expect(run((location, second) => Math.floor(second / 60) % 3 === location)).toEqual([]);
  });

  it("has failed twice in every place that counts, and not a third time", () => {
    const [alert] = simulateUptime(rule, places, (_location, second) => second >= 100, 1200);
    const runsUntil = (offset: number) =>
      [120, 180, 240].map((second) => second + offset).filter((second) => second <= (alert?.second ?? 0));
    expect(runsUntil(0)).toHaveLength(2);
    expect(runsUntil(7)).toHaveLength(2);
  });
});
