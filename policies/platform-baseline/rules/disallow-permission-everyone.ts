import { allows, principals, RESOURCE_POLICY_TYPES, resourcePolicyPath, resourceStatements } from "../../lib/aws";
import { isSet } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** No key, bucket, secret or role is open to everyone; a condition that narrows it can be forgotten or be met. */
export const disallowPermissionEveryone: ResourceRule = {
  name: "permission-disallow-everyone",
  description: "No key, bucket, secret or role is open to everyone: each has a policy, and none allows Principal * or all but some.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Name the accounts, roles or services that need it.",
  page: "policies.md",
  types: RESOURCE_POLICY_TYPES,
  check: (resource, report) => {
    const field = resourcePolicyPath(resource) ?? "policy";
    if (!isSet(resource.properties, field))
      report({ field, found: undefined, fix: "Write the policy down: who may use it is no default." });
    for (const each of resourceStatements(resource).filter(allows)) {
      if (each.statement["NotPrincipal"] !== undefined)
        report({ field: `${each.path}.NotPrincipal`, found: each.statement["NotPrincipal"], fix: "Name who is allowed, not who is not." });
      for (const found of principals(each).filter((principal) => principal.includes("*")))
        report({ field: `${each.path}.Principal`, found, fix: "Name accounts, roles or services." });
    }
  },
};
