import type { StackRule } from "../../lib/rule";
import { dumps, NO_DUMP, variable } from "../backups";
import { CRON_JOB } from "../runbook";

/** Dumps stay on the volume for 30 days. */
export const enforceBackupRetention: StackRule = {
  name: "backup-enforce-retention",
  description: "The dump's program deletes no dump on its volume before 30 days.",
  severity: "high",
  checklist: ["RB-5.2"],
  remediationSteps: "Set `backups.retentionDays` in the stack's settings.",
  page: "runbook/5-backups.md",
  types: [CRON_JOB],
  mayBeAbsent: NO_DUMP,
  limits: { days: { description: "Least days that a dump stays", unit: "days", default: 30, minimum: 30, maximum: 3650 } },
  checkStack: (stack, report, { limits: { days = 30 } }) => {
    for (const { cronJob, container } of dumps(stack)) {
      const found = variable(container.container, "BACKUP_RETENTION_DAYS");
      if (!(Number(found) >= days))
        report(cronJob, { field: `${container.path}.env (BACKUP_RETENTION_DAYS)`, found, fix: `Set it to ${days} or more.` });
    }
  },
};
