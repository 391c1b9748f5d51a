import { list, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Roles that every cluster has, and that change what is in it. */
const ADMIN_ROLES: ReadonlySet<string> = new Set(["cluster-admin", "admin", "edit", "system:masters"]);

/** No binding makes somebody an administrator, or gives a right to everybody. */
export const disallowBindingAdmin: ResourceRule = {
  name: "binding-disallow-admin",
  description: "No binding makes somebody an administrator, or gives a right to everybody.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Bind a role that names what is needed to a ServiceAccount of its own.",
  page: "policies.md",
  types: ["kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding"],
  mayBeAbsent: "this program needs no rights in the cluster",
  check: ({ properties }, report) => {
    const role = text(properties, "roleRef", "name");
    if (role === undefined || ADMIN_ROLES.has(role)) report({ field: "roleRef.name", found: role, fix: "Name a role of this program." });
    for (const [index, subject] of list(properties, "subjects").entries()) {
      const found = text(subject, "name");
      const kind = text(subject, "kind");
      if (kind !== "ServiceAccount" || found === undefined || found === "default")
        report({ field: `subjects[${index}]`, found: `${kind} ${found}`, fix: "Name one ServiceAccount of its own." });
    }
  },
};
