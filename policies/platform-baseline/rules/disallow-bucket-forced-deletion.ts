import { BUCKET_TYPES, NO_DUMPS } from "../../lib/aws";
import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** A bucket with something in it refuses to be deleted. */
export const disallowBucketForcedDeletion: ResourceRule = {
  name: "bucket-disallow-forced-deletion",
  description: "A bucket with something in it refuses to be deleted, also by this program.",
  severity: "high",
  checklist: [],
  remediationSteps: "Set forceDestroy: false.",
  page: "policies.md",
  types: BUCKET_TYPES,
  mayBeAbsent: NO_DUMPS,
  check: ({ properties }, report) => {
    const found = at(properties, "forceDestroy");
    if (found !== false) report({ field: "forceDestroy", found, fix: "Set it to false." });
  },
};
