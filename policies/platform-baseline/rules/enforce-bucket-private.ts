import { BUCKET_TYPES, bucketsWith, NO_DUMPS } from "../../lib/aws";
import { at } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

const SWITCHES = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"];

/** Nothing can make a bucket public. */
export const enforceBucketPrivate: StackRule = {
  name: "bucket-enforce-private",
  description: "Every bucket has a public access block with all four switches on.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Add an aws.s3.BucketPublicAccessBlock with the four switches.",
  page: "policies.md",
  types: BUCKET_TYPES,
  mayBeAbsent: NO_DUMPS,
  checkStack: (stack, report) => {
    for (const { bucket, name, setting } of bucketsWith(stack, "bucketPublicAccessBlock"))
      for (const field of SWITCHES) {
        const found = at(setting?.properties, field);
        if (found !== true) report(setting ?? bucket, { field, found, fix: `Set it to true in the public access block of ${name}.` });
      }
  },
};
