import { BUCKET_TYPES, bucketsWith, NO_DUMPS } from "../../lib/aws";
import { at, list } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

/** Dumps stay in both regions for 30 days, and then go. */
export const enforceBucketRetention: StackRule = {
  name: "bucket-enforce-retention",
  description: "Every bucket expires its dumps, after 30 days or more.",
  severity: "high",
  checklist: ["RB-5.2"],
  remediationSteps: "Set `backups.retentionDays` in the stack's settings: the lifecycle is made from it.",
  page: "runbook/5-backups.md",
  types: BUCKET_TYPES,
  mayBeAbsent: NO_DUMPS,
  limits: { days: { description: "Least days that a dump stays", unit: "days", default: 30, minimum: 30, maximum: 3650 } },
  checkStack: (stack, report, { limits: { days = 30 } }) => {
    for (const { bucket, setting } of bucketsWith(stack, "bucketLifecycleConfiguration")) {
      const expirations = list(setting?.properties, "rules")
        .filter((rule) => at(rule, "status") === "Enabled")
        .flatMap((rule) => at(rule, "expiration", "days") ?? []);
      if (expirations.length === 0)
        report(setting ?? bucket, { field: "rules[].expiration.days", found: undefined, fix: `Expire dumps after ${days} days or more.` });
      for (const found of expirations)
        if (!(Number(found) >= days)) report(setting, { field: "rules[].expiration.days", found, fix: `Set it to ${days} or more.` });
    }
  },
};
