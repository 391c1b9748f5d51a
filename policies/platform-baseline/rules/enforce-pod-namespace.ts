import { objectName, objectNamespace, POD_TYPES } from "../../lib/kubernetes";
import type { StackRule } from "../../lib/rule";

/** Every pod's namespace is written down and is one of the stack, where the rules of its namespace hold. */
export const enforcePodNamespace: StackRule = {
  name: "pod-enforce-namespace",
  description: "Every pod's namespace is written down and is one of the stack, where the rules of its namespace hold.",
  severity: "high",
  checklist: [],
  remediationSteps: "Name the namespace of a HardenedNamespace of this stack.",
  page: "policies.md",
  types: POD_TYPES,
  checkStack: (stack, report) => {
    const namespaces = stack.ofType("kubernetes:core/v1:Namespace").map(objectName);
    for (const resource of stack.ofType(...POD_TYPES)) {
      const found = objectNamespace(resource);
      if (found === undefined || !namespaces.includes(found))
        report(resource, { field: "metadata.namespace", found, fix: `Name one of ${namespaces.join(", ")}.` });
    }
  },
};
