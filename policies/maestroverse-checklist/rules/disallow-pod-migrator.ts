import { findObject, objectNamespace, POD_TYPES, podReferences, podTemplate } from "../../lib/kubernetes";
import type { StackRule } from "../../lib/rule";
import { roleNamed, roleOf } from "../database-secrets";
import { JOB, ROLES, SECRET } from "../runbook";
import { serverContainers } from "../server";

/** The credential that can change the schema is the migration Job's alone. */
export const disallowPodMigrator: StackRule = {
  name: "pod-disallow-migrator",
  description: "No workload but the migration Job, a Job of the server's image, has the migrator's credential.",
  severity: "critical",
  checklist: ["RB-2.1"],
  remediationSteps: "Name the Secret of maestro_app, or run it as a migration.",
  page: "runbook/2-database.md",
  types: POD_TYPES,
  checkStack: (stack, report) => {
    const migrations = new Set(serverContainers(stack).flatMap(({ workload }) => (workload.type === JOB ? [workload] : [])));
    for (const workload of stack.ofType(...POD_TYPES)) {
      if (migrations.has(workload)) continue;
      for (const { kind, name, field } of podReferences(podTemplate(workload))) {
        if (kind !== "Secret") continue;
        const secret = findObject(stack.ofType(SECRET), name, objectNamespace(workload));
        if (roleNamed(name) === ROLES.migrator || (secret !== undefined && roleOf(secret) === ROLES.migrator))
          report(workload, { field, found: name, fix: `Remove it: ${ROLES.migrator} is for migrations only.` });
      }
    }
  },
};
