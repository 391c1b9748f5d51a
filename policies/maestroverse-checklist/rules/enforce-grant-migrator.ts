import type { StackRule } from "../../lib/rule";
import { type Entitlement, excessOf, lackOf, PRIVILEGE_TYPES } from "../privileges";
import { GRANT, ROLES } from "../runbook";

/** Owning the schema is enough for what it works on; beside that it has to get in. */
const ENTITLEMENTS: readonly Entitlement[] = [{ type: GRANT, objectType: "database", privileges: ["CONNECT"] }];

/** The migrator owns the schema, and may do nothing outside of it. */
export const enforceGrantMigrator: StackRule = {
  name: "grant-enforce-migrator",
  description: "The role maestro_migrator may connect; everything else it has as the owner of the schema.",
  severity: "high",
  checklist: ["RB-2.1"],
  remediationSteps: "Leave its privileges as components/lib/privileges.ts has them.",
  page: "runbook/2-database.md",
  types: PRIVILEGE_TYPES,
  checkStack: (stack, report) => {
    for (const { resource, problem } of [...excessOf(stack, ROLES.migrator, ENTITLEMENTS), ...lackOf(stack, ROLES.migrator, ENTITLEMENTS)])
      report(resource, problem);
  },
};
