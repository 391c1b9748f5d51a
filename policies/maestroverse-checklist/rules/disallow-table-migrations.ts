import { list, text } from "../../lib/read";
import type { StackRule } from "../../lib/rule";
import { privilegesOf } from "../privileges";
import { GRANT, ROLES } from "../runbook";

/** Prisma's record of the migrations that ran. */
const MIGRATIONS_TABLE = "_prisma_migrations";

/** Whoever writes the record of migrations decides what the next one does: the server does not even read it. */
export const disallowTableMigrations: StackRule = {
  name: "table-disallow-migrations",
  description: "The role maestro_app has nothing on _prisma_migrations, and no grant on all tables would give it back.",
  severity: "high",
  checklist: ["RB-2.1"],
  remediationSteps: "Keep DatabaseRoles.protectMigrationsTable, and grant tables by default privileges only.",
  page: "runbook/2-database.md",
  types: [GRANT],
  checkStack: (stack, report) => {
    const onTables = privilegesOf(stack, ROLES.app).filter(
      ({ type, properties }) => type === GRANT && text(properties, "objectType") === "table",
    );
    const isOpen = ({ properties }: (typeof onTables)[number]) => list(properties, "privileges").length > 0;
    const covers = ({ properties }: (typeof onTables)[number]) => list(properties, "objects").includes(MIGRATIONS_TABLE);
    for (const grant of onTables.filter((each) => isOpen(each) && (covers(each) || list(each.properties, "objects").length === 0)))
      report(grant, {
        field: covers(grant) ? "privileges" : "objects",
        found: list(grant.properties, covers(grant) ? "privileges" : "objects"),
        fix: `Leave ${ROLES.app} nothing on ${MIGRATIONS_TABLE}.`,
      });
    if (!onTables.some(covers))
      report(undefined, { field: `grant of ${ROLES.app} on ${MIGRATIONS_TABLE}`, found: undefined, fix: "Add one without privileges." });
  },
};
