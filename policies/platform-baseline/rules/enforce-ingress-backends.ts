import { findObject, objectName, objectNamespace } from "../../lib/kubernetes";
import { at, list, mapping, text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

/** Every path of an Ingress leads to a port of a Service of its namespace. */
export const enforceIngressBackends: StackRule = {
  name: "ingress-enforce-backends",
  description: "Every path of an Ingress leads to a port of a Service of its namespace.",
  severity: "high",
  checklist: [],
  remediationSteps: "Name the Service and its port as the stack has them.",
  page: "runbook/4-edge.md",
  types: ["kubernetes:networking.k8s.io/v1:Ingress"],
  checkStack: (stack, report) => {
    const services = stack.ofType("kubernetes:core/v1:Service");
    for (const ingress of stack.ofType("kubernetes:networking.k8s.io/v1:Ingress"))
      for (const [index, rule] of list(ingress.properties, "spec", "rules").entries())
        for (const [number, path] of list(rule, "http", "paths").entries()) {
          const field = `spec.rules[${index}].http.paths[${number}].backend.service`;
          const backend = mapping(path, "backend", "service");
          const service = findObject(services, text(backend, "name"), objectNamespace(ingress));
          if (service === undefined) {
            report(ingress, { field: `${field}.name`, found: backend["name"], fix: `Name a Service of ${objectNamespace(ingress)}.` });
            continue;
          }
          const { name, number: port } = mapping(backend, "port");
          const exists = list(service.properties, "spec", "ports").some(
            (each) => (name !== undefined && at(each, "name") === name) || (port !== undefined && at(each, "port") === port),
          );
          if (!exists)
            report(ingress, { field: `${field}.port`, found: name ?? port, fix: `Name a port of the Service ${objectName(service)}.` });
        }
  },
};
