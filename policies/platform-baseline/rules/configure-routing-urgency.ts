import { PAGING_STACK } from "../../lib/datadog";
import { list, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";
import { stackOf } from "../../lib/waivers";

/** Only production wakes people. */
export const configureRoutingUrgency: ResourceRule = {
  name: "routing-configure-urgency",
  description: "In production a page that nothing else took wakes people; elsewhere every urgency is low.",
  severity: "high",
  checklist: ["RB-6.4"],
  remediationSteps: "Build the rules with components/lib/on-call.ts.",
  page: "on-call.md",
  types: ["datadog:index/onCallTeamRoutingRules:OnCallTeamRoutingRules"],
  check: ({ urn, properties }, report) => {
    const isPaging = stackOf(urn) === PAGING_STACK;
    const rules = list(properties, "rules");
    for (const [index, rule] of rules.entries()) {
      const found = text(rule, "urgency");
      const field = `rules[${index}].urgency`;
      if (isPaging && index === rules.length - 1 && !["dynamic", "high"].includes(found ?? ""))
        report({ field, found, fix: "Set it to dynamic: an alert wakes people, a warning does not." });
      if (!isPaging && found !== "low") report({ field, found, fix: "Set it to low: only production wakes people." });
    }
  },
};
