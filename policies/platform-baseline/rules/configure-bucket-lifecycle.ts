import { BUCKET_TYPES, bucketsWith, NO_DUMPS } from "../../lib/aws";
import { at, list } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

/** What nobody sees any more goes: old versions, and uploads that nobody completed. */
export const configureBucketLifecycle: StackRule = {
  name: "bucket-configure-lifecycle",
  description: "Every bucket removes old versions and uploads that nobody completed: nobody sees them, and they cost and leak.",
  severity: "medium",
  checklist: [],
  remediationSteps: "Build the rules with components/lib/s3-rules.ts.",
  page: "policies.md",
  types: BUCKET_TYPES,
  mayBeAbsent: NO_DUMPS,
  checkStack: (stack, report) => {
    for (const { bucket, name, setting } of bucketsWith(stack, "bucketLifecycleConfiguration")) {
      const rules = list(setting?.properties, "rules").filter((rule) => at(rule, "status") === "Enabled");
      for (const path of [
        ["noncurrentVersionExpiration", "noncurrentDays"],
        ["abortIncompleteMultipartUpload", "daysAfterInitiation"],
      ])
        if (!rules.some((rule) => (at(rule, "filter", "prefix") ?? "") === "" && Number(at(rule, ...path)) >= 1))
          report(setting ?? bucket, {
            field: `rules[].${path.join(".")}`,
            found: undefined,
            fix: `Set it in an enabled rule for all of ${name}.`,
          });
    }
  },
};
