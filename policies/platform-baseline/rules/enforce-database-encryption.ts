import { CLUSTER, INSTANCE, NO_RDS } from "../../lib/database";
import { at, isSet } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** A database's disks, snapshots and insights are encrypted with a key of the stack's. */
export const enforceDatabaseEncryption: ResourceRule = {
  name: "database-enforce-encryption",
  description: "Every database of AWS is encrypted with a KMS key that is named, and so is what Performance Insights keeps of its queries.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Set storageEncrypted and the keys at creation: neither can be changed later.",
  page: "policies.md",
  types: [INSTANCE, CLUSTER],
  mayBeAbsent: NO_RDS,
  check: ({ properties }, report) => {
    const encrypted = at(properties, "storageEncrypted");
    if (encrypted !== true) report({ field: "storageEncrypted", found: encrypted, fix: "Set it to true." });
    const keys = ["kmsKeyId", ...(at(properties, "performanceInsightsEnabled") === true ? ["performanceInsightsKmsKeyId"] : [])];
    for (const field of keys.filter((key) => !isSet(properties, key)))
      report({ field, found: undefined, fix: "Set it to the ARN of the stack's key." });
  },
};
