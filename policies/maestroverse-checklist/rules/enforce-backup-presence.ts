import type { StackRule } from "../../lib/rule";
import { dumps } from "../backups";
import { CRON_JOB } from "../runbook";

const INSTANCE = "aws:rds/instance:Instance";

/** There is a backup: a nightly dump, RDS's own, or both. */
export const enforceBackupPresence: StackRule = {
  name: "backup-enforce-presence",
  description: "A CronJob dumps the database, or RDS backs it up.",
  severity: "critical",
  checklist: ["RB-5.1"],
  remediationSteps: "Set `backups.method` in the stack's settings.",
  page: "runbook/5-backups.md",
  types: [CRON_JOB, INSTANCE],
  checkStack: (stack, report) => {
    if (dumps(stack).length === 0 && stack.ofType(INSTANCE).length === 0)
      report(undefined, { field: "CronJob that dumps the database", found: undefined, fix: "Add it, or an instance of RDS." });
  },
};
