import { findObject, objectKeys, objectNamespace, POD_TYPES, podReferences, podTemplate } from "../../lib/kubernetes";
import { known, UNKNOWN } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

/** Every Secret, ConfigMap, claim and ServiceAccount that a pod names is in the stack, in the pod's namespace, with the key. */
export const enforcePodReferences: StackRule = {
  name: "pod-enforce-references",
  description: "Every Secret, ConfigMap, claim and ServiceAccount that a pod names is in the stack, in the pod's namespace, with the key.",
  severity: "high",
  checklist: [],
  remediationSteps: "Name what the program makes, or make it: a pod that misses something does not start.",
  page: "policies.md",
  types: POD_TYPES,
  checkStack: (stack, report) => {
    for (const resource of stack.ofType(...POD_TYPES)) {
      const namespace = objectNamespace(resource);
      for (const { kind, name, field, key } of podReferences(podTemplate(resource))) {
        // Whose account it is is another rule's question.
        if (kind === "ServiceAccount" && name === "default") continue;
        const object = findObject(stack.ofType(`kubernetes:core/v1:${kind}`), name, namespace);
        if (object === undefined) {
          report(resource, { field, found: name, fix: `Name a ${kind} of this stack in the namespace ${namespace}.` });
          continue;
        }
        // A first preview may not know what a Secret will hold.
        const keys = known(() => objectKeys(object));
        if (key !== undefined && keys !== UNKNOWN && !keys.includes(key))
          report(resource, { field: field.replace(/name$/, "key"), found: key, fix: `Name one of ${keys.join(", ")}.` });
      }
    }
  },
};
