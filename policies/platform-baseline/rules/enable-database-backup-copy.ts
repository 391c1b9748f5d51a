import { INSTANCE, NO_RDS } from "../../lib/database";
import { at, isSet } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

const COPY = "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication";

/** A lost region does not take the database's backups with it. */
export const enableDatabaseBackupCopy: StackRule = {
  name: "database-enable-backup-copy",
  description: "The automated backups of every database server of AWS are copied, for as long, encrypted with a key of the other region.",
  severity: "high",
  checklist: ["RB-5.2"],
  remediationSteps: "Add an aws.rds.InstanceAutomatedBackupsReplication with the second region's provider and key.",
  page: "runbook/5-backups.md",
  types: [INSTANCE],
  mayBeAbsent: NO_RDS,
  checkStack: (stack, report) => {
    const instances = stack.ofType(INSTANCE);
    const copies = stack.ofType(COPY);
    // Before the instances exist their ARNs are unknown: they are counted, not matched.
    if (copies.length < instances.length)
      report(instances[0], { field: COPY, found: copies.length, fix: `Add one for each of the ${instances.length} instances.` });
    const longest = Math.max(0, ...instances.map(({ properties }) => Number(at(properties, "backupRetentionPeriod"))));
    for (const copy of copies) {
      const found = at(copy.properties, "retentionPeriod");
      if (!(Number(found) >= longest))
        report(copy, { field: "retentionPeriod", found, fix: `Set it to ${longest} days, as the instance's.` });
      if (!isSet(copy.properties, "kmsKeyId")) report(copy, { field: "kmsKeyId", found: undefined, fix: "Name the second region's key." });
    }
  },
};
