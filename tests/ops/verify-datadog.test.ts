/** What Datadog holds against what the settings specify, and which monitors a downtime of the rehearsal's Datadog silences. */
import { buildProcessors } from "../../components/lib/log-pipeline";
import type { Settings } from "../../config";
import {
  addresseesOf,
  type HeldTest,
  processorProblems,
  queryDifference,
  specifiedQueries,
  specifiedTests,
  testDifferences,
} from "../../ops/verify/datadog-specification";
import { matchingDowntimes } from "../../rehearsal/datadog-intake/downtimes";
import { loadSettings } from "../../rehearsal/rehearse";

let settings: Settings;
beforeAll(async () => {
  settings = await loadSettings();
});

describe("a monitor's query", () => {
  const wanted = "sum(last_5m):sum:api.errors{env:prod}.as_count() > 5";

  it.each([
    ["is the specified one", wanted, undefined],
    ["is the specified one but for blanks round it", `\n${wanted} `, undefined],
    ["has another threshold", wanted.replace("> 5", "> 50"), "alerts at > 50, not at > 5"],
    ["compares the other way round", wanted.replace("> 5", "< 5"), "alerts at < 5, not at > 5"],
    ["asks of something else", wanted.replace("prod", "staging"), `asks ${wanted.replace("prod", "staging")}, not ${wanted}`],
    ["is none", "", `asks , not ${wanted}`],
  ])("that %s", (_, found, difference) => {
    expect(queryDifference(found, wanted)).toBe(difference);
  });

  it("that nobody specified differs from none", () => {
    expect(queryDifference("avg(last_5m):avg:load{*} > 1", undefined)).toBeUndefined();
  });

  it("is specified for every monitor, those of the error budgets by their objective's id", () => {
    const queries = specifiedQueries(settings, { availability: "a0", latency: "b1" });
    expect(queries["burn-availability-fast"]).toBe('burn_rate("a0").over("30d").long_window("1h").short_window("5m") > 14.4');
    expect(queries["burn-latency-slow"]).toBe('burn_rate("b1").over("30d").long_window("6h").short_window("30m") > 6');
    expect(queries["memory"]).toMatch(/\{.*env:rehearsal.*\}.* > 75$/);
  });
});

describe("whom alerts name", () => {
  it("is Datadog's team, or PagerDuty's service where that pages", () => {
    const { onCall } = settings;
    expect(addresseesOf({ onCall })).toEqual({ teamHandle: "maestroverse-ops-rehearsal", pagerDutyService: undefined });
    expect(addresseesOf({ onCall: { ...onCall, pagerDutyService: "ops-rehearsal" } }).pagerDutyService).toBe("ops-rehearsal");
  });
});

