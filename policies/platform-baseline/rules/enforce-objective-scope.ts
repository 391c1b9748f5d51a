import { OBJECTIVE } from "../../lib/datadog";
import { list, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";
import { stackOf } from "../../lib/waivers";

/** An objective counts the stack's own requests, promises something, and leaves room to fail. */
export const enforceObjectiveScope: ResourceRule = {
  name: "objective-enforce-scope",
  description: "Every objective counts its own environment's requests only, over a target of 90 to 99.99 %.",
  severity: "high",
  checklist: [],
  remediationSteps: "Build it with components/lib/slo.ts.",
  page: "runbook/6-observability.md",
  types: [OBJECTIVE],
  check: ({ urn, properties }, report) => {
    const wanted = `env:${stackOf(urn)}`;
    for (const part of ["numerator", "denominator"]) {
      const found = text(properties, "query", part);
      const scopes = [...(found ?? "").matchAll(/\{([^{}]*)\}/g)].map(([, scope = ""]) => scope.split(","));
      if (scopes.length === 0 || !scopes.every((scope) => scope.includes(wanted)))
        report({ field: `query.${part}`, found, fix: `Add ${wanted} to the scope.` });
    }
    const targets = list(properties, "thresholds").map((threshold) => Number((threshold as { target?: unknown }).target));
    if (targets.length === 0 || !targets.every((target) => target >= 90 && target <= 99.99))
      report({ field: "thresholds[].target", found: targets, fix: "Set it to 90 to 99.99." });
  },
};
