import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Attributes by which a role leaves the bounds of its privileges, as the provider has them. */
const POWERS = ["superuser", "createDatabase", "createRole", "replication", "bypassRowLevelSecurity"];

/** No role has more than its privileges. */
export const disallowRolePowers: ResourceRule = {
  name: "role-disallow-powers",
  description: "No PostgreSQL role is a superuser, makes databases or roles, replicates, or bypasses row-level security.",
  severity: "critical",
  checklist: ["RB-2.1"],
  remediationSteps: "Set the attribute to false.",
  page: "runbook/2-database.md",
  types: ["postgresql:index/role:Role"],
  check: ({ properties }, report) => {
    for (const field of POWERS) {
      const found = at(properties, field);
      if (found !== false) report({ field, found, fix: "Set it to false." });
    }
  },
};
