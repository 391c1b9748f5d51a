import { NO_DUMPS } from "../../lib/aws";
import { at, isSet, list } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

const KEY = "destination.encryptionConfiguration.replicaKmsKeyId";

/** A copy of a bucket is encrypted with a key of its own region, and no deletion is copied. */
export const enforceReplicationEncryption: ResourceRule = {
  name: "replication-enforce-encryption",
  description: "What S3 copies is encrypted with a key of the copy's region; objects under KMS are copied, deletions are not.",
  severity: "high",
  checklist: [],
  remediationSteps: "Build the rule with components/lib/s3-rules.ts.",
  page: "policies.md",
  types: ["aws:s3/bucketReplicationConfig:BucketReplicationConfig"],
  mayBeAbsent: NO_DUMPS,
  check: ({ properties }, report) => {
    for (const [index, rule] of list(properties, "rules").entries()) {
      if (!isSet(rule, ...KEY.split("."))) report({ field: `rules[${index}].${KEY}`, found: undefined, fix: "Name the key of the copy." });
      const expect = (path: string, wanted: string) => {
        const found = at(rule, ...path.split("."));
        if (found !== wanted) report({ field: `rules[${index}].${path}`, found, fix: `Set it to ${wanted}.` });
      };
      expect("sourceSelectionCriteria.sseKmsEncryptedObjects.status", "Enabled");
      expect("deleteMarkerReplication.status", "Disabled");
    }
  },
};
