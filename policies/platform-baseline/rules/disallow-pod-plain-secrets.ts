import { isRehearsal, POD_TYPES, podTemplate } from "../../lib/kubernetes";
import { list, text } from "../../lib/read";
import { isSecret } from "../../lib/plain-secrets";
import type { ResourceRule } from "../../lib/rule";

/** No variable of a pod holds a secret as plain text. */
export const disallowPodPlainSecrets: ResourceRule = {
  name: "pod-disallow-plain-secrets",
  description: "No variable of a pod holds a secret as plain text.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Put the value into an immutable Secret and name it in envFrom or secretKeyRef.",
  page: "policies.md",
  types: POD_TYPES,
  check: (resource, report) => {
    // The rehearsal's AWS is on the loopback and takes any key.
    if (isRehearsal(resource)) return;
    for (const { path, container } of podTemplate(resource).containers)
      for (const [index, variable] of list(container, "env").entries()) {
        const [name, value] = [text(variable, "name") ?? "", text(variable, "value")];
        if (value !== undefined && isSecret(name, value))
          report({ field: `${path}.env[${index}].value`, found: `a value of ${name}`, fix: "Take it from a Secret by secretKeyRef." });
      }
  },
};
