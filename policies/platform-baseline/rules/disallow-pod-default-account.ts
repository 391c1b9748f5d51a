import { POD_TYPES, podTemplate } from "../../lib/kubernetes";
import { text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Every pod has a ServiceAccount of its own, not its namespace's default. */
export const disallowPodDefaultAccount: ResourceRule = {
  name: "pod-disallow-default-account",
  description: "Every pod has a ServiceAccount of its own, not its namespace's default.",
  severity: "high",
  checklist: [],
  remediationSteps: "Make a ServiceAccount for the workload and name it in serviceAccountName.",
  page: "policies.md",
  types: POD_TYPES,
  check: (resource, report) => {
    const { path, spec } = podTemplate(resource);
    const found = text(spec, "serviceAccountName");
    if (found === undefined || found === "" || found === "default")
      report({ field: `${path}.serviceAccountName`, found, fix: "Name a ServiceAccount of its own." });
  },
};
