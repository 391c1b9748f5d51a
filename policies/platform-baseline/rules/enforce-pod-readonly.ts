import { POD_TYPES, podTemplate } from "../../lib/kubernetes";
import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Every container has a read-only root file system. */
export const enforcePodReadonly: ResourceRule = {
  name: "pod-enforce-readonly",
  description: "Every container has a read-only root file system.",
  severity: "high",
  checklist: [],
  remediationSteps: "Use CONTAINER_SECURITY_CONTEXT of components/lib/pod-security.ts, and mount a volume where the program writes.",
  page: "policies.md",
  types: POD_TYPES,
  check: (resource, report) => {
    for (const { path, container } of podTemplate(resource).containers) {
      const found = at(container, "securityContext", "readOnlyRootFilesystem");
      if (found !== true) report({ field: `${path}.securityContext.readOnlyRootFilesystem`, found, fix: "Set it to true." });
    }
  },
};
