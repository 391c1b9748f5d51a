import { CLUSTER_INSTANCE, INSTANCE, NO_RDS } from "../../lib/database";
import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** A database server is reached from inside only. */
export const disallowDatabasePublic: ResourceRule = {
  name: "database-disallow-public",
  description: "No database server of AWS has an address on the internet.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Set publiclyAccessible: false.",
  page: "policies.md",
  types: [INSTANCE, CLUSTER_INSTANCE],
  mayBeAbsent: NO_RDS,
  check: ({ properties }, report) => {
    const found = at(properties, "publiclyAccessible");
    if (found !== false) report({ field: "publiclyAccessible", found, fix: "Set it to false." });
  },
};
