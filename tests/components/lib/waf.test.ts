import fc from "fast-check";
import { mostPasses } from "../../../components/lib/rate-limit";
import { buildWebAcl, wafLimit, wafLogGroupName, wafName } from "../../../components/lib/waf";

const HOST = "api.maestroverse.edu";
const RUNBOOK = { requestsPerMinute: 100, burst: 20, ipv6PrefixLength: 64 } as const;

it.each([
  [60, 120],
  [120, 220],
  [300, 520],
  [600, 1020],
])("blocks above what the edge lets pass in %d seconds: %d requests", (windowSeconds, limit) => {
  expect(wafLimit(RUNBOOK, windowSeconds)).toBe(limit);
});

it("is never stricter than the edge behind it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60_000 }), fc.nat(10_000), fc.constantFrom(60, 120, 300, 600), (rate, burst, windowSeconds) => {
      const limit = { ...RUNBOOK, requestsPerMinute: rate, burst };
      expect(wafLimit(limit, windowSeconds)).toBeGreaterThanOrEqual(mostPasses(limit, windowSeconds * 1000));
    }),
  );
});

it("refuses like the edge: 429 in JSON, with Retry-After", () => {
  const { rules, customResponseBodies } = buildWebAcl(HOST, RUNBOOK, 60);
  expect(rules[0]).toEqual({
    name: "rate-limit",
    priority: 0,
    action: {
      block: {
        customResponse: {
          responseCode: 429,
          customResponseBodyKey: "too-many-requests",
          responseHeaders: [{ name: "Retry-After", value: "60" }],
        },
      },
    },
    statement: { rateBasedStatement: { aggregateKeyType: "IP", limit: 120, evaluationWindowSec: 60 } },
    visibilityConfig: { cloudwatchMetricsEnabled: true, metricName: "api-maestroverse-edu-rate-limit", sampledRequestsEnabled: true },
  });
  expect(customResponseBodies).toEqual([
    { key: "too-many-requests", contentType: "APPLICATION_JSON", content: '{"error":"Too Many Requests","retryAfterSeconds":60}' },
  ]);
});

it("counts what AWS's rule groups would block, and blocks none of it", () => {
  const { rules } = buildWebAcl(HOST, RUNBOOK, 60);
  expect(rules.slice(1).map(({ name, priority, overrideAction, action }) => [name, priority, overrideAction, action])).toEqual([
    ["AWSManagedRulesAmazonIpReputationList", 1, { count: {} }, undefined],
    ["AWSManagedRulesKnownBadInputsRuleSet", 2, { count: {} }, undefined],
    ["AWSManagedRulesSQLiRuleSet", 3, { count: {} }, undefined],
    ["AWSManagedRulesCommonRuleSet", 4, { count: {} }, undefined],
  ]);
});

it("has names that WAF takes", () => {
  expect([wafName(HOST), wafLogGroupName(HOST)]).toEqual(["api-maestroverse-edu", "aws-waf-logs-api-maestroverse-edu"]);
  expect(buildWebAcl(HOST, RUNBOOK, 60)).toMatchObject({ name: "api-maestroverse-edu", scope: "REGIONAL", defaultAction: { allow: {} } });
});
