import { at, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

const VERSION = "pod-security.kubernetes.io/enforce-version";

/** Every namespace enforces Pod Security "restricted". */
export const enforceNamespaceSecurity: ResourceRule = {
  name: "namespace-enforce-security",
  description: 'Every namespace enforces Pod Security "restricted".',
  severity: "critical",
  checklist: [],
  remediationSteps: "Make it a HardenedNamespace (components/namespace.ts).",
  page: "policies.md",
  types: ["kubernetes:core/v1:Namespace"],
  check: ({ properties }, report) => {
    for (const mode of ["enforce", "audit", "warn"]) {
      const label = `pod-security.kubernetes.io/${mode}`;
      const found = at(properties, "metadata", "labels", label);
      if (found !== "restricted") report({ field: `metadata.labels["${label}"]`, found, fix: "Set it to restricted." });
    }
    const version = text(properties, "metadata", "labels", VERSION);
    if (version === undefined || !/^(latest|v1\.\d+)$/.test(version))
      report({ field: `metadata.labels["${VERSION}"]`, found: version, fix: "Set it to latest, or to a version of Kubernetes." });
  },
};
