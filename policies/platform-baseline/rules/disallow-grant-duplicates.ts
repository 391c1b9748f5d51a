import { list, text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";

const GRANT = "postgresql:index/grant:Grant";
const DEFAULTS = "postgresql:index/defaultPrivileges:DefaultPrivileges";
const SCOPE = ["role", "owner", "database", "schema", "objectType"];

/** Two grants for the same thing take turns in revoking each other's privileges. */
export const disallowGrantDuplicates: StackRule = {
  name: "grant-disallow-duplicates",
  description: "No two grants are about the same role and the same objects: each revokes what it does not name.",
  severity: "high",
  checklist: [],
  remediationSteps: "Make one grant of the two.",
  page: "policies.md",
  types: [GRANT, DEFAULTS],
  checkStack: (stack, report) => {
    for (const type of [GRANT, DEFAULTS]) {
      const seen = new Map<string, string>();
      for (const grant of stack.ofType(type)) {
        const scope = [...SCOPE.map((key) => text(grant.properties, key) ?? ""), list(grant.properties, "objects").join()].join(" ");
        const other = seen.get(scope);
        if (other !== undefined) report(grant, { field: "role", found: text(grant.properties, "role"), fix: `Join it with ${other}.` });
        else seen.set(scope, grant.name);
      }
    }
  },
};
