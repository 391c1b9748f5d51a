import { hasPort, objectNamespace, POD_TYPES, podLabels, podTemplate, selects } from "../../lib/kubernetes";
import { at, list, mapping } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

/** Every Service selects the pods of a workload, and each of its ports is one that they have. */
export const enforceServiceTargets: StackRule = {
  name: "service-enforce-targets",
  description: "Every Service selects the pods of a workload, and each of its ports is one that they have.",
  severity: "high",
  checklist: [],
  remediationSteps: "Give the Service the selector of the Deployment, and name a port of its container as targetPort.",
  page: "runbook/4-edge.md",
  types: ["kubernetes:core/v1:Service"],
  checkStack: (stack, report) => {
    for (const service of stack.ofType("kubernetes:core/v1:Service")) {
      const selector = mapping(service.properties, "spec", "selector");
      const workloads = stack
        .ofType(...POD_TYPES)
        .filter((each) => objectNamespace(each) === objectNamespace(service) && selects({ matchLabels: selector }, podLabels(each)));
      if (Object.keys(selector).length === 0 || workloads.length === 0) {
        report(service, { field: "spec.selector", found: selector, fix: `Select the pods of a workload of ${objectNamespace(service)}.` });
        continue;
      }
      for (const [index, port] of list(service.properties, "spec", "ports").entries()) {
        const target = at(port, "targetPort") ?? at(port, "port");
        for (const workload of workloads)
          if (!hasPort(podTemplate(workload).containers, target))
            report(service, {
              field: `spec.ports[${index}].targetPort`,
              found: target,
              fix: `Name a port of the containers of ${workload.name}.`,
            });
      }
    }
  },
};
