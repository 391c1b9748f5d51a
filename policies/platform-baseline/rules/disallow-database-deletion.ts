import { CLUSTER, INSTANCE, NO_RDS } from "../../lib/database";
import { at, isSet } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** A database is not deleted by mistake, and not without a last snapshot. */
export const disallowDatabaseDeletion: ResourceRule = {
  name: "database-disallow-deletion",
  description: "Every database of AWS refuses to be deleted; when it is, a last snapshot and its automated backups stay.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Set deletionProtection, skipFinalSnapshot: false with a name, and deleteAutomatedBackups: false.",
  page: "policies.md",
  types: [INSTANCE, CLUSTER],
  mayBeAbsent: NO_RDS,
  check: ({ properties }, report) => {
    for (const [field, wanted] of Object.entries({ deletionProtection: true, skipFinalSnapshot: false, deleteAutomatedBackups: false })) {
      const found = at(properties, field);
      if (found !== wanted) report({ field, found, fix: `Set it to ${wanted}.` });
    }
    if (!isSet(properties, "finalSnapshotIdentifier"))
      report({ field: "finalSnapshotIdentifier", found: undefined, fix: "Name the last snapshot." });
  },
};
