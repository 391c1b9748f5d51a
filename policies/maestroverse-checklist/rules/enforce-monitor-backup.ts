import { queryOf } from "../../lib/datadog";
import { text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { dumps } from "../backups";
import { MONITOR } from "../runbook";

/** Seconds since the last dump that succeeded, as hours, and the hours above which it alerts. */
const AGE_QUERY = /duration_since_last_successful\{[^}]*kube_cronjob:([\w-]+)[^}]*\}\s*\/\s*3600\s*>\s*(\d+(?:\.\d+)?)$/;

/** A night without a dump is noticed in the morning. */
export const enforceMonitorBackup: StackRule = {
  name: "monitor-enforce-backup",
  description: "A monitor alerts when the newest dump is older than a night and two hours.",
  severity: "high",
  checklist: ["RB-5.1"],
  remediationSteps: "Set `backups.maximumAgeHours` in the stack's settings to 26.",
  page: "runbook/5-backups.md",
  types: [MONITOR],
  limits: { hours: { description: "Oldest newest backup", unit: "hours", default: 26, minimum: 25, maximum: 26 } },
  checkStack: (stack, report, { limits: { hours = 26 } }) => {
    const monitors = stack.ofType(MONITOR).flatMap((monitor) => {
      const [, cronJob, threshold] = AGE_QUERY.exec(queryOf(monitor)) ?? [];
      return cronJob === undefined ? [] : [{ monitor, cronJob, threshold: Number(threshold) }];
    });
    for (const { cronJob } of dumps(stack)) {
      const name = text(cronJob.properties, "metadata", "name");
      const [own] = monitors.filter((each) => each.cronJob === name);
      if (own === undefined) report(cronJob, { field: `monitor of the age of ${name}`, found: undefined, fix: "Add it." });
      else if (!(own.threshold <= hours))
        report(own.monitor, { field: "query", found: `${own.threshold} hours`, fix: `Alert above ${hours} hours, or fewer.` });
    }
  },
};
