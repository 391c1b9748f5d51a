import type { StackRule } from "../../lib/rule";
import { type Entitlement, excessOf, lackOf, PRIVILEGE_TYPES } from "../privileges";
import { DEFAULT_PRIVILEGES, GRANT, ROLES } from "../runbook";

/** All that it may do, and has to be able to do. */
const ENTITLEMENTS: readonly Entitlement[] = [
  { type: GRANT, objectType: "database", privileges: ["CONNECT"] },
  { type: GRANT, objectType: "schema", privileges: ["USAGE"] },
  { type: GRANT, objectType: "table", privileges: ["SELECT"] },
  { type: DEFAULT_PRIVILEGES, objectType: "table", privileges: ["SELECT"] },
  { type: GRANT, objectType: "sequence", privileges: ["SELECT"] },
  { type: DEFAULT_PRIVILEGES, objectType: "sequence", privileges: ["SELECT"] },
];

/** The dump reads everything and changes nothing. */
export const enforceGrantBackup: StackRule = {
  name: "grant-enforce-backup",
  description:
    "The role maestro_backup may connect, use the schema and read tables and sequences, also those of later migrations: no less, no more.",
  severity: "critical",
  checklist: ["RB-2.1", "RB-5.1"],
  remediationSteps: "Leave its privileges as components/lib/privileges.ts has them.",
  page: "runbook/2-database.md",
  types: PRIVILEGE_TYPES,
  checkStack: (stack, report) => {
    for (const { resource, problem } of [...excessOf(stack, ROLES.backup, ENTITLEMENTS), ...lackOf(stack, ROLES.backup, ENTITLEMENTS)])
      report(resource, problem);
  },
};
