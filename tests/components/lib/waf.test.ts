import fc from "fast-check";
import { buildWebAcl, wafLimit, wafLogGroupName, wafName } from "../../../components/lib/waf";
import { RUNBOOK } from "../../helpers/edge-settings";

const HOST = "api.maestroverse.edu";
const COUNTING = { evaluationWindowSeconds: 60, managedRules: "count" } as const;

it.each([
  [60, 100],
  [120, 200],
  [300, 500],
  [600, 1000],
])("blocks above the sustained rate in %d seconds: %d requests", (windowSeconds, limit) => {
  expect(wafLimit(RUNBOOK, windowSeconds)).toBe(limit);
});

it("never refuses a client that keeps to the sustained rate", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60_000 }), fc.constantFrom(60, 120, 300, 600), (requestsPerMinute, windowSeconds) => {
      expect(wafLimit({ requestsPerMinute }, windowSeconds)).toBe((requestsPerMinute * windowSeconds) / 60);
    }),
  );
});

it("counts no request for an exempt path", () => {
  type Statement = { readonly rateBasedStatement: { readonly scopeDownStatement: unknown } };
  const scopeDownOf = (exemptPaths: readonly string[]) =>
    (buildWebAcl(HOST, { ...RUNBOOK, exemptPaths }, COUNTING).rules[0]?.statement as Statement).rateBasedStatement.scopeDownStatement;
  const is = (searchString: string) => ({
    byteMatchStatement: {
      fieldToMatch: { uriPath: {} },
      positionalConstraint: "EXACTLY",
      searchString,
      textTransformations: [{ priority: 0, type: "NONE" }],
    },
  });
  expect(scopeDownOf(["/health"])).toEqual({ notStatement: { statement: is("/health") } });
  expect(scopeDownOf(["/health", "/hooks"])).toEqual({
    notStatement: { statement: { orStatement: { statements: [is("/health"), is("/hooks")] } } },
  });
});

it("refuses like the edge: 429 in JSON, with Retry-After", () => {
  const { rules, customResponseBodies } = buildWebAcl(HOST, { ...RUNBOOK, exemptPaths: ["/health"] }, COUNTING);
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
    statement: {
      rateBasedStatement: {
        aggregateKeyType: "IP",
        limit: 100,
        evaluationWindowSec: 60,
        scopeDownStatement: {
          notStatement: {
            statement: {
              byteMatchStatement: {
                fieldToMatch: { uriPath: {} },
                positionalConstraint: "EXACTLY",
                searchString: "/health",
                textTransformations: [{ priority: 0, type: "NONE" }],
              },
            },
          },
        },
      },
    },
    visibilityConfig: { cloudwatchMetricsEnabled: true, metricName: "api-maestroverse-edu-rate-limit", sampledRequestsEnabled: true },
  });
  expect(customResponseBodies).toEqual([
    { key: "too-many-requests", contentType: "APPLICATION_JSON", content: '{"error":"Too Many Requests","retryAfterSeconds":60}' },
  ]);
});

it("lets AWS's rule groups block when it is told to", () => {
  const { rules } = buildWebAcl(HOST, RUNBOOK, { ...COUNTING, managedRules: "block" });
  expect(rules.slice(1).map(({ overrideAction }) => overrideAction)).toEqual([{ none: {} }, { none: {} }, { none: {} }, { none: {} }]);
});

it("counts what AWS's rule groups would block, and blocks none of it", () => {
  const { rules } = buildWebAcl(HOST, { ...RUNBOOK, exemptPaths: ["/health"] }, COUNTING);
  expect(rules.slice(1).map(({ name, priority, overrideAction, action }) => [name, priority, overrideAction, action])).toEqual([
    ["AWSManagedRulesAmazonIpReputationList", 1, { count: {} }, undefined],
    ["AWSManagedRulesKnownBadInputsRuleSet", 2, { count: {} }, undefined],
    ["AWSManagedRulesSQLiRuleSet", 3, { count: {} }, undefined],
    ["AWSManagedRulesCommonRuleSet", 4, { count: {} }, undefined],
  ]);
});

it("has names that WAF takes", () => {
  expect([wafName(HOST), wafLogGroupName(HOST)]).toEqual(["api-maestroverse-edu", "aws-waf-logs-api-maestroverse-edu"]);
  expect(buildWebAcl(HOST, { ...RUNBOOK, exemptPaths: ["/health"] }, COUNTING)).toMatchObject({
    name: "api-maestroverse-edu",
    scope: "REGIONAL",
    defaultAction: { allow: {} },
  });
});
