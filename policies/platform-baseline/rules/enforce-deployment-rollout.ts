import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

const WANTED = [
  [["strategy", "type"], "RollingUpdate"],
  [["strategy", "rollingUpdate", "maxUnavailable"], 0],
  [["strategy", "rollingUpdate", "maxSurge"], 1],
] as const;

/** A rollout replaces one pod at a time, and a new one is ready before an old one goes. */
export const enforceDeploymentRollout: ResourceRule = {
  name: "deployment-enforce-rollout",
  description: "A rollout replaces one pod at a time, and a new one is ready before an old one goes.",
  severity: "high",
  checklist: ["RB-3.1"],
  remediationSteps: "Use the strategy of components/web-service.ts.",
  page: "runbook/3-secrets.md",
  types: ["kubernetes:apps/v1:Deployment"],
  check: ({ properties }, report) => {
    for (const [keys, wanted] of WANTED) {
      const found = at(properties, "spec", ...keys);
      if (found !== wanted) report({ field: ["spec", ...keys].join("."), found, fix: `Set it to ${wanted}.` });
    }
    const ready = at(properties, "spec", "minReadySeconds");
    if (typeof ready !== "number" || ready < 1)
      report({ field: "spec.minReadySeconds", found: ready, fix: "Set it: a pod that is ready for a moment replaces none." });
  },
};
