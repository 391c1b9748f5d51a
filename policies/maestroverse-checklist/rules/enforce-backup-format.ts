import { podTemplate } from "../../lib/kubernetes";
import { at, list, text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { commandOf, dumps, NO_DUMP, variable, volumeOf } from "../backups";
import { BACKUP_DIRECTORY, CRON_JOB } from "../runbook";

/** The program of ops/backup, which dumps in custom format (its tests restore what it made), or pg_dump that is told so. */
const CUSTOM_FORMAT = /^maestroverse-backup$|pg_dump.*(--format=c(ustom)?\b|-Fc\b)/;

/** Dumps are in the format that pg_restore reads in parts, on a volume that outlives the pod. */
export const enforceBackupFormat: StackRule = {
  name: "backup-enforce-format",
  description: "The dump is in custom format and lies under /backups, on a volume that outlives its pod.",
  severity: "high",
  checklist: ["RB-5.1"],
  remediationSteps: "Leave the pod to components/lib/backup-pod.ts.",
  page: "runbook/5-backups.md",
  types: [CRON_JOB],
  mayBeAbsent: NO_DUMP,
  checkStack: (stack, report) => {
    for (const { cronJob, container } of dumps(stack)) {
      const command = commandOf(container.container);
      if (!CUSTOM_FORMAT.test(command))
        report(cronJob, { field: `${container.path}.command`, found: command, fix: "Run maestroverse-backup." });
      const directory = variable(container.container, "BACKUP_DIRECTORY");
      if (directory !== BACKUP_DIRECTORY)
        report(cronJob, { field: `${container.path}.env (BACKUP_DIRECTORY)`, found: directory, fix: `Set it to ${BACKUP_DIRECTORY}.` });
      const name = volumeOf(container.container);
      const volume = list(podTemplate(cronJob).spec, "volumes").find((each) => text(each, "name") === name);
      if (name === undefined || at(volume, "persistentVolumeClaim") === undefined)
        report(cronJob, {
          field: `${container.path}.volumeMounts[${BACKUP_DIRECTORY}]`,
          found: name,
          fix: "Mount a persistent volume there.",
        });
    }
  },
};
