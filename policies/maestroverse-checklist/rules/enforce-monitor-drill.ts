import { queryOf } from "../../lib/datadog";
import { text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { MONITOR } from "../runbook";

/** Days since the last drill that passed, as `ops drill` counts them. */
const METRIC = "maestroverse.drill.age_days";
/** The days above which it alerts. */
const AGE_QUERY = /^min\(last_\d+h\):max:maestroverse\.drill\.age_days\{[^}]*\} > (\d+(?:\.\d+)?)$/;

/** A dump that nobody has restored is a belief: somebody is told when the last drill is long ago, or when nobody knows. */
export const enforceMonitorDrill: StackRule = {
  name: "monitor-enforce-drill",
  description:
    "A monitor alerts when the last recovery drill that passed is over 35 days ago or unknown, and names the command of the next one.",
  severity: "high",
  checklist: ["RB-5.3"],
  remediationSteps: "Leave the monitor to components/lib/monitors-backups.ts.",
  page: "runbook/5-backups.md",
  types: [MONITOR],
  limits: { days: { description: "Days between two recovery drills", unit: "days", default: 35, minimum: 7, maximum: 35 } },
  checkStack: (stack, report, { limits: { days = 35 } }) => {
    const monitors = stack.ofType(MONITOR).filter((monitor) => queryOf(monitor).includes(METRIC));
    if (monitors.length === 0) report(undefined, { field: `monitor of ${METRIC}`, found: undefined, fix: `Add it, above ${days} days.` });
    for (const monitor of monitors) {
      const query = queryOf(monitor);
      const [, threshold] = AGE_QUERY.exec(query) ?? [];
      if (threshold === undefined || Number(threshold) > days)
        report(monitor, { field: "query", found: query, fix: `Alert above ${days} days, or fewer.` });
      const onMissingData = text(monitor.properties, "onMissingData");
      if (onMissingData !== "show_and_notify_no_data")
        report(monitor, { field: "onMissingData", found: onMissingData, fix: "Set it to show_and_notify_no_data: unknown is no drill." });
      if (text(monitor.properties, "message")?.includes("npm run ops -- drill ") !== true)
        report(monitor, { field: "message (npm run ops -- drill …)", found: undefined, fix: "Name the command of a drill." });
    }
  },
};
