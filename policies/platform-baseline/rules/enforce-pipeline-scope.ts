import { at, list, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";
import { stackOf } from "../../lib/waivers";

/** A log pipeline takes the stack's own logs, and is on. */
export const enforcePipelineScope: ResourceRule = {
  name: "pipeline-enforce-scope",
  description: "Every log pipeline is on, reads its own environment's logs only, and does something with them.",
  severity: "medium",
  checklist: ["RB-6.2"],
  remediationSteps: "Build it with components/lib/log-pipeline.ts.",
  page: "runbook/6-observability.md",
  types: ["datadog:index/logsCustomPipeline:LogsCustomPipeline"],
  check: ({ urn, properties }, report) => {
    const enabled = at(properties, "isEnabled");
    if (enabled !== true) report({ field: "isEnabled", found: enabled, fix: "Set it to true." });
    const filters = list(properties, "filters").map((filter) => text(filter, "query"));
    const wanted = `env:${stackOf(urn)}`;
    if (filters.length === 0 || !filters.every((query) => query?.split(/\s+/).includes(wanted)))
      report({ field: "filters[].query", found: filters, fix: `Add ${wanted}.` });
    const processors = list(properties, "processors");
    if (processors.length === 0) report({ field: "processors", found: processors, fix: "Add the parser of the access log." });
  },
};
