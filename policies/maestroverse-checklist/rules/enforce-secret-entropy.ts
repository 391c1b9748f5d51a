import { at, json, known, mapping, text, UNKNOWN } from "../../lib/read";
import type { Resource, StackRule } from "../../lib/rule";
import { SECRET_NAMES } from "../runbook";
import { annotation, generationAnnotation, isAdoptedValue, podsSecret, RANDOM_BYTES, valuesOf, VERSION } from "../secrets";

/** Bits that a character of a value from elsewhere is worth at most: base64's. */
const CHARACTER_BITS = 6;

/** Each generation of a secret is 64 random bytes, as `openssl rand -base64 64` makes them. */
export const enforceSecretEntropy: StackRule = {
  name: "secret-enforce-entropy",
  description: "The current generation of each of the four secrets is 64 random bytes or more, its own; a value from before, as long.",
  severity: "critical",
  checklist: ["RB-3.1"],
  remediationSteps: "Leave the values to components/app-secrets.ts; rotate a weak one that was adopted: npm run ops -- rotate.",
  page: "runbook/3-secrets.md",
  types: [RANDOM_BYTES, VERSION],
  limits: { bytes: { description: "Least random bytes of a secret", unit: "bytes", default: 64, minimum: 64, maximum: 1024 } },
  checkStack: (stack, report, { limits: { bytes = 64 } }) => {
    const pods = podsSecret(stack);
    const characters = Math.ceil((bytes * 8) / CHARACTER_BITS);
    for (const name of SECRET_NAMES) {
      const generation = pods && annotation(pods, generationAnnotation(name));
      const own = valuesOf(stack, name);
      if (!own.some((each) => String(each.generation) === generation))
        report(undefined, { field: `random bytes of ${name}, generation ${generation}`, found: undefined, fix: `Make ${bytes}.` });
      for (const { resource } of own)
        if (isAdoptedValue(resource)) {
          const length = adoptedLength(resource, name);
          if (length !== UNKNOWN && length < characters)
            report(resource, {
              field: `the adopted value of ${name}`,
              found: `${length} characters long`,
              fix: `It should have ${characters} or more: rotate it.`,
            });
        } else {
          const found = at(resource.properties, "length");
          if (typeof found !== "number" || found < bytes) report(resource, { field: "length", found, fix: `Set it to ${bytes} or more.` });
        }
    }
  },
};

/** Characters of a secret's value in a version that is adopted; unknown until it is imported. */
function adoptedLength({ properties }: Resource, name: string): number | typeof UNKNOWN {
  const bundle = known(() => text(properties, "secretString"));
  if (bundle === UNKNOWN) return UNKNOWN;
  const value = mapping(json(bundle))[name];
  return typeof value === "string" ? value.length : 0;
}
