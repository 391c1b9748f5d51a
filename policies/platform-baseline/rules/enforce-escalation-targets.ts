import { at, isSet, list } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Who can be paged. */
const TARGETS = ["schedule", "user", "team"];

/** A page that nobody takes goes on to somebody else. */
export const enforceEscalationTargets: ResourceRule = {
  name: "escalation-enforce-targets",
  description: "An escalation policy has two steps at least; each pages somebody, and goes on to the next after a minute to ten hours.",
  severity: "critical",
  checklist: ["RB-6.4"],
  remediationSteps: "Build the steps with components/lib/on-call.ts.",
  page: "on-call.md",
  types: ["datadog:index/onCallEscalationPolicy:OnCallEscalationPolicy"],
  check: ({ properties }, report) => {
    const steps = list(properties, "steps");
    if (steps.length < 2) report({ field: "steps", found: steps.length, fix: "Add a step: the first person may be asleep." });
    for (const [index, step] of steps.entries()) {
      const targets = list(step, "targets");
      if (targets.length === 0 || !targets.every((target) => TARGETS.some((kind) => isSet(target, kind))))
        report({ field: `steps[${index}].targets`, found: targets.length, fix: "Name a schedule, a user or a team." });
      const found = at(step, "escalateAfterSeconds");
      if (!(typeof found === "number" && found >= 60 && found <= 36_000))
        report({ field: `steps[${index}].escalateAfterSeconds`, found, fix: "Set it to 60 to 36000." });
    }
  },
};
