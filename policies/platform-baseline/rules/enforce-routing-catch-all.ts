import { isSet, list, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** No page is lost. */
export const enforceRoutingCatchAll: ResourceRule = {
  name: "routing-enforce-catch-all",
  description: "A team's routing ends with a rule without a query, which takes every page; each rule leads to an escalation policy.",
  severity: "critical",
  checklist: ["RB-6.4"],
  remediationSteps: "Build the rules with components/lib/on-call.ts.",
  page: "on-call.md",
  types: ["datadog:index/onCallTeamRoutingRules:OnCallTeamRoutingRules"],
  check: ({ properties }, report) => {
    const rules = list(properties, "rules");
    if (rules.length === 0) report({ field: "rules", found: rules, fix: "Add the rule that takes every page." });
    for (const [index, rule] of rules.entries()) {
      const query = text(rule, "query") ?? "";
      const isLast = index === rules.length - 1;
      if (isLast && query !== "") report({ field: `rules[${index}].query`, found: query, fix: "Add a last rule without a query." });
      if (!isLast && query === "")
        report({ field: `rules[${index}].query`, found: undefined, fix: "Move it to the end: it takes every page." });
      if (!isSet(rule, "escalationPolicy"))
        report({ field: `rules[${index}].escalationPolicy`, found: undefined, fix: "Name the escalation policy." });
    }
  },
};
