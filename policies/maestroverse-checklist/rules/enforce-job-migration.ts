import { findObject, objectNamespace, podReferences } from "../../lib/kubernetes";
import { list, text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { roleNamed, roleOf } from "../database-secrets";
import { JOB, ROLES, SECRET } from "../runbook";
import { serverContainers, servingContainers } from "../server";

/** The runbook's command. */
const COMMAND = "npm run db:migrate --workspace=server";

/** The schema is brought up to what the server expects before it starts, by the migrator. */
export const enforceJobMigration: StackRule = {
  name: "job-enforce-migration",
  description: "A Job of the image that serves runs the migrations, with the command of the runbook and the migrator's credential.",
  severity: "high",
  checklist: ["RB-2.1"],
  remediationSteps: "Leave the migration Job as components/lib/migration-job.ts makes it.",
  page: "runbook/2-database.md",
  types: [JOB],
  checkStack: (stack, report) => {
    const jobs = serverContainers(stack).filter(({ workload }) => workload.type === JOB);
    if (jobs.length === 0)
      report(undefined, { field: "Job of maestroverse/server", found: undefined, fix: `Add one that runs ${COMMAND}.` });
    const serving = servingContainers(stack).map(({ container }) => text(container.container, "image"));
    for (const { workload, template, container } of jobs) {
      const image = text(container.container, "image");
      if (!serving.every((each) => each === image))
        report(workload, {
          field: `${container.path}.image`,
          found: image,
          fix: `Set it to ${serving.join(", ")}, the image that serves.`,
        });
      const command = [...list(container.container, "command"), ...list(container.container, "args")].join(" ");
      if (command !== COMMAND) report(workload, { field: `${container.path}.command`, found: command, fix: `Set it to ${COMMAND}.` });
      const roles = podReferences(template).flatMap(({ kind, name }) => {
        const secret = findObject(stack.ofType(SECRET), name, objectNamespace(workload));
        return kind === "Secret" ? [secret === undefined ? roleNamed(name) : roleOf(secret)] : [];
      });
      if (!roles.includes(ROLES.migrator))
        report(workload, {
          field: `${container.path}.envFrom`,
          found: roles,
          fix: `Take DATABASE_URL from the Secret of ${ROLES.migrator}.`,
        });
    }
  },
};
