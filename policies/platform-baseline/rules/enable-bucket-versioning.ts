import { BUCKET_TYPES, bucketsWith, NO_DUMPS } from "../../lib/aws";
import { at } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

/** What is overwritten or deleted can be had back. */
export const enableBucketVersioning: StackRule = {
  name: "bucket-enable-versioning",
  description: "Every bucket keeps versions: what is overwritten or deleted can be had back.",
  severity: "high",
  checklist: [],
  remediationSteps: "Add an aws.s3.BucketVersioning with status Enabled.",
  page: "policies.md",
  types: BUCKET_TYPES,
  mayBeAbsent: NO_DUMPS,
  checkStack: (stack, report) => {
    for (const { bucket, name, setting } of bucketsWith(stack, "bucketVersioning")) {
      const found = at(setting?.properties, "versioningConfiguration", "status");
      if (found !== "Enabled")
        report(setting ?? bucket, { field: "versioningConfiguration.status", found, fix: `Set it to Enabled for ${name}.` });
    }
  },
};
