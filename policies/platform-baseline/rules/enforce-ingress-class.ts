import { at, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Every Ingress names the class of its controller, and none catches the hosts that no rule names. */
export const enforceIngressClass: ResourceRule = {
  name: "ingress-enforce-class",
  description: "Every Ingress names the class of its controller, and none catches the hosts that no rule names.",
  severity: "high",
  checklist: [],
  remediationSteps: "Set ingressClassName (settings: cluster.ingressController) and no defaultBackend.",
  page: "runbook/4-edge.md",
  types: ["kubernetes:networking.k8s.io/v1:Ingress"],
  check: ({ properties }, report) => {
    const found = text(properties, "spec", "ingressClassName");
    if (found === undefined || found === "")
      report({ field: "spec.ingressClassName", found, fix: "Name the class: without one any controller may serve it." });
    const backend = at(properties, "spec", "defaultBackend");
    if (backend !== undefined) report({ field: "spec.defaultBackend", found: backend, fix: "Remove it: it answers for every host." });
  },
};
