import { objectName } from "../../lib/kubernetes";
import { at, isSet, json, known, list, mapping, text, UNKNOWN } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { SECRET, SECRET_NAMES } from "../runbook";
import { annotation, generationAnnotation, podsSecret, valuesOf, writtenVersions } from "../secrets";

/** A second value exists for the time of an overlap, everywhere that it has to, and nowhere after it. */
export const enforceSecretOverlap: StackRule = {
  name: "secret-enforce-overlap",
  description:
    "Two generations of a secret exist in an overlap only: the next in NAME_ROLLING and AWSPENDING, or the old in NAME_ROLLING and AWSPREVIOUS.",
  severity: "critical",
  checklist: ["RB-3.1"],
  remediationSteps: "Leave it to components/app-secrets.ts: `overlap` of the secret's generation, in the stack's settings.",
  page: "runbook/3-secrets.md",
  types: [SECRET],
  checkStack: (stack, report) => {
    const pods = podsSecret(stack);
    // That there is one is another rule's.
    if (pods === undefined) return;
    const states = SECRET_NAMES.map((name) => {
      const current = Number(annotation(pods, generationAnnotation(name)));
      const others = valuesOf(stack, name)
        .map(({ generation }) => generation)
        .filter((generation) => generation !== current);
      const overlap = others.includes(current - 1) ? "o" : others.includes(current + 1) ? "n" : "";
      return { name, current, others, overlap };
    });
    for (const { name, current, others, overlap } of states)
      for (const other of others.filter((each) => each !== current + (overlap === "n" ? 1 : -1)))
        report(pods, { field: `random bytes of ${name}`, found: `generation ${other}`, fix: `Remove it: ${current} is current.` });

    // The name is what rolls the pods, so it says both.
    const tag = states.map(({ current, overlap }) => `${current}${overlap}`).join("-");
    if (objectName(pods)?.endsWith(`-${tag}`) !== true)
      report(pods, { field: "metadata.name", found: objectName(pods), fix: `End it with ${tag}, the generations that exist.` });

    const data = known(() => at(pods.properties, "stringData"));
    for (const { name, overlap } of data === UNKNOWN ? [] : states) {
      const rolling = isSet(data, `${name}_ROLLING`);
      if (rolling !== (overlap !== ""))
        report(pods, {
          field: `stringData.${name}_ROLLING`,
          found: rolling ? "set" : undefined,
          fix: overlap === "" ? "Remove it." : `Set it to the ${overlap === "o" ? "old" : "next"} value.`,
        });
    }
    const staged = (label: string) => writtenVersions(stack).filter(({ properties }) => list(properties, "versionStages").includes(label));
    const pending = staged("AWSPENDING");
    const next = states.filter(({ overlap }) => overlap === "n").map(({ name }) => name);
    if (pending.length > 0 !== next.length > 0)
      report(pending[0], {
        field: "a version with the label AWSPENDING",
        found: pending.length > 0 ? "set" : undefined,
        fix: next.length > 0 ? `Put the next values of ${next.join(", ")} there.` : "Remove it: there is no next value.",
      });
    const overlaps = states.some(({ overlap }) => overlap === "o");
    for (const version of staged("AWSPREVIOUS")) {
      const values = known(() => text(version.properties, "secretString"));
      if (values === UNKNOWN) continue;
      const names = Object.keys(mapping(json(values)));
      if (names.length > 0 !== overlaps)
        report(version, {
          field: "secretString",
          found: names.join(", "),
          fix: overlaps ? "Put the old values in." : "Empty it: none is valid.",
        });
    }
  },
};
