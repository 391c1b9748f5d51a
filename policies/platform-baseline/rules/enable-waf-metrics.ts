import { at, list } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Whatever a WebACL does is counted, and can be looked at. */
export const enableWafMetrics: ResourceRule = {
  name: "waf-enable-metrics",
  description: "A WebACL and each of its rules report metrics under a name of their own, and samples of requests.",
  severity: "medium",
  checklist: [],
  remediationSteps: "Set visibilityConfig as components/lib/waf.ts does.",
  page: "policies.md",
  types: ["aws:wafv2/webAcl:WebAcl"],
  mayBeAbsent: "edge.waf.enabled: false.",
  check: ({ properties }, report) => {
    const parts = [
      { path: "visibilityConfig", value: at(properties, "visibilityConfig") },
      ...list(properties, "rules").map((rule, index) => ({
        path: `rules[${index}].visibilityConfig`,
        value: at(rule, "visibilityConfig"),
      })),
    ];
    const names = parts.map(({ value }) => at(value, "metricName"));
    for (const [index, { path, value }] of parts.entries()) {
      for (const field of ["cloudwatchMetricsEnabled", "sampledRequestsEnabled"]) {
        const found = at(value, field);
        if (found !== true) report({ field: `${path}.${field}`, found, fix: "Set it to true." });
      }
      if (names[index] === undefined || names.indexOf(names[index]) !== index)
        report({ field: `${path}.metricName`, found: names[index], fix: "Give it a name of its own." });
    }
  },
};
