import { POD_TYPES, podTemplate } from "../../lib/kubernetes";
import { at, list, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Usual audiences of API servers. */
const API_SERVER = /^$|kubernetes|^api$/;

/** No pod holds a token for the API server. */
export const disallowPodToken: ResourceRule = {
  name: "pod-disallow-token",
  description: "No pod holds a token for the API server.",
  severity: "high",
  checklist: [],
  remediationSteps: "Set automountServiceAccountToken: false; a token for somebody else is a projected volume with an audience.",
  page: "policies.md",
  types: POD_TYPES,
  check: (resource, report) => {
    const { path, spec } = podTemplate(resource);
    const found = spec["automountServiceAccountToken"];
    if (found !== false) report({ field: `${path}.automountServiceAccountToken`, found, fix: "Set it to false." });
    for (const [index, volume] of list(spec, "volumes").entries())
      for (const [number, source] of list(volume, "projected", "sources").entries()) {
        if (at(source, "serviceAccountToken") === undefined) continue;
        const audience = text(source, "serviceAccountToken", "audience");
        if (audience === undefined || API_SERVER.test(audience))
          report({
            field: `${path}.volumes[${index}].projected.sources[${number}].serviceAccountToken.audience`,
            found: audience,
            fix: "Name who the token is for, other than the API server; without an audience it is for the API server.",
          });
      }
  },
};
