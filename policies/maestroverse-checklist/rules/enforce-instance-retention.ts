import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** RDS keeps 30 days of snapshots and of its log, from which any second of them can be restored. */
export const enforceInstanceRetention: ResourceRule = {
  name: "instance-enforce-retention",
  description: "RDS keeps automated backups for 30 days or more and takes them at 02:00.",
  severity: "critical",
  checklist: ["RB-5.1", "RB-5.2"],
  remediationSteps: "Set `backups.rds.retentionDays` in the stack's settings.",
  page: "runbook/5-backups.md",
  types: ["aws:rds/instance:Instance"],
  mayBeAbsent: "backups.method pg_dump has no instance of RDS.",
  limits: { days: { description: "Least days of backups", unit: "days", default: 30, minimum: 30, maximum: 35 } },
  check: ({ properties }, report, { limits: { days = 30 } }) => {
    const retention = at(properties, "backupRetentionPeriod");
    if (!(Number(retention) >= days)) report({ field: "backupRetentionPeriod", found: retention, fix: `Set it to ${days} or more.` });
    const window = at(properties, "backupWindow");
    if (!String(window).startsWith("02:00-")) report({ field: "backupWindow", found: window, fix: "Set it to 02:00-03:00 (UTC)." });
  },
};
