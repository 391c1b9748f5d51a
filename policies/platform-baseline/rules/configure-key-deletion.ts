import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** The deletion of a KMS key can be taken back for a while. */
export const configureKeyDeletion: ResourceRule = {
  name: "key-configure-deletion",
  description: "The deletion of a KMS key can be taken back for two weeks at least: without the key all that it encrypted is lost.",
  severity: "high",
  checklist: [],
  remediationSteps: "Set deletionWindowInDays to 30, AWS's maximum.",
  page: "policies.md",
  types: ["aws:kms/key:Key"],
  limits: {
    minimumDays: {
      description: "Shortest window between the deletion of a key and its end",
      unit: "days",
      default: 14,
      minimum: 14,
      maximum: 30,
    },
  },
  check: ({ properties }, report, { limits }) => {
    const found = at(properties, "deletionWindowInDays");
    const minimum = limits["minimumDays"] ?? NaN;
    if (!(typeof found === "number" && found >= minimum))
      report({ field: "deletionWindowInDays", found, fix: `Set it to ${minimum} to 30 days.` });
  },
};
