import { isRehearsal } from "../../lib/kubernetes";
import { at, list, mapping, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** The autoscaler keeps two pods or more, may add some, and does so before CPU or memory reach what the runbook alerts on. */
export const enforceAutoscalerRange: ResourceRule = {
  name: "autoscaler-enforce-range",
  description: "The autoscaler keeps two pods or more, may add some, and does so before CPU or memory reach what the runbook alerts on.",
  severity: "high",
  checklist: ["RB-6.3"],
  remediationSteps: "Set minReplicas, maxReplicas and the targets of CPU and memory (settings: web).",
  page: "runbook/6-observability.md",
  types: ["kubernetes:autoscaling/v2:HorizontalPodAutoscaler"],
  limits: {
    cpuPercent: { description: "Highest target of the CPU", unit: "percent of the request", default: 80, minimum: 20, maximum: 80 },
    memoryPercent: { description: "Highest target of the memory", unit: "percent of the request", default: 75, minimum: 20, maximum: 75 },
  },
  check: (resource, report, { limits }) => {
    const spec = mapping(resource.properties, "spec");
    const { minReplicas: least, maxReplicas: most } = spec;
    const floor = isRehearsal(resource) ? 1 : 2;
    if (typeof least !== "number" || least < floor) report({ field: "spec.minReplicas", found: least, fix: `Set it to ${floor} or more.` });
    if (typeof most !== "number" || most <= Number(least ?? 1))
      report({ field: "spec.maxReplicas", found: most, fix: "Set it above minReplicas: it could not scale." });
    for (const [name, limit] of [
      ["cpu", limits["cpuPercent"] ?? 0],
      ["memory", limits["memoryPercent"] ?? 0],
    ] as const) {
      const target = list(spec, "metrics").find((metric) => text(metric, "resource", "name") === name);
      const found = at(target, "resource", "target", "averageUtilization");
      if (typeof found !== "number" || found > limit)
        report({ field: `spec.metrics["${name}"].resource.target.averageUtilization`, found, fix: `Set it to ${limit} or less.` });
    }
  },
};
