import type { ResourceRule } from "../../lib/rule";
import { agesOf } from "../ages";
import { SECRET } from "../runbook";

/** Age from which on the other rule refuses, in days. */
const OVERDUE_DAYS = 90;

/** A rotation is prepared before it is overdue. */
export const configureSecretRotation: ResourceRule = {
  name: "secret-configure-rotation",
  description: "No generation of a credential is so old that it is overdue within ten days.",
  severity: "low",
  advisoryBecause: "It warns of what secret-enforce-age will refuse: until then nothing is wrong.",
  checklist: ["RB-3.1"],
  remediationSteps: "Plan the rotation (docs/runbook/3-secrets.md) for the days that are left.",
  page: "runbook/3-secrets.md",
  types: [SECRET],
  limits: { days: { description: "Age that warns", unit: "days", default: 80, minimum: 1, maximum: 80 } },
  check: (resource, report, { limits: { days: warning = 80 }, now }) => {
    for (const { field, rotatedOn, days, remedy } of agesOf(resource, now))
      if (days >= warning && days <= OVERDUE_DAYS)
        report({ field, found: `${rotatedOn}, ${days} days ago`, fix: `Rotate it within ${OVERDUE_DAYS - days} days: ${remedy}.` });
  },
};
