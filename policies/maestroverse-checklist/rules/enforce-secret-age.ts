import type { ResourceRule } from "../../lib/rule";
import { agesOf } from "../ages";
import { SECRET } from "../runbook";

/** Every credential of the pods was rotated in the last 90 days. */
export const enforceSecretAge: ResourceRule = {
  name: "secret-enforce-age",
  description: "Every Secret says since when its generations are current, and that is 90 days ago at most.",
  severity: "high",
  checklist: ["RB-3.1"],
  remediationSteps: "Rotate it: npm run ops -- rotate --stack <stack> --secret <name> (docs/runbook/3-secrets.md).",
  page: "runbook/3-secrets.md",
  types: [SECRET],
  limits: { days: { description: "Longest life of a generation", unit: "days", default: 90, minimum: 1, maximum: 90 } },
  check: (resource, report, { limits: { days: maximum = 90 }, now }) => {
    const ages = agesOf(resource, now);
    if (ages.length === 0)
      report({
        field: 'metadata.annotations["maestroverse.edu/rotated-on"]',
        found: undefined,
        fix: "Say since when its value is current.",
      });
    for (const { field, rotatedOn, days, remedy } of ages)
      if (!(days >= 0 && days <= maximum))
        report({
          field,
          found: `${rotatedOn}, ${days} days ago`,
          fix:
            days > maximum
              ? `Rotate it, ${maximum} days is the longest: ${remedy}.`
              : "Give the day on which it became current: a date, not after today.",
        });
  },
};
