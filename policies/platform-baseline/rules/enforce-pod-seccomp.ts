import { POD_TYPES, podTemplate, securityOf } from "../../lib/kubernetes";
import { text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Every container runs under a seccomp profile. */
export const enforcePodSeccomp: ResourceRule = {
  name: "pod-enforce-seccomp",
  description: "Every container runs under a seccomp profile.",
  severity: "high",
  checklist: [],
  remediationSteps: "Use POD_SECURITY_CONTEXT and CONTAINER_SECURITY_CONTEXT of components/lib/pod-security.ts.",
  page: "policies.md",
  types: POD_TYPES,
  check: (resource, report) => {
    const pod = podTemplate(resource);
    for (const container of pod.containers) {
      const { field, found } = securityOf(pod, container, "seccompProfile");
      const type = text(found, "type");
      if (type !== "RuntimeDefault" && type !== "Localhost")
        report({ field: `${field}.type`, found: type, fix: "Set it to RuntimeDefault." });
    }
  },
};
