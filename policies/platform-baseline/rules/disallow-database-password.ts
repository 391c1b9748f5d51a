import { CLUSTER, INSTANCE, NO_RDS } from "../../lib/database";
import { at, isSet } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** The administrator's password is made and rotated by RDS, and nobody else ever has it. */
export const disallowDatabasePassword: ResourceRule = {
  name: "database-disallow-password",
  description: "The administrator's password of a database of AWS is made, kept and rotated by RDS, under a key that is named.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Set manageMasterUserPassword: true and masterUserSecretKmsKeyId, and no password.",
  page: "policies.md",
  types: [INSTANCE, CLUSTER],
  mayBeAbsent: NO_RDS,
  check: ({ properties }, report) => {
    for (const field of ["password", "masterPassword"].filter((each) => isSet(properties, each)))
      report({ field, found: "set", fix: "Remove it: the state would hold it." });
    const managed = at(properties, "manageMasterUserPassword");
    if (managed !== true) report({ field: "manageMasterUserPassword", found: managed, fix: "Set it to true." });
    if (!isSet(properties, "masterUserSecretKmsKeyId"))
      report({ field: "masterUserSecretKmsKeyId", found: undefined, fix: "Set it to the ARN of the stack's key." });
  },
};
