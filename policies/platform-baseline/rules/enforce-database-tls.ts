import { CLUSTER, INSTANCE, NO_RDS } from "../../lib/database";
import { at, list, text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

const PARAMETERS = "aws:rds/parameterGroup:ParameterGroup";
/** PostgreSQL's first version whose own parameter group of AWS forces TLS. */
const FORCED_SINCE = 15;
/** Authorities whose certificates live until 2061 and longer. */
const AUTHORITY = /^rds-ca-(rsa2048|rsa4096|ecc384)-g1$/;

/** A database server refuses connections without TLS, and its certificate is no old one. */
export const enforceDatabaseTls: StackRule = {
  name: "database-enforce-tls",
  description:
    "Every PostgreSQL of AWS refuses connections without TLS (rds.force_ssl), under a certificate of an authority that is named.",
  severity: "high",
  checklist: [],
  remediationSteps:
    "Use PostgreSQL 15 or later with AWS's own parameters, or a parameter group with rds.force_ssl = 1; set caCertIdentifier.",
  page: "policies.md",
  types: [INSTANCE, CLUSTER, PARAMETERS],
  mayBeAbsent: NO_RDS,
  checkStack: (stack, report) => {
    for (const database of stack.ofType(INSTANCE, CLUSTER)) {
      const { properties } = database;
      const group = text(properties, "parameterGroupName");
      const parameters = stack.ofType(PARAMETERS).filter((each) => text(each.properties, "name") === group);
      const forced = parameters
        .flatMap((each) => list(each.properties, "parameters"))
        .some((each) => at(each, "name") === "rds.force_ssl" && String(at(each, "value")) === "1");
      const version = text(properties, "engineVersion");
      if (group === undefined && !(parseInt(version ?? "", 10) >= FORCED_SINCE))
        report(database, {
          field: "engineVersion",
          found: version,
          fix: `Use ${FORCED_SINCE} or later, or a group with rds.force_ssl = 1.`,
        });
      if (group !== undefined && !forced)
        report(database, { field: "parameterGroupName", found: group, fix: "Name a group of this stack with rds.force_ssl = 1." });
      const authority = text(properties, database.type === CLUSTER ? "caCertificateIdentifier" : "caCertIdentifier");
      if (authority === undefined || !AUTHORITY.test(authority))
        report(database, {
          field: "caCertIdentifier",
          found: authority,
          fix: "Set it to rds-ca-rsa2048-g1, rds-ca-rsa4096-g1 or rds-ca-ecc384-g1.",
        });
    }
  },
};
