import { NO_DUMPS, texts } from "../../lib/aws";
import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** AWS's own policies that give everything, of the account or of a service. */
const ADMIN = /:policy\/(.*\/)?(AdministratorAccess.*|PowerUserAccess|.*FullAccess)$/;
/** Where a policy is attached by its ARN. */
const ATTACHMENTS = ["managedPolicyArns", "policyArns", "policyArn"];

/** Nothing runs with a policy of AWS's that gives everything. */
export const disallowPermissionManagedAdmin: ResourceRule = {
  name: "permission-disallow-managed-admin",
  description: "No role, user or group has a policy of AWS's that gives everything, of the account or of a service.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Write a policy of what is needed.",
  page: "policies.md",
  types: [
    "aws:iam/role:Role",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
  ],
  mayBeAbsent: NO_DUMPS,
  check: ({ properties }, report) => {
    for (const field of ATTACHMENTS)
      for (const found of texts(at(properties, field)).filter((arn) => ADMIN.test(arn)))
        report({ field, found, fix: "Take it off, and allow what is needed." });
  },
};
