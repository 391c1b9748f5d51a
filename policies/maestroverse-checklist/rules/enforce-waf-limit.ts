import { at, list, mapping, text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { ingressLimits } from "../limits";
import { HEALTH_PATH, REJECT_STATUS } from "../runbook";

const ACL = "aws:wafv2/webAcl:WebAcl";
/** AWS's window where none is named, in seconds. */
const DEFAULT_WINDOW_SECONDS = 300;

/** AWS WAF mirrors the Ingresses' limit. */
export const enforceWafLimit: StackRule = {
  name: "waf-enforce-limit",
  description: "Every WebACL blocks an address beyond the Ingresses' rate with 429, on every path but /health.",
  severity: "high",
  checklist: ["RB-4.1"],
  remediationSteps: "Leave the WebACL to components/lib/waf.ts: it is made from `edge.rateLimit`, as the annotations are.",
  page: "runbook/4-edge.md",
  types: [ACL],
  mayBeAbsent: "edge.waf.enabled: false.",
  checkStack: (stack, report) => {
    for (const acl of stack.ofType(ACL)) {
      const rules = [...list(acl.properties, "rules").entries()].filter(
        ([, rule]) => at(rule, "statement", "rateBasedStatement") !== undefined,
      );
      if (rules.length === 0) report(acl, { field: "rules[].statement.rateBasedStatement", found: undefined, fix: "Add the rate limit." });
      for (const [index, rule] of rules) {
        const path = `rules[${index}]`;
        const statement = mapping(rule, "statement", "rateBasedStatement");
        const perMinute = (Number(statement["limit"]) * 60) / Number(statement["evaluationWindowSec"] ?? DEFAULT_WINDOW_SECONDS);
        for (const { requestsPerMinute } of ingressLimits(stack))
          if (perMinute !== requestsPerMinute)
            report(acl, {
              field: `${path}.statement.rateBasedStatement.limit`,
              found: `${perMinute} a minute`,
              fix: `Set it to ${requestsPerMinute}, as the Ingresses.`,
            });
        const expect = (field: string, found: unknown, wanted: unknown) => {
          if (found !== wanted) report(acl, { field: `${path}.${field}`, found, fix: `Set it to ${String(wanted)}.` });
        };
        expect("statement.rateBasedStatement.aggregateKeyType", statement["aggregateKeyType"], "IP");
        expect("action.block.customResponse.responseCode", at(rule, "action", "block", "customResponse", "responseCode"), REJECT_STATUS);
        const exempt = at(statement, "scopeDownStatement", "notStatement", "statement");
        const matches = [exempt, ...list(exempt, "orStatement", "statements")].map((each) => mapping(each, "byteMatchStatement"));
        if (!matches.some((match) => text(match, "searchString") === HEALTH_PATH && text(match, "positionalConstraint") === "EXACTLY"))
          report(acl, {
            field: `${path}.statement.rateBasedStatement.scopeDownStatement`,
            found: undefined,
            fix: `Exempt ${HEALTH_PATH}, to the letter.`,
          });
      }
    }
  },
};
