import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Every KMS key is rotated by AWS. */
export const enableKeyRotation: ResourceRule = {
  name: "key-enable-rotation",
  description: "Every KMS key is rotated by AWS.",
  severity: "high",
  checklist: [],
  remediationSteps: "Set enableKeyRotation: true; what was encrypted before stays readable.",
  page: "policies.md",
  types: ["aws:kms/key:Key"],
  check: ({ properties }, report) => {
    const found = at(properties, "enableKeyRotation");
    if (found !== true) report({ field: "enableKeyRotation", found, fix: "Set it to true." });
  },
};
