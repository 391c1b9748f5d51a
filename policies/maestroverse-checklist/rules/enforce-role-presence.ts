import { at, list, text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { HANDOVER_ROLE, ROLES } from "../runbook";

const ROLE = "postgresql:index/role:Role";

/** Migrations, requests and dumps have a role each, and there is no other, but for a second login while the runtime's password changes. */
export const enforceRolePresence: StackRule = {
  name: "role-enforce-presence",
  description:
    "The database's roles are maestro_migrator, maestro_app and maestro_backup, each logs in itself and looks for tables in public alone; " +
    "maestro_app_handover, which there is while maestro_app's password changes, works as maestro_app.",
  severity: "critical",
  checklist: ["RB-2.1"],
  remediationSteps: "Leave the roles to components/database-roles.ts.",
  page: "runbook/2-database.md",
  types: [ROLE],
  checkStack: (stack, report) => {
    const roles = stack.ofType(ROLE);
    const handover = roles.find(({ properties }) => text(properties, "name") === HANDOVER_ROLE);
    for (const name of [...Object.values(ROLES), ...(handover === undefined ? [] : [HANDOVER_ROLE])]) {
      const role = roles.find(({ properties }) => text(properties, "name") === name);
      if (role === undefined) {
        report(undefined, { field: `role ${name}`, found: undefined, fix: "Create it." });
        continue;
      }
      const login = at(role.properties, "login");
      if (login !== true) report(role, { field: "login", found: login, fix: "Set it to true." });
      const searchPaths = list(role.properties, "searchPaths");
      if (searchPaths.length !== 1 || searchPaths[0] !== "public")
        report(role, { field: "searchPaths", found: searchPaths, fix: "Set it to public alone (runbook §2)." });
    }
    for (const role of roles) {
      const name = text(role.properties, "name");
      // Who changes to another role at login looks like it in every log, and is limited as itself.
      const assumed = text(role.properties, "assumeRole");
      const wanted = name === HANDOVER_ROLE ? ROLES.app : undefined;
      if (assumed !== wanted)
        report(role, { field: "assumeRole", found: assumed, fix: wanted === undefined ? "Remove it." : `Set it to ${wanted}.` });
      if (role === handover) continue;
      if (name === undefined || !Object.values<string>(ROLES).includes(name))
        report(role, { field: "name", found: name, fix: `Remove it: the roles are ${Object.values(ROLES).join(", ")}.` });
    }
  },
};
