import { CHECKLIST } from "../../../checklist";
import { list } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { dumps } from "../backups";
import { MONITOR, SYNTHETICS } from "../runbook";

/** Monitors of the nightly dump, which a stack with RDS alone does not make. */
const OF_DUMP = /^backup-/;

/** Every line of the checklist that is watched has its monitors. */
export const enforceMonitorSignals: StackRule = {
  name: "monitor-enforce-signals",
  description: "Every monitor that a line of checklist.ts names exists, once, found by its tag monitor:<key>.",
  severity: "critical",
  checklist: [...CHECKLIST.filter(({ monitors }) => monitors.length > 0).map(({ id }) => id)],
  remediationSteps: "Add the monitor to components/lib/monitors.ts or components/lib/synthetics.ts.",
  page: "runbook/6-observability.md",
  types: [MONITOR, SYNTHETICS],
  checkStack: (stack, report) => {
    const tags = stack.ofType(MONITOR, SYNTHETICS).flatMap(({ properties }) => list(properties, "tags"));
    const hasDump = dumps(stack).length > 0;
    for (const { id, monitors } of CHECKLIST)
      for (const key of monitors) {
        const found = tags.filter((tag) => tag === `monitor:${key}`).length;
        if (found !== 1 && (!OF_DUMP.test(key) || hasDump))
          report(undefined, { field: `monitors of ${id} tagged monitor:${key}`, found, fix: "Have one." });
      }
  },
};
