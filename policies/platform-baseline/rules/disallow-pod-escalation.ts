import { POD_TYPES, podTemplate } from "../../lib/kubernetes";
import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** No process of a container can gain more privileges than its parent has. */
export const disallowPodEscalation: ResourceRule = {
  name: "pod-disallow-escalation",
  description: "No process of a container can gain more privileges than its parent has.",
  severity: "high",
  checklist: [],
  remediationSteps: "Use CONTAINER_SECURITY_CONTEXT of components/lib/pod-security.ts.",
  page: "policies.md",
  types: POD_TYPES,
  check: (resource, report) => {
    for (const { path, container } of podTemplate(resource).containers) {
      const found = at(container, "securityContext", "allowPrivilegeEscalation");
      if (found !== false) report({ field: `${path}.securityContext.allowPrivilegeEscalation`, found, fix: "Set it to false." });
    }
  },
};
