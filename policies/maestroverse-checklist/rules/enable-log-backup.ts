import { BACKUP_NAME } from "../../../components/lib/backup-names";
import { podTemplate } from "../../lib/kubernetes";
import { json, list, text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { dumps, NO_DUMP } from "../backups";
import { CRON_JOB } from "../runbook";

/** What Datadog's agent is told of what the dump prints. */
const LOGS = { service: BACKUP_NAME, source: "nodejs" } as const;

/** What the nightly dump prints is collected: the metrics of backups are made of it. */
export const enableLogBackup: StackRule = {
  name: "log-enable-backup",
  description: `Datadog's agent is told to read what the nightly dump prints: service ${BACKUP_NAME}, source nodejs.`,
  severity: "high",
  checklist: ["RB-5.1"],
  remediationSteps: "Leave the annotation to components/lib/backup-pod.ts.",
  page: "runbook/5-backups.md",
  types: [CRON_JOB],
  mayBeAbsent: NO_DUMP,
  checkStack: (stack, report) => {
    for (const { cronJob, container } of dumps(stack)) {
      const template = podTemplate(cronJob);
      const annotation = `ad.datadoghq.com/${container.name}.logs`;
      const found = text(template.metadata, "annotations", annotation);
      const told = list(json(found)).some((each) => Object.entries(LOGS).every(([key, value]) => text(each, key) === value));
      if (!told)
        report(cronJob, {
          field: `${template.path.replace(/spec$/, "")}metadata.annotations["${annotation}"]`,
          found,
          fix: `Set it to ${JSON.stringify([LOGS])}.`,
        });
    }
  },
};
