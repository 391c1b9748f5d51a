import { POD_TYPES, podTemplate } from "../../lib/kubernetes";
import { at, list } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Every container drops all capabilities and adds none but NET_BIND_SERVICE. */
export const enforcePodCapabilities: ResourceRule = {
  name: "pod-enforce-capabilities",
  description: "Every container drops all capabilities and adds none but NET_BIND_SERVICE.",
  severity: "high",
  checklist: [],
  remediationSteps: "Use CONTAINER_SECURITY_CONTEXT of components/lib/pod-security.ts.",
  page: "policies.md",
  types: POD_TYPES,
  check: (resource, report) => {
    for (const { path, container } of podTemplate(resource).containers) {
      const field = `${path}.securityContext.capabilities`;
      const dropped = at(container, "securityContext", "capabilities", "drop");
      if (!list(dropped).includes("ALL")) report({ field: `${field}.drop`, found: dropped, fix: 'Set it to ["ALL"].' });
      const added = list(container, "securityContext", "capabilities", "add");
      if (added.some((each) => each !== "NET_BIND_SERVICE"))
        report({ field: `${field}.add`, found: added, fix: "Remove all but NET_BIND_SERVICE." });
    }
  },
};
