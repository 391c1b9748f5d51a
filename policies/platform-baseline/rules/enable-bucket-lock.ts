import { BUCKET_TYPES, bucketsWith, NO_DUMPS } from "../../lib/aws";
import { at } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

/** Nobody, no attacker either, deletes a backup before its time. */
export const enableBucketLock: StackRule = {
  name: "bucket-enable-lock",
  description: "Every bucket locks new objects by default, so that nobody deletes one before its time.",
  severity: "high",
  checklist: ["RB-5.2"],
  remediationSteps:
    "Set objectLockEnabled at the bucket's creation, and add an aws.s3.BucketObjectLockConfiguration with a default retention.",
  page: "runbook/5-backups.md",
  types: BUCKET_TYPES,
  mayBeAbsent: NO_DUMPS,
  checkStack: (stack, report) => {
    for (const { bucket, name, setting } of bucketsWith(stack, "bucketObjectLockConfiguration")) {
      const enabled = at(bucket.properties, "objectLockEnabled");
      if (enabled !== true) report(bucket, { field: "objectLockEnabled", found: enabled, fix: "Set it to true." });
      const mode = at(setting?.properties, "rule", "defaultRetention", "mode");
      if (mode !== "GOVERNANCE" && mode !== "COMPLIANCE")
        report(setting ?? bucket, { field: "rule.defaultRetention.mode", found: mode, fix: `Set it to GOVERNANCE for ${name}.` });
    }
  },
};
