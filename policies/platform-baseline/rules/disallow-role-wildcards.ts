import { isSet, list } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Verbs by which a role becomes another. */
const ESCALATING: ReadonlySet<string> = new Set(["escalate", "bind", "impersonate"]);

/** No role of the cluster means everything, or the right to give oneself more. */
export const disallowRoleWildcards: ResourceRule = {
  name: "role-disallow-wildcards",
  description: "No role of the cluster means everything, or the right to give oneself more.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Name API groups, resources and verbs one by one.",
  page: "policies.md",
  types: ["kubernetes:rbac.authorization.k8s.io/v1:Role", "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"],
  mayBeAbsent: "this program needs no rights in the cluster",
  check: ({ properties }, report) => {
    for (const [index, rule] of list(properties, "rules").entries())
      for (const key of ["apiGroups", "resources", "verbs", "nonResourceURLs"])
        for (const found of list(rule, key))
          if (String(found).includes("*") || (key === "verbs" && ESCALATING.has(String(found))))
            report({ field: `rules[${index}].${key}`, found, fix: "Name what is needed, one by one." });
    if (isSet(properties, "aggregationRule"))
      report({ field: "aggregationRule", found: "set", fix: "Remove it: what it adds up to is not in this program." });
  },
};
