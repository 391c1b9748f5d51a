import { objectNamespace, POD_TYPES, podLabels, selects } from "../../lib/kubernetes";
import { at, list, mapping } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

/** Every workload has a NetworkPolicy of its own that says what its pods may reach and who may reach them. */
export const missingPodNetworkPolicy: StackRule = {
  name: "pod-missing-network-policy",
  description: "Every workload has a NetworkPolicy of its own that says what its pods may reach and who may reach them.",
  severity: "high",
  checklist: [],
  remediationSteps: "Add a NetworkPolicy whose podSelector names the workload's label, with both policyTypes.",
  page: "policies.md",
  types: POD_TYPES,
  checkStack: (stack, report) => {
    const policies = stack.ofType("kubernetes:networking.k8s.io/v1:NetworkPolicy");
    for (const resource of stack.ofType(...POD_TYPES)) {
      const labels = podLabels(resource);
      const own = policies.filter(({ properties }) => {
        const selector = at(properties, "spec", "podSelector");
        return Object.keys(mapping(selector, "matchLabels")).length > 0 && selects(selector, labels);
      });
      const here = own.filter((policy) => objectNamespace(policy) === objectNamespace(resource));
      for (const direction of ["Ingress", "Egress"])
        if (!here.some(({ properties }) => list(properties, "spec", "policyTypes").includes(direction)))
          report(resource, {
            field: "metadata.labels of its pods",
            found: labels,
            fix: `Add a NetworkPolicy of the type ${direction} that selects them, in the namespace ${objectNamespace(resource)}.`,
          });
    }
  },
};
