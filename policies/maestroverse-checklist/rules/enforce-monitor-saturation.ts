import { queryOf } from "../../lib/datadog";
import type { StackRule } from "../../lib/rule";
import { MONITOR } from "../runbook";

/** What is watched: the metric by which the query is known, and the limit's name. */
const WATCHED = [
  { metric: "kubernetes.cpu.usage.total", limit: "cpuPercent" },
  { metric: "kubernetes.memory.working_set", limit: "memoryPercent" },
  { metric: "postgresql.connections", limit: "connectionsPercent" },
] as const;
const limit = (description: string, percent: number) => ({
  description: `${description} above which a monitor alerts`,
  unit: "percent",
  default: percent,
  minimum: 1,
  maximum: percent,
});

/** What runs out is noticed before it has. */
export const enforceMonitorSaturation: StackRule = {
  name: "monitor-enforce-saturation",
  description: "Monitors alert above 80 % of CPU, 75 % of memory and 80 % of the database's connections.",
  severity: "high",
  checklist: ["RB-6.3"],
  remediationSteps: "Set the percentages in `observability` of the stack's settings.",
  page: "runbook/6-observability.md",
  types: [MONITOR],
  limits: { cpuPercent: limit("CPU", 80), memoryPercent: limit("Memory", 75), connectionsPercent: limit("Connections", 80) },
  checkStack: (stack, report, { limits }) => {
    for (const { metric, limit: name } of WATCHED) {
      const monitors = stack.ofType(MONITOR).filter((each) => queryOf(each).includes(`${metric}{`));
      const percent = limits[name] ?? 0;
      if (monitors.length === 0) report(undefined, { field: `monitor of ${metric}`, found: undefined, fix: `Add it, above ${percent}.` });
      for (const monitor of monitors) {
        const query = queryOf(monitor);
        const [, threshold] = /:100 \* .+ > (\d+(?:\.\d+)?)$/.exec(query) ?? [];
        if (threshold === undefined || Number(threshold) > percent)
          report(monitor, { field: "query", found: query, fix: `Alert above ${percent} percent (100 * … > ${percent}).` });
      }
    }
  },
};
