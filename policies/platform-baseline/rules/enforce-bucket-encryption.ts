import { BUCKET_TYPES, bucketsWith, NO_DUMPS } from "../../lib/aws";
import { at, isSet, list } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

const FIELD = "applyServerSideEncryptionByDefault";

/** What lies in a bucket is encrypted with a key that the account can take away. */
export const enforceBucketEncryption: StackRule = {
  name: "bucket-enforce-encryption",
  description: "Every bucket encrypts with a KMS key that is named: AWS's own can be taken away from nobody.",
  severity: "high",
  checklist: [],
  remediationSteps: "Add an aws.s3.BucketServerSideEncryptionConfiguration with aws:kms and the key's ARN.",
  page: "policies.md",
  types: BUCKET_TYPES,
  mayBeAbsent: NO_DUMPS,
  checkStack: (stack, report) => {
    for (const { bucket, name, setting } of bucketsWith(stack, "bucketServerSideEncryptionConfiguration")) {
      const rules = list(setting?.properties, "rules");
      if (rules.length === 0)
        report(setting ?? bucket, { field: `rules[0].${FIELD}`, found: undefined, fix: `Encrypt ${name} with a KMS key.` });
      for (const [index, rule] of rules.entries()) {
        const found = at(rule, FIELD, "sseAlgorithm");
        if (found !== "aws:kms" && found !== "aws:kms:dsse")
          report(setting, { field: `rules[${index}].${FIELD}.sseAlgorithm`, found, fix: "Set it to aws:kms." });
        if (!isSet(rule, FIELD, "kmsMasterKeyId"))
          report(setting, { field: `rules[${index}].${FIELD}.kmsMasterKeyId`, found: undefined, fix: "Name the key." });
      }
    }
  },
};
