import { allows, NO_DUMPS, resourceStatements, texts, tokenClaims } from "../../lib/aws";
import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** One ServiceAccount of one namespace. */
const SUBJECT = /^system:serviceaccount:[a-z0-9-]+:[a-z0-9.-]+$/;
const AUDIENCE = "sts.amazonaws.com";

/** A role that a cluster may assume is bound to one ServiceAccount. */
export const enforceTrustSubject: ResourceRule = {
  name: "trust-enforce-subject",
  description:
    "A role that a cluster's tokens may assume is bound to one ServiceAccount (sub) and to AWS (aud); no role trusts a whole account.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Build the trust as components/lib/iam-backup.ts does: StringEquals on the provider's sub and aud.",
  page: "policies.md",
  types: ["aws:iam/role:Role"],
  mayBeAbsent: NO_DUMPS,
  check: (resource, report) => {
    for (const each of resourceStatements(resource).filter(allows)) {
      const field = `${each.path}.Condition.StringEquals`;
      for (const { key, values } of tokenClaims(each, "sub"))
        if (values.length !== 1 || !values.every((subject) => SUBJECT.test(subject)))
          report({ field: `${field}["${key}"]`, found: values, fix: "Set it to one system:serviceaccount:<namespace>:<name>." });
      for (const { key, values } of tokenClaims(each, "aud"))
        if (values.length !== 1 || values[0] !== AUDIENCE)
          report({ field: `${field}["${key}"]`, found: values, fix: `Set it to ${AUDIENCE}.` });
      for (const found of texts(at(each.statement, "Principal", "AWS")).filter((arn) => /^(\d{12}|arn:[^*]*:root)$/.test(arn)))
        report({ field: `${each.path}.Principal.AWS`, found, fix: "Name the role that may assume it: an account is everybody in it." });
    }
  },
};
