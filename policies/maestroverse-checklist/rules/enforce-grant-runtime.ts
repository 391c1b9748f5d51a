import type { StackRule } from "../../lib/rule";
import { type Entitlement, excessOf, lackOf, PRIVILEGE_TYPES } from "../privileges";
import { DEFAULT_PRIVILEGES, GRANT, ROLES } from "../runbook";

const ROWS = ["SELECT", "INSERT", "UPDATE", "DELETE"];
const SEQUENCES = ["USAGE", "SELECT"];

/** All that it may do, and has to be able to do. */
const ENTITLEMENTS: readonly Entitlement[] = [
  { type: GRANT, objectType: "database", privileges: ["CONNECT"] },
  { type: GRANT, objectType: "schema", privileges: ["USAGE"] },
  { type: DEFAULT_PRIVILEGES, objectType: "table", privileges: ROWS },
  { type: GRANT, objectType: "sequence", privileges: SEQUENCES },
  { type: DEFAULT_PRIVILEGES, objectType: "sequence", privileges: SEQUENCES },
];

/** The server reads and writes rows, and changes nothing else. */
export const enforceGrantRuntime: StackRule = {
  name: "grant-enforce-runtime",
  description:
    "The role maestro_app may connect, use the schema, read and write rows and use sequences, also those of later migrations: no less, no more.",
  severity: "critical",
  checklist: ["RB-2.1"],
  remediationSteps: "Leave its privileges as components/lib/privileges.ts has them (runbook §2).",
  page: "runbook/2-database.md",
  types: PRIVILEGE_TYPES,
  checkStack: (stack, report) => {
    for (const { resource, problem } of [...excessOf(stack, ROLES.app, ENTITLEMENTS), ...lackOf(stack, ROLES.app, ENTITLEMENTS)])
      report(resource, problem);
  },
};
