import { isSet } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** A rotation makes a new value beside the old one: changed keepers would destroy it. */
export const enforceRandomGeneration: ResourceRule = {
  name: "random-enforce-generation",
  description: "Every random value is named by its generation (-g1) and has no keepers: two generations are two resources.",
  severity: "high",
  checklist: ["RB-3.1"],
  remediationSteps: "Name the resource by its generation, and leave keepers out.",
  page: "runbook/3-secrets.md",
  types: ["random:index/randomPassword:RandomPassword", "random:index/randomBytes:RandomBytes"],
  check: ({ name, properties }, report) => {
    if (!/-g\d+(-|$)/.test(name)) report({ field: "name", found: name, fix: "End it with -g and the generation's number." });
    if (isSet(properties, "keepers")) report({ field: "keepers", found: "set", fix: "Remove them: their change destroys the old value." });
  },
};
