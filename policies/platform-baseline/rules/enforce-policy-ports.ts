import { at, list } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Every rule of a NetworkPolicy names its ports. */
export const enforcePolicyPorts: ResourceRule = {
  name: "policy-enforce-ports",
  description: "Every rule of a NetworkPolicy names its ports.",
  severity: "high",
  checklist: [],
  remediationSteps: "List the ports with their protocol.",
  page: "policies.md",
  types: ["kubernetes:networking.k8s.io/v1:NetworkPolicy"],
  check: ({ properties }, report) => {
    for (const direction of ["ingress", "egress"])
      for (const [index, rule] of list(properties, "spec", direction).entries()) {
        const ports = list(rule, "ports");
        const field = `spec.${direction}[${index}].ports`;
        if (ports.length === 0) report({ field, found: at(rule, "ports"), fix: "Name them: an empty list is every port." });
        for (const [number, port] of ports.entries()) {
          if (at(port, "port") === undefined)
            report({ field: `${field}[${number}].port`, found: undefined, fix: "Name it: none is every port." });
          const end = at(port, "endPort");
          if (end !== undefined) report({ field: `${field}[${number}].endPort`, found: end, fix: "Name the ports one by one." });
        }
      }
  },
};
