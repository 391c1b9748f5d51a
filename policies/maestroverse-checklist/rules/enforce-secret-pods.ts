import { objectName, podReferences } from "../../lib/kubernetes";
import { at, isSet, known, UNKNOWN } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { SECRET, SECRET_NAMES } from "../runbook";
import { annotation, generationAnnotation, podsSecret, rotatedOnAnnotation } from "../secrets";
import { servingContainers } from "../server";

/** The server has all four secrets, from one Secret that says which generation of each it holds. */
export const enforceSecretPods: StackRule = {
  name: "secret-enforce-pods",
  description:
    "The server's pods take the four secrets from one Secret, which names each one's generation and the day since which it is current.",
  severity: "critical",
  checklist: ["RB-3.1"],
  remediationSteps: "Leave the pods' Secret to components/app-secrets.ts.",
  page: "runbook/3-secrets.md",
  types: [SECRET],
  checkStack: (stack, report) => {
    const secret = podsSecret(stack);
    if (secret === undefined) {
      report(undefined, { field: `Secret of ${SECRET_NAMES.join(", ")}`, found: undefined, fix: "Make it, with their generations." });
      return;
    }
    for (const name of SECRET_NAMES) {
      for (const key of [generationAnnotation(name), rotatedOnAnnotation(name)])
        if (annotation(secret, key) === undefined)
          report(secret, { field: `metadata.annotations["${key}"]`, found: undefined, fix: `Say it of ${name}.` });
      // As long as a preview does not know the values it may not know the keys.
      const data = known(() => at(secret.properties, "stringData"));
      if (data !== UNKNOWN && !isSet(data, name)) report(secret, { field: `stringData.${name}`, found: undefined, fix: `Add ${name}.` });
    }
    for (const { workload, template, container } of servingContainers(stack)) {
      const taken = podReferences(template).some(
        ({ kind, name, field }) => kind === "Secret" && field.includes("envFrom") && name === objectName(secret),
      );
      if (!taken) report(workload, { field: `${container.path}.envFrom`, found: undefined, fix: `Add the Secret ${objectName(secret)}.` });
    }
  },
};
