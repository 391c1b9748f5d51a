import { findObject, objectNamespace, POD_TYPES, podReferences } from "../../lib/kubernetes";
import { text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { roleNamed, roleOf } from "../database-secrets";
import { HANDOVER_ROLE, ROLES, SECRET } from "../runbook";
import { servingContainers } from "../server";

const ROLE = "postgresql:index/role:Role";

/** The server logs in as maestro_app, or for it while there is such a login. */
export const enforcePodRole: StackRule = {
  name: "pod-enforce-role",
  description: "The server's pods have one database credential: maestro_app's, or maestro_app_handover's where that role is in the stack.",
  severity: "critical",
  checklist: ["RB-2.1"],
  remediationSteps: "Give WebService the appSecret of DatabaseRoles.",
  page: "runbook/2-database.md",
  types: POD_TYPES,
  checkStack: (stack, report) => {
    const handsOver = stack.ofType(ROLE).some(({ properties }) => text(properties, "name") === HANDOVER_ROLE);
    const isRuntime = (role: string) => role === ROLES.app || (handsOver && role === HANDOVER_ROLE);
    const workloads = new Map(servingContainers(stack).map(({ workload, template }) => [workload, template]));
    for (const [workload, template] of workloads) {
      const secrets = podReferences(template).filter(({ kind }) => kind === "Secret");
      const roles = secrets.flatMap(({ name, field }) => {
        const secret = findObject(stack.ofType(SECRET), name, objectNamespace(workload));
        const role = secret === undefined ? roleNamed(name) : roleOf(secret);
        return role === undefined ? [] : [{ role, field }];
      });
      // Another's on top is the migrator's, which a rule of its own forbids everywhere, or the dump's.
      for (const { role, field } of roles)
        if (!isRuntime(role) && role !== ROLES.migrator)
          report(workload, { field, found: `a credential of ${role}`, fix: `Name the Secret of ${ROLES.app}.` });
      if (!roles.some(({ role }) => isRuntime(role)))
        report(workload, { field: `${template.path} DATABASE_URL`, found: undefined, fix: `Take it from the Secret of ${ROLES.app}.` });
    }
  },
};
