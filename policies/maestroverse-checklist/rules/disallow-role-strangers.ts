import { list, text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { PRIVILEGE_TYPES } from "../privileges";
import { HANDOVER_ROLE, ROLES } from "../runbook";

const ROLE = "postgresql:index/role:Role";
const MEMBERSHIP = "postgresql:index/grantRole:GrantRole";
/** Who may be given something, or have it taken. */
const GRANTEES: readonly string[] = [...Object.values(ROLES), "public"];

/** What a role may do stands in its own grants: nobody else gets any, and nobody has another's. */
export const disallowRoleStrangers: StackRule = {
  name: "role-disallow-strangers",
  description:
    "Privileges go to the three roles only, and no role is a member of another, PostgreSQL's own and AWS's included; but maestro_app_handover " +
    "is one of maestro_app.",
  severity: "critical",
  checklist: ["RB-2.1"],
  remediationSteps: "Remove it; what people need they get as themselves, for as long as they need it.",
  page: "runbook/2-database.md",
  types: [...PRIVILEGE_TYPES, ROLE, MEMBERSHIP],
  checkStack: (stack, report) => {
    for (const resource of stack.ofType(...PRIVILEGE_TYPES)) {
      const found = text(resource.properties, "role");
      if (found === undefined || !GRANTEES.includes(found.toLowerCase()))
        report(resource, { field: "role", found, fix: `Remove it: privileges are for ${GRANTEES.join(", ")}.` });
    }
    for (const role of stack.ofType(ROLE)) {
      const own = text(role.properties, "name") === HANDOVER_ROLE ? [ROLES.app] : [];
      const found = list(role.properties, "roles").filter((each) => !own.some((name) => name === each));
      if (found.length > 0) report(role, { field: "roles", found, fix: "Remove them: it would have their rights too." });
    }
    for (const membership of stack.ofType(MEMBERSHIP))
      report(membership, { field: "grantRole", found: text(membership.properties, "grantRole"), fix: "Remove the membership." });
  },
};
