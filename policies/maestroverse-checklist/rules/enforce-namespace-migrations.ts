import { objectNamespace, POD_TYPES } from "../../lib/kubernetes";
import { text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { roleNamed, roleOf } from "../database-secrets";
import { JOB, ROLES, SECRET } from "../runbook";

/** Pods of one namespace can mount each other's Secrets: the migrator's lies in a namespace in which nothing but migrations runs. */
export const enforceNamespaceMigrations: StackRule = {
  name: "namespace-enforce-migrations",
  description: "The migrator's Secret is in a namespace of its own, in which Jobs run and nothing else.",
  severity: "critical",
  checklist: ["RB-2.1"],
  remediationSteps: "Keep cluster.migrationsNamespace apart from cluster.namespace, and put nothing else into it.",
  page: "runbook/2-database.md",
  types: [SECRET],
  checkStack: (stack, report) => {
    const secrets = stack
      .ofType(SECRET)
      .filter((secret) => roleOf(secret) === ROLES.migrator || roleNamed(text(secret.properties, "metadata", "name")) === ROLES.migrator);
    if (secrets.length === 0)
      report(undefined, { field: `Secret of ${ROLES.migrator}`, found: undefined, fix: "Make it, for the migration Job." });
    for (const secret of secrets) {
      const namespace = objectNamespace(secret);
      for (const workload of stack.ofType(...POD_TYPES))
        if (workload.type !== JOB && objectNamespace(workload) === namespace)
          report(workload, {
            field: "metadata.namespace",
            found: namespace,
            fix: `Choose another: it could mount the Secret of ${ROLES.migrator}.`,
          });
    }
  },
};
