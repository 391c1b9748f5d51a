import { objectNamespace, podLabels, selects } from "../../lib/kubernetes";
import { at, isSet } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

/** Every Deployment has one PodDisruptionBudget, which lets pods go one at a time. */
export const missingDeploymentBudget: StackRule = {
  name: "deployment-missing-budget",
  description: "Every Deployment has one PodDisruptionBudget, which lets pods go one at a time.",
  severity: "high",
  checklist: [],
  remediationSteps: "Add a PodDisruptionBudget with the Deployment's selector and maxUnavailable: 1.",
  page: "policies.md",
  types: ["kubernetes:apps/v1:Deployment"],
  checkStack: (stack, report) => {
    const budgets = stack.ofType("kubernetes:policy/v1:PodDisruptionBudget");
    for (const resource of stack.ofType("kubernetes:apps/v1:Deployment")) {
      const own = budgets.filter(
        (budget) =>
          objectNamespace(budget) === objectNamespace(resource) &&
          isSet(budget.properties, "spec", "selector") &&
          selects(at(budget.properties, "spec", "selector"), podLabels(resource)),
      );
      // Two of them for one pod make every eviction fail.
      if (own.length !== 1)
        report(resource, {
          field: "its PodDisruptionBudgets",
          found: own.map(({ name }) => name),
          fix: `Have one that selects its pods, in the namespace ${objectNamespace(resource)}.`,
        });
    }
    for (const budget of budgets) {
      const found = at(budget.properties, "spec", "maxUnavailable");
      if (found !== 1) report(budget, { field: "spec.maxUnavailable", found, fix: "Set it to 1: 0 stops every drain, more leaves a gap." });
    }
  },
};
