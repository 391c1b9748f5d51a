import { mapping } from "../../lib/read";
import { isSecret } from "../../lib/plain-secrets";
import type { ResourceRule } from "../../lib/rule";

/** No ConfigMap holds a secret: it is read by whoever may read the namespace, and not encrypted. */
export const disallowConfigSecrets: ResourceRule = {
  name: "config-disallow-secrets",
  description: "No ConfigMap holds a secret: it is read by whoever may read the namespace, and not encrypted.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Put the value into an immutable Secret.",
  page: "policies.md",
  types: ["kubernetes:core/v1:ConfigMap", "kubernetes:core/v1:ConfigMapPatch"],
  check: ({ properties }, report) => {
    for (const [key, value] of Object.entries(mapping(properties, "data")))
      if (isSecret(key, String(value))) report({ field: `data["${key}"]`, found: "a secret", fix: "Move it into a Secret." });
  },
};
