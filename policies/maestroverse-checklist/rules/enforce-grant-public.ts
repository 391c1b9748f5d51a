import type { StackRule } from "../../lib/rule";
import { type Entitlement, excessOf, lackOf, PRIVILEGE_TYPES } from "../privileges";
import { GRANT } from "../runbook";

/** Where PostgreSQL gives PUBLIC something without being told. */
const REVOKED: readonly Entitlement[] = [
  { type: GRANT, objectType: "schema", privileges: [] },
  { type: GRANT, objectType: "database", privileges: [] },
];

/** What PUBLIC holds, every role holds: revoking it from maestro_app alone, as the runbook's script does, changes nothing. */
export const enforceGrantPublic: StackRule = {
  name: "grant-enforce-public",
  description: "PUBLIC gets nothing, and grants without privileges take from it what it holds of old on the schema and the database.",
  severity: "critical",
  checklist: ["RB-2.1"],
  remediationSteps: "Leave the grants to PUBLIC, without privileges, in components/lib/privileges.ts.",
  page: "runbook/2-database.md",
  types: PRIVILEGE_TYPES,
  checkStack: (stack, report) => {
    for (const { resource, problem } of [...excessOf(stack, "public", REVOKED), ...lackOf(stack, "public", REVOKED)])
      report(resource, problem);
  },
};
