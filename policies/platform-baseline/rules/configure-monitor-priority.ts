import { alertField, ALERT_TYPES } from "../../lib/datadog";
import type { ResourceRule } from "../../lib/rule";

/** An alert says how bad it is: the routing decides by it whom it wakes. */
export const configureMonitorPriority: ResourceRule = {
  name: "monitor-configure-priority",
  description: "Every monitor and uptime test has a priority from 1 to 5: the routing decides by it whom an alert wakes.",
  severity: "high",
  checklist: [],
  remediationSteps: "Set priority, of an uptime test optionsList.monitorPriority.",
  page: "policies.md",
  types: ALERT_TYPES,
  check: (resource, report) => {
    const { field, found } = alertField(resource, "priority", "optionsList.monitorPriority");
    if (!/^[1-5]$/.test(String(found))) report({ field, found, fix: "Set it to 1 to 5." });
  },
};
