import type { ResourceRule } from "../../lib/rule";

/** Random values that the provider does not mark as secret, or that are too few to be one. */
const PLAIN = [
  "randomString:RandomString",
  "randomId:RandomId",
  "randomPet:RandomPet",
  "randomInteger:RandomInteger",
  "randomUuid:RandomUuid",
];

/** Whatever is random here is a secret, and marked as one. */
export const disallowRandomPlain: ResourceRule = {
  name: "random-disallow-plain",
  description: "No random value is of a kind that state and output show in clear. Names need none: they derive from generations.",
  severity: "high",
  checklist: [],
  remediationSteps: "Use RandomPassword or RandomBytes for a secret, a generation for a name.",
  page: "policies.md",
  types: PLAIN.map((kind) => `random:index/${kind}`),
  mayBeAbsent: "There is to be none.",
  check: ({ type }, report) => report({ field: "type", found: type.split(":").at(-1), fix: "Use RandomPassword or RandomBytes." }),
};
