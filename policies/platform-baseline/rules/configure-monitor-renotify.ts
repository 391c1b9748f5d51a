import { alertField, ALERT_TYPES, MONITOR } from "../../lib/datadog";
import { list } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** An alert that nobody looks after says so again. */
export const configureMonitorRenotify: ResourceRule = {
  name: "monitor-configure-renotify",
  description: "Every monitor and uptime test alerts again while nobody has mended what it is about.",
  severity: "medium",
  checklist: [],
  remediationSteps: "Set renotifyInterval (minutes), and renotifyStatuses of a monitor to alert and no data.",
  page: "policies.md",
  types: ALERT_TYPES,
  check: (resource, report) => {
    const { field, found } = alertField(resource, "renotifyInterval", "optionsList.monitorOptions.renotifyInterval");
    if (!(typeof found === "number" && found > 0)) report({ field, found, fix: "Set it to minutes above 0." });
    const statuses = list(resource.properties, "renotifyStatuses");
    if (resource.type === MONITOR && !statuses.includes("alert")) report({ field: "renotifyStatuses", found: statuses, fix: "Add alert." });
  },
};
