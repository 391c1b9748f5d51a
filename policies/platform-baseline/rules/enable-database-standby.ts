import { INSTANCE, NO_RDS } from "../../lib/database";
import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** A lost zone does not take the database with it. */
export const enableDatabaseStandby: ResourceRule = {
  name: "database-enable-standby",
  description: "Every database server of AWS that is alone has a standby in another zone.",
  severity: "high",
  checklist: [],
  remediationSteps: "Set multiAz: true.",
  page: "policies.md",
  types: [INSTANCE],
  mayBeAbsent: NO_RDS,
  check: ({ properties }, report) => {
    const found = at(properties, "multiAz");
    if (found !== true) report({ field: "multiAz", found, fix: "Set it to true." });
  },
};
