import { at } from "../../lib/read";
import type { ResourceRule } from "../../lib/rule";

/** Roles whose statements may take as long as the Job that runs them: a migration, a dump. */
const LONG_STATEMENTS = ["maestro_migrator", "maestro_backup"];

/** No role uses up the server. */
export const configureRoleLimits: ResourceRule = {
  name: "role-configure-limits",
  description: "Every PostgreSQL role has a limit of connections and of idle transactions, and of statements unless it migrates or dumps.",
  severity: "high",
  checklist: [],
  remediationSteps: "Set connectionLimit, idleInTransactionSessionTimeout and statementTimeout (milliseconds).",
  page: "policies.md",
  types: ["postgresql:index/role:Role"],
  check: ({ properties }, report) => {
    const limits = ["connectionLimit", "idleInTransactionSessionTimeout"];
    if (!LONG_STATEMENTS.includes(String(at(properties, "name")))) limits.push("statementTimeout");
    for (const field of limits) {
      const found = at(properties, field);
      // -1 and 0 are PostgreSQL's words for none.
      if (!(typeof found === "number" && found > 0)) report({ field, found, fix: "Set it to a number above 0." });
    }
  },
};
