import { POD_TYPES, podTemplate, securityOf } from "../../lib/kubernetes";
import type { ResourceRule } from "../../lib/rule";

/** No container runs as root: it must not, and no user id says 0. */
export const enforcePodNonroot: ResourceRule = {
  name: "pod-enforce-nonroot",
  description: "No container runs as root: it must not, and no user id says 0.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Use POD_SECURITY_CONTEXT and CONTAINER_SECURITY_CONTEXT of components/lib/pod-security.ts.",
  page: "policies.md",
  types: POD_TYPES,
  check: (resource, report) => {
    const pod = podTemplate(resource);
    for (const container of pod.containers) {
      const { field, found } = securityOf(pod, container, "runAsNonRoot");
      if (found !== true) report({ field, found, fix: "Set it to true." });
      const user = securityOf(pod, container, "runAsUser");
      if (user.found === 0) report({ ...user, fix: "Choose a user id above 0." });
    }
  },
};
