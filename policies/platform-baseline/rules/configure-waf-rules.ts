import { list, mapping, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** A WebACL says what it does with every request, and in which order. */
export const configureWafRules: ResourceRule = {
  name: "waf-configure-rules",
  description: "A WebACL has one default action and rules; each rule has a name and a priority of its own, and one action.",
  severity: "high",
  checklist: [],
  remediationSteps: "Build the WebACL with components/lib/waf.ts.",
  page: "policies.md",
  types: ["aws:wafv2/webAcl:WebAcl"],
  mayBeAbsent: "edge.waf.enabled: false.",
  check: ({ properties }, report) => {
    const defaults = Object.keys(mapping(properties, "defaultAction"));
    if (defaults.length !== 1) report({ field: "defaultAction", found: defaults, fix: "Set allow or block." });
    const rules = list(properties, "rules").map((rule) => mapping(rule));
    if (rules.length === 0) report({ field: "rules", found: rules, fix: "Add the rate limit." });
    for (const [index, rule] of rules.entries()) {
      for (const field of ["name", "priority"] as const) {
        const found = rule[field];
        if (found === undefined || rules.findIndex((each) => each[field] === found) !== index)
          report({ field: `rules[${index}].${field}`, found, fix: "Give the rule one of its own." });
      }
      const actions = [...Object.keys(mapping(rule, "action")), ...Object.keys(mapping(rule, "overrideAction"))];
      if (actions.length !== 1)
        report({ field: `rules[${index}].action`, found: actions, fix: `Say what ${text(rule, "name") ?? "the rule"} does: one thing.` });
    }
  },
};
