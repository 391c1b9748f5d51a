import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** No ServiceAccount hands its token to the pods that use it. */
export const disallowAccountToken: ResourceRule = {
  name: "account-disallow-token",
  description: "No ServiceAccount hands its token to the pods that use it.",
  severity: "high",
  checklist: [],
  remediationSteps: "Set automountServiceAccountToken: false.",
  page: "policies.md",
  types: ["kubernetes:core/v1:ServiceAccount"],
  check: ({ properties }, report) => {
    const found = at(properties, "automountServiceAccountToken");
    if (found !== false) report({ field: "automountServiceAccountToken", found, fix: "Set it to false." });
  },
};
