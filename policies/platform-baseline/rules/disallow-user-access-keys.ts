import type { ResourceRule } from "../../lib/rule";

/** Nobody and nothing has a key to AWS that does not expire. */
export const disallowUserAccessKeys: ResourceRule = {
  name: "user-disallow-access-keys",
  description: "No IAM user, access key or console password is made: they do not expire. Pods assume roles, people sign in elsewhere.",
  severity: "high",
  checklist: [],
  remediationSteps: "Use a role: of a ServiceAccount for pods, of the identity provider for people.",
  page: "policies.md",
  types: ["aws:iam/user:User", "aws:iam/accessKey:AccessKey", "aws:iam/userLoginProfile:UserLoginProfile"],
  mayBeAbsent: "There is to be none.",
  check: ({ type }, report) => report({ field: "type", found: type.split(":").at(-1), fix: "Remove it, and use a role." }),
};
