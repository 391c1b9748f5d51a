import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** No password is guessed. */
export const enforcePasswordLength: ResourceRule = {
  name: "password-enforce-length",
  description: "Every random password has 24 characters at least.",
  severity: "high",
  checklist: [],
  remediationSteps: "Raise length.",
  page: "policies.md",
  types: ["random:index/randomPassword:RandomPassword"],
  limits: { minimumLength: { description: "Shortest password", unit: "characters", default: 24, minimum: 24, maximum: 128 } },
  check: ({ properties }, report, { limits }) => {
    const found = at(properties, "length");
    const minimum = limits["minimumLength"] ?? NaN;
    if (!(typeof found === "number" && found >= minimum)) report({ field: "length", found, fix: `Set it to ${minimum} or more.` });
  },
};
