import { parseMonitorQuery } from "../../../components/lib/monitor-query";
import { MONITOR, OBJECTIVE_ALERT, queryOf } from "../../lib/datadog";
import { at, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** A monitor's thresholds are its query's: Datadog refuses others, but not before the deployment. */
export const enforceMonitorThresholds: ResourceRule = {
  name: "monitor-enforce-thresholds",
  description: "The critical threshold of every monitor is its query's; it warns before it alerts, and recovers on the safe side of both.",
  severity: "high",
  checklist: [],
  remediationSteps: "Build both from one number, as components/lib/monitors.ts does.",
  page: "policies.md",
  types: [MONITOR],
  check: (resource, report) => {
    const { properties } = resource;
    const isOfObjective = text(properties, "type") === OBJECTIVE_ALERT;
    const query = queryOf(resource);
    // How fast a budget burns is bad when it is high.
    const { comparator, threshold: number } = isOfObjective ? { comparator: ">", threshold: undefined } : comparisonOf(query);
    if (number === undefined && !isOfObjective) report({ field: "query", found: query, fix: "End it with a comparison and a number." });
    const threshold = (key: string) => {
      const found = at(properties, "monitorThresholds", key);
      return found === undefined ? undefined : Number(found);
    };
    const critical = threshold("critical");
    if (isOfObjective && critical === undefined)
      report({ field: "monitorThresholds.critical", found: undefined, fix: "Set it to the query's burn rate." });
    if (number !== undefined && critical !== number)
      report({ field: "monitorThresholds.critical", found: critical, fix: `Set it to ${number}, as in the query.` });
    const isSafer = (value: number, than: number) => (comparator.startsWith(">") ? value < than : value > than);
    for (const [key, than] of [
      ["criticalRecovery", "critical"],
      ["warning", "critical"],
      ["warningRecovery", "warning"],
    ] as const) {
      const [found, bound] = [threshold(key), threshold(than)];
      if (found !== undefined && !(bound !== undefined && isSafer(found, bound)))
        report({ field: `monitorThresholds.${key}`, found, fix: `Set it on the safe side of ${than} (${bound}).` });
    }
  },
};

/** What a query compares with; nothing when it cannot be read. */
function comparisonOf(query: string): { readonly comparator: string; readonly threshold: number | undefined } {
  try {
    return parseMonitorQuery(query);
  } catch {
    return { comparator: "", threshold: undefined };
  }
}
