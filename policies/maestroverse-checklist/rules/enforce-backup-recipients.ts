import { holdsAgeIdentity, isAgeRecipient } from "../../../components/lib/age-recipient";
import type { StackRule } from "../../lib/rule";
import { dumps, NO_DUMP, variable } from "../backups";
import { CRON_JOB } from "../runbook";

/** A dump that is encrypted is encrypted for public keys: with a key that is none there is no dump, or one that nobody opens. */
export const enforceBackupRecipients: StackRule = {
  name: "backup-enforce-recipients",
  description: "Where the dump is encrypted with age, it is for public keys alone, copied whole; KMS encrypts it in any case.",
  severity: "high",
  checklist: ["RB-5.1"],
  remediationSteps: "Write public keys (`age-keygen -y`) into `backups.ageRecipients` of the stack's settings, or none.",
  page: "runbook/5-backups.md",
  types: [CRON_JOB],
  mayBeAbsent: NO_DUMP,
  checkStack: (stack, report) => {
    for (const { cronJob, container } of dumps(stack)) {
      const recipients = variable(container.container, "BACKUP_RECIPIENTS");
      const wrong = recipients?.split(",").find((each) => !isAgeRecipient(each));
      if (wrong !== undefined)
        report(cronJob, {
          field: `${container.path}.env (BACKUP_RECIPIENTS)`,
          found: holdsAgeIdentity(wrong) ? "an identity of age" : wrong,
          fix: "Name public keys, age1….",
        });
    }
  },
};
