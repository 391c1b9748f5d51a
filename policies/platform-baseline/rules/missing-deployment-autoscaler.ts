import { objectName, objectNamespace } from "../../lib/kubernetes";
import { at, text } from "../../lib/read";
import type { Resource, StackRule } from "../../lib/rule";

/** Every Deployment has one HorizontalPodAutoscaler, and each of these scales a Deployment that exists. */
export const missingDeploymentAutoscaler: StackRule = {
  name: "deployment-missing-autoscaler",
  description: "Every Deployment has one HorizontalPodAutoscaler, and each of these scales a Deployment that exists.",
  severity: "high",
  checklist: ["RB-6.3"],
  remediationSteps: "Add a HorizontalPodAutoscaler whose scaleTargetRef names the Deployment, in its namespace.",
  page: "runbook/6-observability.md",
  types: ["kubernetes:apps/v1:Deployment"],
  checkStack: (stack, report) => {
    const deployments = stack.ofType("kubernetes:apps/v1:Deployment");
    const scalers = stack.ofType("kubernetes:autoscaling/v2:HorizontalPodAutoscaler");
    const scales = (scaler: Resource, deployment: Resource) =>
      text(scaler.properties, "spec", "scaleTargetRef", "kind") === "Deployment" &&
      text(scaler.properties, "spec", "scaleTargetRef", "apiVersion") === "apps/v1" &&
      text(scaler.properties, "spec", "scaleTargetRef", "name") === objectName(deployment) &&
      objectNamespace(scaler) === objectNamespace(deployment);
    for (const deployment of deployments) {
      const own = scalers.filter((scaler) => scales(scaler, deployment));
      if (own.length !== 1)
        report(deployment, {
          field: "its HorizontalPodAutoscalers",
          found: own.map(({ name }) => name),
          fix: `Have one with scaleTargetRef ${objectName(deployment)}, in the namespace ${objectNamespace(deployment)}.`,
        });
    }
    for (const scaler of scalers)
      if (!deployments.some((deployment) => scales(scaler, deployment)))
        report(scaler, {
          field: "spec.scaleTargetRef",
          found: at(scaler.properties, "spec", "scaleTargetRef"),
          fix: `Name one of ${deployments.map(objectName).join(", ")}, kind Deployment of apps/v1, in its namespace.`,
        });
  },
};
