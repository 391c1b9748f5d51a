import { allows, IDENTITY_POLICY_TYPES, identityStatements, NO_DUMPS, texts } from "../../lib/aws";
import { mapping } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** `*`, or an ARN that names a service but nothing in it: `arn:aws:s3:::*`. */
const EVERYTHING = /^(\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:\*(\/\*)?)$/;

/** No identity may do something with everything, unless a condition narrows it. */
export const disallowPermissionWildcardResource: ResourceRule = {
  name: "permission-disallow-wildcard-resource",
  description: "No identity may do something with every resource, or all but some, unless a condition narrows it.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Name the resources by their ARNs, or add a condition.",
  page: "policies.md",
  types: IDENTITY_POLICY_TYPES,
  mayBeAbsent: NO_DUMPS,
  check: (resource, report) => {
    for (const { path, statement } of identityStatements(resource).filter(allows)) {
      if (Object.keys(mapping(statement, "Condition")).length > 0) continue;
      if (statement["NotResource"] !== undefined)
        report({ field: `${path}.NotResource`, found: statement["NotResource"], fix: "Name the resources that it is about." });
      for (const found of texts(statement["Resource"]).filter((arn) => EVERYTHING.test(arn)))
        report({ field: `${path}.Resource`, found, fix: "Name the resources that it is about." });
    }
  },
};
