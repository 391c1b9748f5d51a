import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Logs are kept long enough to follow an attack, and not for ever. */
export const configureLogRetention: ResourceRule = {
  name: "log-configure-retention",
  description: "Every log group of CloudWatch says how long it keeps its events: long enough to follow an attack, and not for ever.",
  severity: "medium",
  checklist: [],
  remediationSteps: "Set retentionInDays.",
  page: "policies.md",
  types: ["aws:cloudwatch/logGroup:LogGroup"],
  mayBeAbsent: "edge.waf.enabled: false writes no log.",
  limits: {
    minimumDays: { description: "Shortest time that events are kept", unit: "days", default: 30, minimum: 30, maximum: 365 },
  },
  check: ({ properties }, report, { limits }) => {
    const found = at(properties, "retentionInDays");
    const minimum = limits["minimumDays"] ?? NaN;
    // 0 is AWS's word for ever.
    if (!(typeof found === "number" && found >= minimum))
      report({ field: "retentionInDays", found, fix: `Set it to ${minimum} days or more.` });
  },
};
