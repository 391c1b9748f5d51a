import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** No Deployment fixes the number of its pods: its HorizontalPodAutoscaler owns it. */
export const disallowDeploymentReplicas: ResourceRule = {
  name: "deployment-disallow-replicas",
  description: "No Deployment fixes the number of its pods: its HorizontalPodAutoscaler owns it.",
  severity: "medium",
  checklist: ["RB-6.3"],
  remediationSteps: "Remove spec.replicas: each deployment would undo what the autoscaler did.",
  page: "runbook/6-observability.md",
  types: ["kubernetes:apps/v1:Deployment"],
  check: ({ properties }, report) => {
    const found = at(properties, "spec", "replicas");
    if (found !== undefined) report({ field: "spec.replicas", found, fix: "Remove it; set minReplicas of its HorizontalPodAutoscaler." });
  },
};
