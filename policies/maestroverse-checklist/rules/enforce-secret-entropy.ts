import { at } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { kebab, SECRET_NAMES } from "../runbook";
import { annotation, generationAnnotation, podsSecret } from "../secrets";

const RANDOM_BYTES = "random:index/randomBytes:RandomBytes";

/** Each generation of a secret is 64 random bytes, as `openssl rand -base64 64` makes them. */
export const enforceSecretEntropy: StackRule = {
  name: "secret-enforce-entropy",
  description: "The current generation of each of the four secrets is 64 random bytes or more, its own.",
  severity: "critical",
  checklist: ["RB-3.1"],
  remediationSteps: "Leave the values to components/app-secrets.ts.",
  page: "runbook/3-secrets.md",
  types: [RANDOM_BYTES],
  limits: { bytes: { description: "Least random bytes of a secret", unit: "bytes", default: 64, minimum: 64, maximum: 1024 } },
  checkStack: (stack, report, { limits: { bytes = 64 } }) => {
    const pods = podsSecret(stack);
    for (const name of SECRET_NAMES) {
      const generation = pods && annotation(pods, generationAnnotation(name));
      const own = stack.ofType(RANDOM_BYTES).filter((each) => new RegExp(`(^|-)${kebab(name)}-g\\d+$`).test(each.name));
      if (!own.some((each) => each.name.endsWith(`-g${generation}`)))
        report(undefined, { field: `random bytes of ${name}, generation ${generation}`, found: undefined, fix: `Make ${bytes}.` });
      for (const each of own) {
        const found = at(each.properties, "length");
        if (typeof found !== "number" || found < bytes) report(each, { field: "length", found, fix: `Set it to ${bytes} or more.` });
      }
    }
  },
};
