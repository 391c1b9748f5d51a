import { isSet } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Secrets are encrypted with a key whose policy says who may use it. */
export const enforceSecretEncryption: ResourceRule = {
  name: "secret-enforce-encryption",
  description: "Every secret in Secrets Manager is encrypted with a key of the stack's: AWS's own is open to the whole account.",
  severity: "high",
  checklist: ["RB-3.1"],
  remediationSteps: "Set kmsKeyId to the ARN of a key with a policy of its own.",
  page: "runbook/3-secrets.md",
  types: ["aws:secretsmanager/secret:Secret"],
  check: ({ properties }, report) => {
    if (!isSet(properties, "kmsKeyId")) report({ field: "kmsKeyId", found: undefined, fix: "Set it to the ARN of the stack's key." });
  },
};
