import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Every Job ends: it has a deadline, few retries and pods that are not restarted in place. */
export const enforceJobEnd: ResourceRule = {
  name: "job-enforce-end",
  description: "Every Job ends: it has a deadline, few retries and pods that are not restarted in place.",
  severity: "high",
  checklist: [],
  remediationSteps: "Set activeDeadlineSeconds and backoffLimit; restartPolicy: Never leaves a failed pod to be looked at.",
  page: "policies.md",
  types: ["kubernetes:batch/v1:Job", "kubernetes:batch/v1:CronJob"],
  limits: {
    retries: { description: "Most retries of a failed pod", unit: "pods", default: 3, minimum: 0, maximum: 3 },
  },
  check: (resource, report, { limits }) => {
    const path = resource.type.endsWith(":CronJob") ? ["spec", "jobTemplate", "spec"] : ["spec"];
    const most = limits["retries"] ?? 0;
    const field = (key: string) => [...path, key].join(".");
    const deadline = at(resource.properties, ...path, "activeDeadlineSeconds");
    if (typeof deadline !== "number" || deadline < 1)
      report({ field: field("activeDeadlineSeconds"), found: deadline, fix: "Set the longest time that it may take, in seconds." });
    const retries = at(resource.properties, ...path, "backoffLimit");
    if (typeof retries !== "number" || retries > most)
      report({ field: field("backoffLimit"), found: retries, fix: `Set it to 0 to ${most}: a Job retries 6 times by default.` });
    const policy = at(resource.properties, ...path, "template", "spec", "restartPolicy");
    if (policy !== "Never") report({ field: field("template.spec.restartPolicy"), found: policy, fix: "Set it to Never." });
  },
};
