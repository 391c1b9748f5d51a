import { podLabels, podTemplate, selects } from "../../lib/kubernetes";
import { at, list, mapping, text } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** The pods of a Deployment are spread over zones and over nodes. */
export const enforceDeploymentSpread: ResourceRule = {
  name: "deployment-enforce-spread",
  description: "The pods of a Deployment are spread over zones and over nodes.",
  severity: "medium",
  checklist: [],
  remediationSteps: "Use the topologySpreadConstraints of components/lib/web-pod.ts.",
  page: "policies.md",
  types: ["kubernetes:apps/v1:Deployment"],
  check: (resource, report) => {
    const { path, spec } = podTemplate(resource);
    const constraints = list(spec, "topologySpreadConstraints");
    for (const key of ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]) {
      const constraint = constraints.find((each) => text(each, "topologyKey") === key);
      const field = `${path}.topologySpreadConstraints["${key}"]`;
      const [skew, selector] = [at(constraint, "maxSkew"), at(constraint, "labelSelector")];
      if (constraint === undefined) report({ field, found: undefined, fix: "Add it, with maxSkew 1." });
      else if (skew !== 1) report({ field: `${field}.maxSkew`, found: skew, fix: "Set it to 1." });
      // Without labels it counts no pod, or all of the namespace.
      else if (Object.keys(mapping(selector, "matchLabels")).length === 0 || !selects(selector, podLabels(resource)))
        report({ field: `${field}.labelSelector`, found: selector, fix: "Select the Deployment's own pods." });
    }
  },
};
