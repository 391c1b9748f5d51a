import { at, known, list, UNKNOWN } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

const SECRET = "aws:secretsmanager/secret:Secret";
const VERSION = "aws:secretsmanager/secretVersion:SecretVersion";

/** Which version is current is said, and said once. */
export const enforceSecretStages: StackRule = {
  name: "secret-enforce-stages",
  description:
    "Every version of a secret says its stages, unless it leaves them as it finds them; of each secret one version is AWSCURRENT, and no stage is on two.",
  severity: "high",
  checklist: ["RB-3.1"],
  remediationSteps: "Set versionStages of each version; AWS moves labels by itself where they are left to chance.",
  page: "runbook/3-secrets.md",
  types: [VERSION],
  checkStack: (stack, report) => {
    const isOnly = stack.ofType(SECRET).length === 1;
    const bySecret = new Map<unknown, unknown[]>();
    for (const version of stack.ofType(VERSION)) {
      // It reads a value, and puts no label anywhere.
      if (version.ignoreChanges?.includes("versionStages") === true) continue;
      const id = known(() => at(version.properties, "secretId"));
      // Before the secret exists its id is unknown: with one secret it can be no other's.
      const secret = isOnly ? SECRET : id === UNKNOWN ? at(version.properties, "secretId") : id;
      const stages = list(version.properties, "versionStages");
      if (stages.length === 0) report(version, { field: "versionStages", found: stages, fix: "Say AWSCURRENT or AWSPREVIOUS." });
      const taken = bySecret.get(secret) ?? [];
      for (const stage of stages.filter((each) => taken.includes(each)))
        report(version, { field: "versionStages", found: stage, fix: "Take it off: another version of the secret has it." });
      bySecret.set(secret, [...taken, ...stages]);
    }
    for (const stages of bySecret.values())
      if (!stages.includes("AWSCURRENT")) report(undefined, { field: "versionStages", found: stages, fix: "Make one version AWSCURRENT." });
  },
};
