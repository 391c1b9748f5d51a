import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Bytes of a salt, as PostgreSQL makes them. */
const SALT_BYTES = 16;

/** No secret is guessed. */
export const enforceRandomLength: ResourceRule = {
  name: "random-enforce-length",
  description: "Random bytes are 32 at least; those of a salt, which is no secret, 16.",
  severity: "high",
  checklist: [],
  remediationSteps: "Raise length.",
  page: "policies.md",
  types: ["random:index/randomBytes:RandomBytes"],
  limits: { minimumBytes: { description: "Shortest secret", unit: "bytes", default: 32, minimum: 32, maximum: 128 } },
  check: ({ name, properties }, report, { limits }) => {
    const found = at(properties, "length");
    const minimum = name.endsWith("-salt") ? SALT_BYTES : (limits["minimumBytes"] ?? NaN);
    if (!(typeof found === "number" && found >= minimum)) report({ field: "length", found, fix: `Set it to ${minimum} or more.` });
  },
};