describe("an uptime test", () => {
  /** As Datadog has it: some targets are numbers there. */
  const held = (change: (test: { -readonly [name in keyof HeldTest]: HeldTest[name] }) => void): HeldTest => {
    const test: HeldTest = {
      subtype: "http",
      config: {
        request: { method: "GET", url: "https://api.rehearsal.maestroverse.edu/health" },
        assertions: (specifiedTests(settings)["health"]?.assertions ?? []).map((each) => {
          const { type, operator, target, property } = each as { type: string; operator: string; target: string; property?: string };
          return {
            type,
            operator,
            target: type === "statusCode" ? Number(target) : target,
            ...(property === undefined ? {} : { property }),
          };
        }),
      },
      options: { tick_every: 60, min_failure_duration: 80, min_location_failed: 2 },
      locations: ["aws:us-east-1", "aws:us-west-2", "aws:eu-central-1"],
    };
    change(test);
    return test;
  };
  const differences = (change: Parameters<typeof held>[0]) => {
    const wanted = specifiedTests(settings)["health"];
    if (wanted === undefined) throw new Error("there is no test of /health");
    return testDifferences(held(change), wanted);
  };

  it("that is as specified", () => {
    expect(differences(() => undefined)).toEqual([]);
  });

  it.each<[string, Parameters<typeof held>[0], string[]]>([
    [
      "asks another address",
      (test) => (test.config = { ...test.config, request: { url: "https://example.org/" } }),
      ["asks https://example.org/, not https://api.rehearsal.maestroverse.edu/health"],
    ],
    [
      "runs seldom, and tells late",
      (test) => (test.options = { ...test.options, tick_every: 300, min_failure_duration: 900 }),
      ["has tick_every 300, not 60", "has min_failure_duration 900, not 80"],
    ],
    [
      "has no options",
      (test) => (test.options = {}),
      ["has tick_every not set, not 60", "has min_failure_duration not set, not 80", "has min_location_failed not set, not 2"],
    ],
    ["asks from fewer places", (test) => (test.locations = ["aws:us-east-1", "aws:us-west-2"]), ["does not ask from aws:eu-central-1"]],
    [
      "wants another status",
      (test) =>
        (test.config = {
          ...test.config,
          assertions: test.config.assertions.map((each) => (each.type === "statusCode" ? { ...each, target: 204 } : each)),
        }),
      ["does not want statusCode is 200", "wants statusCode is 204, which is not specified"],
    ],
  ])("that %s", (_, change, expected) => {
    expect(differences(change)).toEqual(expected);
  });
});

describe("the log pipeline's steps", () => {
  const steps = () =>
    buildProcessors().map((processor) => {
      const [{ name = "" }] = Object.values(processor as Record<string, { name?: string }>) as [{ name?: string }];
      return { name, is_enabled: true };
    });

  it("are all there", () => {
    expect(processorProblems({ name: "API", processors: steps() })).toEqual([]);
  });

  it("are missing, or switched off", () => {
    const processors = steps().flatMap((step, index) => (index === 1 ? [] : [{ ...step, is_enabled: index !== 0 }]));
    expect(processorProblems({ name: "API", processors })).toEqual([
      'API: the step "combined access log" is switched off',
      'API has no step "time of the request"',
    ]);
  });
});

describe("a downtime", () => {
  const NOW = Date.parse("2026-11-28T05:00:00Z");
  const monitor = { id: 1005, tags: ["env:prod", "service:maestroverse-api", "maintenance:muted"] };
  const silences = (attributes: object) =>
    matchingDowntimes(monitor, { records: { downtimes: { d1: { id: "d1", attributes } } } as never }, NOW).map(({ id }) => id);

  it.each<[string, object]>([
    ["of the monitor", { monitor_identifier: { monitor_id: 1005 } }],
    ["of its tags", { monitor_identifier: { monitor_tags: ["env:prod", "maintenance:muted"] } }],
    ["of all monitors", { monitor_identifier: { monitor_tags: ["*"] } }],
    ["that has begun and has no end", { monitor_identifier: { monitor_id: 1005 }, schedule: { start: "2026-11-28T04:00:00Z", end: null } }],
  ])("%s silences it", (_, attributes) => {
    expect(silences({ status: "active", ...attributes })).toEqual(["d1"]);
  });

  it.each<[string, object]>([
    ["of another monitor", { monitor_identifier: { monitor_id: 1006 } }],
    ["of a tag that it lacks", { monitor_identifier: { monitor_tags: ["env:prod", "team:other"] } }],
    ["that was canceled", { status: "canceled", monitor_identifier: { monitor_id: 1005 } }],
    ["that has yet to begin", { monitor_identifier: { monitor_id: 1005 }, schedule: { start: "2026-11-28T06:00:00Z" } }],
    ["that is over", { monitor_identifier: { monitor_id: 1005 }, schedule: { end: "2026-11-28T05:00:00Z" } }],
    ["that recurs", { monitor_identifier: { monitor_id: 1005 }, schedule: { recurrences: [{}] } }],
  ])("%s does not", (_, attributes) => {
    expect(silences(attributes)).toEqual([]);
  });
});
