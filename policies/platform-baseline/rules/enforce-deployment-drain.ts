import { podTemplate, servingContainers } from "../../lib/kubernetes";
import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** A pod that goes serves until the endpoints forgot it, and is killed only after the longest request. */
export const enforceDeploymentDrain: ResourceRule = {
  name: "deployment-enforce-drain",
  description: "A pod that goes serves until the endpoints forgot it, and is killed only after the longest request.",
  severity: "high",
  checklist: ["RB-3.1"],
  remediationSteps: "Set lifecycle.preStop and terminationGracePeriodSeconds as components/lib/web-arguments.ts reckons them.",
  page: "runbook/3-secrets.md",
  types: ["kubernetes:apps/v1:Deployment"],
  limits: {
    finishSeconds: {
      description: "Time for the longest request and the exit, after the drain",
      unit: "seconds",
      // 30 for a request, whose statement the database cancels then, and 5 to exit.
      default: 35,
      minimum: 35,
      maximum: 540,
    },
  },
  check: (resource, report, { limits }) => {
    const pod = podTemplate(resource);
    const grace = at(pod.spec, "terminationGracePeriodSeconds");
    for (const { path, container } of servingContainers(pod)) {
      const drain = at(container, "lifecycle", "preStop", "sleep", "seconds");
      const least = Number(drain) + (limits["finishSeconds"] ?? 0);
      if (typeof drain !== "number" || drain < 1)
        report({
          field: `${path}.lifecycle.preStop.sleep.seconds`,
          found: drain,
          fix: "Set it to 1 or more: the endpoints need a moment.",
        });
      else if (typeof grace !== "number" || grace < least)
        report({ field: `${pod.path}.terminationGracePeriodSeconds`, found: grace, fix: `Set it to ${least} or more.` });
    }
  },
};
