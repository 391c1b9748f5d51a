import { text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";
import { DEFAULT_PRIVILEGES, ROLES } from "../runbook";

/** Default privileges bind to the role that creates: of another owner they would not reach the next migration's tables. */
export const enforceOwnerMigrator: ResourceRule = {
  name: "owner-enforce-migrator",
  description: "The schema belongs to maestro_migrator, and default privileges are for what maestro_migrator creates.",
  severity: "critical",
  checklist: ["RB-2.1"],
  remediationSteps: "Set owner to maestro_migrator.",
  page: "runbook/2-database.md",
  types: ["postgresql:index/schema:Schema", DEFAULT_PRIVILEGES],
  check: ({ properties }, report) => {
    const found = text(properties, "owner");
    if (found !== ROLES.migrator) report({ field: "owner", found, fix: `Set it to ${ROLES.migrator}.` });
  },
};
