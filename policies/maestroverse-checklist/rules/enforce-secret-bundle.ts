import { json, known, list, mapping, text, UNKNOWN } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { SECRET_NAMES } from "../runbook";
import { annotation, generationAnnotation, podsSecret, rotatedOnAnnotation, writtenVersions } from "../secrets";

const BUNDLE = "aws:secretsmanager/secret:Secret";

/** AWS Secrets Manager holds what the pods have: the same secrets, of the same generations. */
export const enforceSecretBundle: StackRule = {
  name: "secret-enforce-bundle",
  description: "AWS Secrets Manager's current version holds the four secrets, tagged with the generations that the pods have.",
  severity: "critical",
  checklist: ["RB-3.1"],
  remediationSteps: "Leave the bundle to components/app-secrets.ts: it is the source of truth.",
  page: "runbook/3-secrets.md",
  types: [BUNDLE],
  checkStack: (stack, report) => {
    const pods = podsSecret(stack);
    const tagged = stack
      .ofType(BUNDLE)
      .filter(({ properties }) => SECRET_NAMES.some((name) => mapping(properties, "tags")[name] !== undefined));
    if (tagged.length !== 1)
      report(tagged[1], { field: `tags of ${BUNDLE}`, found: `${tagged.length} bundles`, fix: `Tag one with ${SECRET_NAMES.join(", ")}.` });
    for (const bundle of tagged)
      for (const name of SECRET_NAMES) {
        const found = mapping(bundle.properties, "tags")[name];
        const [number, day] = [generationAnnotation(name), rotatedOnAnnotation(name)].map((key) => pods && annotation(pods, key));
        const wanted = `generation ${number} of ${day}`;
        if (found !== wanted) report(bundle, { field: `tags.${name}`, found, fix: `Set it to "${wanted}", which the pods have.` });
      }
    for (const version of writtenVersions(stack)) {
      if (!list(version.properties, "versionStages").includes("AWSCURRENT")) continue;
      const values = known(() => text(version.properties, "secretString"));
      if (values === UNKNOWN) continue;
      const names = Object.keys(mapping(json(values)));
      for (const name of SECRET_NAMES.filter((each) => !names.includes(each)))
        report(version, { field: "secretString", found: names.join(", "), fix: `Add ${name}.` });
    }
  },
};
