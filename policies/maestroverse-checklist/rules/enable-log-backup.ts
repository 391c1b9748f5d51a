import { BACKUP_NAME } from "../../../components/lib/backup-names";
import { podTemplate } from "../../lib/kubernetes";
import type { StackRule } from "../../lib/rule";
import { dumps, NO_DUMP } from "../backups";
import { logAnnotation, uncollected } from "../log-collection";
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
      const wrong = uncollected(logAnnotation(podTemplate(cronJob), container), LOGS);
      if (wrong !== undefined) report(cronJob, wrong);
    }
  },
};
