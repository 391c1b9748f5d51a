/** Runbook §4: the same limit in AWS WAF, in front of the load balancer: pure builders. */
import type * as aws from "@pulumi/aws";
import { rejectionBody } from "./nginx-snippets";
import { type RateLimit, REJECT_STATUS } from "./rate-limit";

type WebAclRule = aws.types.input.wafv2.WebAclRule;

/** Smallest limit that AWS WAF takes, in requests per window. */
export const LEAST_WAF_LIMIT = 10;
/** Windows that AWS WAF knows, in seconds. */
export const WAF_WINDOWS_SECONDS = [60, 120, 300, 600] as const;
/** Days that WAF's log is kept: as long as a generation of secrets, so that a compromise found at a rotation can be traced. */
export const WAF_LOG_RETENTION_DAYS = 90;
/** Request headers that carry credentials: written to no log. Nor are query strings, which may hold tokens. */
export const REDACTED_HEADERS = ["authorization", "cookie", "x-csrf-token"] as const;
/** What AWS's rule groups do: count first, and block once their false positives were looked at. */
export const MANAGED_RULES = ["count", "block"] as const;

/** AWS's rule groups, in the order of their cost: 1,125 of the 1,500 capacity units that a WebACL may have without extra cost. */
const RULE_GROUPS = [
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

/** Arguments of {@link buildWebAcl}. */
export interface WafArgs {
  readonly evaluationWindowSeconds: (typeof WAF_WINDOWS_SECONDS)[number];
  readonly managedRules: (typeof MANAGED_RULES)[number];
}

/**
 * Requests per window and address above which WAF blocks: the sustained rate. WAF knows no burst, so it refuses a client that uses up its
 * burst and goes on at the full rate within one window, for at most as long as that window.
 */
export function wafLimit({ requestsPerMinute }: Pick<RateLimit, "requestsPerMinute">, windowSeconds: number): number {
  return Math.floor((requestsPerMinute * windowSeconds) / 60);
}

/** Arguments of the WebACL. */
export function buildWebAcl(apiHost: string, limit: RateLimit, { evaluationWindowSeconds: windowSeconds, managedRules }: WafArgs) {
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
      rateBasedStatement: {
        aggregateKeyType: "IP",
        limit: wafLimit(limit, windowSeconds),
        evaluationWindowSec: windowSeconds,
        scopeDownStatement: { notStatement: { statement: anyOf(limit.exemptPaths.map(isPath)) } },
      },
    },
    visibilityConfig: visibility(`${wafName(apiHost)}-rate-limit`),
  };
  return {
    name: wafName(apiHost),
    // WAF takes no parentheses here.
    description: `Rate limit of ${apiHost}, runbook section 4`,
    scope: "REGIONAL",
    defaultAction: { allow: {} },
    customResponseBodies: [
      {
        key: BODY_KEY,
        contentType: "APPLICATION_JSON",
        content: rejectionBody(windowSeconds),
      },
    ],
    rules: [
      rateRule,
      ...RULE_GROUPS.map((name, index): WebAclRule => ({
        name,
        priority: index + 1,
        overrideAction: managedRules === "count" ? { count: {} } : { none: {} },
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

type Statement = aws.types.input.wafv2.WebAclRuleStatementRateBasedStatementScopeDownStatement;

/** Matches a path to the letter. */
function isPath(searchString: string): Statement {
  const textTransformations = [{ priority: 0, type: "NONE" }];
  return { byteMatchStatement: { fieldToMatch: { uriPath: {} }, positionalConstraint: "EXACTLY", searchString, textTransformations } };
}

/** WAF takes an `or` of two at least. */
function anyOf(statements: Statement[]): Statement {
  return statements.length === 1 && statements[0] !== undefined ? statements[0] : { orStatement: { statements } };
}
