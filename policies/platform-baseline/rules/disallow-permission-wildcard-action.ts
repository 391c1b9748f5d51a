import {
  allows,
  IDENTITY_POLICY_TYPES,
  identityStatements,
  NO_DUMPS,
  principals,
  RESOURCE_POLICY_TYPES,
  resourceStatements,
  type Statement,
  texts,
} from "../../lib/aws";
import type { ResourceRule } from "../../lib/rule";

/** Whether a statement lets the account itself administer its key: without it a key can be locked away from everybody. */
const isAccount = (each: Statement) => principals(each).every((principal) => /^arn:aws:iam::\d{12}:root$/.test(principal));

/** No policy allows actions by a wildcard. */
export const disallowPermissionWildcardAction: ResourceRule = {
  name: "permission-disallow-wildcard-action",
  description: "No policy allows actions by a wildcard, or all but some; what the account itself may do with its keys aside.",
  severity: "critical",
  checklist: [],
  remediationSteps: "List the actions that are needed.",
  page: "policies.md",
  types: [...new Set([...IDENTITY_POLICY_TYPES, ...RESOURCE_POLICY_TYPES])],
  mayBeAbsent: NO_DUMPS,
  check: (resource, report) => {
    const own = resourceStatements(resource).filter((each) => !(resource.type.startsWith("aws:kms/") && isAccount(each)));
    for (const { path, statement } of [...identityStatements(resource), ...own].filter(allows)) {
      if (statement["NotAction"] !== undefined)
        report({ field: `${path}.NotAction`, found: statement["NotAction"], fix: "List what is allowed, not what is not." });
      for (const found of texts(statement["Action"]).filter((action) => action.includes("*")))
        report({ field: `${path}.Action`, found, fix: "List the actions that are needed." });
    }
  },
};
