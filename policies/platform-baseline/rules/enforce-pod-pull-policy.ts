import { POD_TYPES, podTemplate } from "../../lib/kubernetes";
import { text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Every container says when its image is pulled, and can be started on a node that never had it. */
export const enforcePodPullPolicy: ResourceRule = {
  name: "pod-enforce-pull-policy",
  description: "Every container says when its image is pulled, and can be started on a node that never had it.",
  severity: "medium",
  checklist: [],
  remediationSteps: "Set imagePullPolicy: IfNotPresent; its tag does not move.",
  page: "policies.md",
  types: POD_TYPES,
  check: (resource, report) => {
    for (const { path, container } of podTemplate(resource).containers) {
      const found = text(container, "imagePullPolicy");
      if (found !== "IfNotPresent" && found !== "Always")
        report({ field: `${path}.imagePullPolicy`, found, fix: "Set it to IfNotPresent." });
    }
  },
};
