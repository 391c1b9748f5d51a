import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** A deleted secret can be brought back for a while. */
export const enforceSecretRecovery: ResourceRule = {
  name: "secret-enforce-recovery",
  description: "A deleted secret of Secrets Manager can be brought back for two weeks at least.",
  severity: "high",
  checklist: [],
  remediationSteps: "Set recoveryWindowInDays to 30, AWS's maximum.",
  page: "policies.md",
  types: ["aws:secretsmanager/secret:Secret"],
  limits: {
    minimumDays: {
      description: "Shortest time in which a deleted secret can be brought back",
      unit: "days",
      default: 14,
      minimum: 14,
      maximum: 30,
    },
  },
  check: ({ properties }, report, { limits }) => {
    const found = at(properties, "recoveryWindowInDays");
    const minimum = limits["minimumDays"] ?? NaN;
    if (!(typeof found === "number" && found >= minimum))
      report({ field: "recoveryWindowInDays", found, fix: `Set it to ${minimum} to 30 days.` });
  },
};
