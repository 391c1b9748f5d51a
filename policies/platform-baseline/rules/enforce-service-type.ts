import { at, list } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Every Service is reachable inside the cluster only; what comes from outside comes through the Ingress. */
export const enforceServiceType: ResourceRule = {
  name: "service-enforce-type",
  description: "Every Service is reachable inside the cluster only; what comes from outside comes through the Ingress.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Set type: ClusterIP and no address of a node.",
  page: "runbook/4-edge.md",
  types: ["kubernetes:core/v1:Service"],
  check: ({ properties }, report) => {
    const type = at(properties, "spec", "type");
    if (type !== "ClusterIP") report({ field: "spec.type", found: type, fix: "Set it to ClusterIP." });
    const addresses = list(properties, "spec", "externalIPs");
    if (addresses.length > 0) report({ field: "spec.externalIPs", found: addresses, fix: "Remove them: they go round the edge." });
  },
};
