/** Runbook §4: the same limit in AWS WAF, in front of the load balancer: pure builders. */
import type * as aws from "@pulumi/aws";
import { mostPasses, type RateLimit, REJECT_STATUS } from "./rate-limit";

type WebAclRule = aws.types.input.wafv2.WebAclRule;

/** Smallest limit that AWS WAF takes, in requests per window. */
export const LEAST_WAF_LIMIT = 10;
/** Windows that AWS WAF knows, in seconds. */
export const WAF_WINDOWS_SECONDS = [60, 120, 300, 600] as const;
/** Days that WAF's log is kept: as long as a generation of secrets, so that a compromise found at a rotation can be traced. */
export const WAF_LOG_RETENTION_DAYS = 90;
/** Request headers that carry credentials: written to no log. */
export const REDACTED_HEADERS = ["authorization", "cookie"] as const;

/**
 * AWS's rule groups, in the order of their cost. They only count: each has false positives that must be seen first (docs/runbook/4-edge.md).
 * 1,125 of the 1,500 capacity units that a WebACL may have without extra cost.
 */
const COUNTED_RULE_GROUPS = [
  "AWSManagedRulesAmazonIpReputationList",
  "AWSManagedRulesKnownBadInputsRuleSet",
  "AWSManagedRulesSQLiRuleSet",
  "AWSManagedRulesCommonRuleSet",
] as const;

/** Key of the body of a refusal. */
const BODY_KEY = "too-many-requests";

/** Name of what belongs to a host; WAF takes letters, digits, `-` and `_`. */
export function wafName(apiHost: string): string {
  return apiHost.replaceAll(".", "-");
}

/** Name of the log group: WAF insists on the prefix. */
export function wafLogGroupName(apiHost: string): string {
  return `aws-waf-logs-${wafName(apiHost)}`;
}

/**
 * Requests per window and address above which WAF blocks: as many as the edge lets pass at most, burst included. WAF knows no burst; a lower
 * limit would refuse what the edge accepts.
 */
export function wafLimit(limit: RateLimit, windowSeconds: number): number {
  return mostPasses(limit, windowSeconds * 1000);
}

/** Arguments of the WebACL. */
export function buildWebAcl(apiHost: string, limit: RateLimit, windowSeconds: number) {
  const rateRule: WebAclRule = {
    name: "rate-limit",
    priority: 0,
    action: {
      block: {
        customResponse: {
          responseCode: REJECT_STATUS,
          customResponseBodyKey: BODY_KEY,
          // An address stays blocked while the requests of its last window, refused ones included, exceed the limit.
          responseHeaders: [{ name: "Retry-After", value: String(windowSeconds) }],
        },
      },
    },
    statement: {
      rateBasedStatement: { aggregateKeyType: "IP", limit: wafLimit(limit, windowSeconds), evaluationWindowSec: windowSeconds },
    },
    visibilityConfig: visibility(`${wafName(apiHost)}-rate-limit`),
  };
  return {
    name: wafName(apiHost),
    description: `Rate limit of ${apiHost} (runbook section 4)`,
    scope: "REGIONAL",
    defaultAction: { allow: {} },
    customResponseBodies: [
      {
        key: BODY_KEY,
        contentType: "APPLICATION_JSON",
        content: JSON.stringify({ error: "Too Many Requests", retryAfterSeconds: windowSeconds }),
      },
    ],
    rules: [
      rateRule,
      ...COUNTED_RULE_GROUPS.map((name, index): WebAclRule => ({
        name,
        priority: index + 1,
        overrideAction: { count: {} },
        statement: { managedRuleGroupStatement: { vendorName: "AWS", name } },
        visibilityConfig: visibility(`${wafName(apiHost)}-${name}`),
      })),
    ],
    visibilityConfig: visibility(wafName(apiHost)),
  } satisfies aws.wafv2.WebAclArgs;
}

function visibility(metricName: string) {
  return { cloudwatchMetricsEnabled: true, metricName, sampledRequestsEnabled: true };
}
