import { objectName } from "../../lib/kubernetes";
import { isSet, list, mapping, text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

/** Every namespace has a NetworkPolicy that denies all its pods everything, in both directions. */
export const missingNamespaceDefaultDeny: StackRule = {
  name: "namespace-missing-default-deny",
  description: "Every namespace has a NetworkPolicy that denies all its pods everything, in both directions.",
  severity: "critical",
  checklist: [],
  remediationSteps: "Make it a HardenedNamespace (components/namespace.ts), and allow what is needed in further policies.",
  page: "policies.md",
  types: ["kubernetes:core/v1:Namespace"],
  checkStack: (stack, report) => {
    const policies = stack.ofType("kubernetes:networking.k8s.io/v1:NetworkPolicy");
    for (const namespace of stack.ofType("kubernetes:core/v1:Namespace"))
      for (const [direction, rules] of [
        ["Ingress", "ingress"],
        ["Egress", "egress"],
      ] as const) {
        const denies = policies.some(({ properties }) => {
          const { podSelector, policyTypes } = mapping(properties, "spec");
          const everyPod = isSet(podSelector) && Object.keys(mapping(podSelector)).length === 0;
          const closed = list(policyTypes).includes(direction) && list(properties, "spec", rules).length === 0;
          return text(properties, "metadata", "namespace") === objectName(namespace) && everyPod && closed;
        });
        if (!denies)
          report(namespace, {
            field: `default deny of ${direction}`,
            found: undefined,
            fix: `Add a NetworkPolicy to ${objectName(namespace)} with podSelector {}, policyTypes [Ingress, Egress] and no rule.`,
          });
      }
  },
};
