import { at, list, text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

const ACL = "aws:wafv2/webAcl:WebAcl";
const LOGGING = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration";
/** Headers that carry credentials. */
const SECRET_HEADERS = ["authorization", "cookie"];

/** Whatever a WebACL blocks leaves a trace, and no credential in it. */
export const enforceWafLogging: StackRule = {
  name: "waf-enforce-logging",
  description: "Every WebACL writes a log, without the headers and query strings that carry credentials.",
  severity: "high",
  checklist: [],
  remediationSteps: "Add an aws.wafv2.WebAclLoggingConfiguration with the redacted fields of components/lib/waf.ts.",
  page: "policies.md",
  types: [ACL],
  mayBeAbsent: "edge.waf.enabled: false.",
  checkStack: (stack, report) => {
    const configurations = stack.ofType(LOGGING);
    const acls = stack.ofType(ACL);
    // Before the WebACLs exist their ARNs are unknown: they are counted, not matched.
    if (configurations.length < acls.length)
      report(acls[0], { field: LOGGING, found: configurations.length, fix: `Add one for each of the ${acls.length} WebACLs.` });
    for (const configuration of configurations) {
      const fields = list(configuration.properties, "redactedFields");
      if (list(configuration.properties, "logDestinationConfigs").length === 0)
        report(configuration, { field: "logDestinationConfigs", found: [], fix: "Name the log group." });
      const headers = fields.flatMap((field) => text(field, "singleHeader", "name")?.toLowerCase() ?? []);
      for (const header of SECRET_HEADERS.filter((each) => !headers.includes(each)))
        report(configuration, { field: "redactedFields[].singleHeader.name", found: headers, fix: `Add ${header}.` });
      if (!fields.some((field) => at(field, "queryString") !== undefined))
        report(configuration, { field: "redactedFields[].queryString", found: undefined, fix: "Add it: query strings may hold tokens." });
    }
  },
};
