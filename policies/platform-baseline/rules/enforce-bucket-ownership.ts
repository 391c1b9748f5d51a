import { BUCKET_TYPES, bucketsWith, NO_DUMPS } from "../../lib/aws";
import { at } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

/** Policies alone decide about a bucket. */
export const enforceBucketOwnership: StackRule = {
  name: "bucket-enforce-ownership",
  description: "Every bucket owns its objects, and has no access control lists: policies alone decide.",
  severity: "medium",
  checklist: [],
  remediationSteps: "Add an aws.s3.BucketOwnershipControls with BucketOwnerEnforced.",
  page: "policies.md",
  types: BUCKET_TYPES,
  mayBeAbsent: NO_DUMPS,
  checkStack: (stack, report) => {
    for (const { bucket, name, setting } of bucketsWith(stack, "bucketOwnershipControls")) {
      const found = at(setting?.properties, "rule", "objectOwnership");
      if (found !== "BucketOwnerEnforced")
        report(setting ?? bucket, { field: "rule.objectOwnership", found, fix: `Set it to BucketOwnerEnforced for ${name}.` });
    }
  },
};
