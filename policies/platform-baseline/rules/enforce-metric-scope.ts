import { text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";
import { stackOf } from "../../lib/waivers";

/** A metric of log lines counts the stack's own. */
export const enforceMetricScope: ResourceRule = {
  name: "metric-enforce-scope",
  description: "Every metric that is made of log lines counts its own environment's lines only.",
  severity: "medium",
  checklist: [],
  remediationSteps: "Build it with components/lib/log-pipeline.ts.",
  page: "runbook/6-observability.md",
  types: ["datadog:index/logsMetric:LogsMetric"],
  check: ({ urn, properties }, report) => {
    const found = text(properties, "filter", "query");
    const wanted = `env:${stackOf(urn)}`;
    if (found?.split(/\s+/).includes(wanted) !== true) report({ field: "filter.query", found, fix: `Add ${wanted}.` });
  },
};
