import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Secrets and ConfigMaps are immutable: a change is another object, so that running pods keep what they started with. */
export const enforceSecretImmutability: ResourceRule = {
  name: "secret-enforce-immutability",
  description: "Secrets and ConfigMaps are immutable: a change is another object, so that running pods keep what they started with.",
  severity: "high",
  checklist: ["RB-3.1"],
  remediationSteps: "Set immutable: true and name the object by generation or content (contentTag).",
  page: "runbook/3-secrets.md",
  types: ["kubernetes:core/v1:Secret", "kubernetes:core/v1:ConfigMap"],
  check: ({ properties }, report) => {
    const found = at(properties, "immutable");
    if (found !== true) report({ field: "immutable", found, fix: "Set it to true." });
  },
};
