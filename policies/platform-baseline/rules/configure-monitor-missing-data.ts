import { MONITOR, OBJECTIVE_ALERT } from "../../lib/datadog";
import { at, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** What Datadog knows to do when there is no data, in its API's spelling. */
const POLICIES = ["show_no_data", "show_and_notify_no_data", "resolve"];
/** Of the older setting, which Datadog refuses beside onMissingData. */
const OLDER = ["notifyNoData", "noDataTimeframe"];

/** Silence is no answer. */
export const configureMonitorMissingData: ResourceRule = {
  name: "monitor-configure-missing-data",
  description: "Every monitor says what silence means (onMissingData), and does not say it in the older way too.",
  severity: "high",
  checklist: [],
  remediationSteps: "Set onMissingData to resolve where silence is good, to show_and_notify_no_data where it is not.",
  page: "policies.md",
  types: [MONITOR],
  check: ({ properties }, report) => {
    if (text(properties, "type") === OBJECTIVE_ALERT) {
      const found = at(properties, "notifyNoData");
      // Datadog knows nothing else for these.
      if (typeof found !== "boolean") report({ field: "notifyNoData", found, fix: "Set it to false, and have requests watched." });
      return;
    }
    const found = at(properties, "onMissingData");
    if (!POLICIES.includes(String(found)))
      report({ field: "onMissingData", found, fix: "Set it to resolve, show_no_data or show_and_notify_no_data." });
    for (const field of OLDER) {
      const older = at(properties, field);
      if (older !== undefined && older !== false && older !== 0) report({ field, found: older, fix: "Remove it." });
    }
  },
};
