import { CLUSTER_INSTANCE, INSTANCE, NO_RDS } from "../../lib/database";
import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** A database server gets its security fixes by itself, and never another major version. */
export const configureDatabaseUpgrades: ResourceRule = {
  name: "database-configure-upgrades",
  description: "Every database server of AWS takes minor versions by itself, and major ones only when somebody decides so.",
  severity: "high",
  checklist: [],
  remediationSteps: "Set autoMinorVersionUpgrade: true and allowMajorVersionUpgrade: false.",
  page: "policies.md",
  types: [INSTANCE, CLUSTER_INSTANCE],
  mayBeAbsent: NO_RDS,
  check: ({ type, properties }, report) => {
    const minor = at(properties, "autoMinorVersionUpgrade");
    if (minor !== true) report({ field: "autoMinorVersionUpgrade", found: minor, fix: "Set it to true." });
    const major = at(properties, "allowMajorVersionUpgrade");
    if (type === INSTANCE && major !== false) report({ field: "allowMajorVersionUpgrade", found: major, fix: "Set it to false." });
  },
};
