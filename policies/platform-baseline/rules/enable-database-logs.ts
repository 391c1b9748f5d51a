import { CLUSTER, INSTANCE, NO_RDS } from "../../lib/database";
import { list } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** A database's log is there when its server is not. */
export const enableDatabaseLogs: ResourceRule = {
  name: "database-enable-logs",
  description: "Every database of AWS sends PostgreSQL's log to CloudWatch.",
  severity: "medium",
  checklist: [],
  remediationSteps: "Set enabledCloudwatchLogsExports to [postgresql, upgrade].",
  page: "policies.md",
  types: [INSTANCE, CLUSTER],
  mayBeAbsent: NO_RDS,
  check: ({ properties }, report) => {
    const found = list(properties, "enabledCloudwatchLogsExports");
    if (!found.includes("postgresql")) report({ field: "enabledCloudwatchLogsExports", found, fix: "Add postgresql." });
  },
};
