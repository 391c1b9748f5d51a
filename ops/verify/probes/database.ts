/** Runbook §2: what the roles may do, tried and read. */
import { ROLE_NAMES, type RoleKey } from "../../../components/lib/privileges";
import { readCatalogue } from "../../database/catalogue";
import { compareCatalogue } from "../../database/compare";
import { runContract, violations, withProbe } from "../../database/contract-run";
import type { MatrixEvidence } from "../evidence";
import { judge, type Probe } from "../probe";
import { describeRoles, grantsGrid } from "../roles";
import { databaseArgs } from "../../../settings/database-args";

/** Findings that are worth repeating in a line. */
const REPEATED = 3;

function abridge(problems: readonly string[]): string[] {
  return problems.length <= REPEATED ? [...problems] : [...problems.slice(0, REPEATED), `and ${problems.length - REPEATED} more`];
}

const contract: Probe = {
  line: "RB-2.1",
  name: "privilege-contract",
  title: "Each role, logged in, is allowed and refused what is specified",
  needs: ["database", "cluster"],
  async run({ settings, systems }) {
    const sessions = {
      app: await systems.sessionOf("app"),
      backup: await systems.sessionOf("backup"),
      migrator: await systems.sessionOf("migrator"),
    };
    const results = await withProbe(sessions.migrator, (objects) =>
      runContract({ sessions, objects, adminUser: settings.database.adminUser }),
    );
    const roles: readonly RoleKey[] = ["app", "backup", "migrator"];
    const actions = [...new Set(results.map(({ action }) => action))];
    const matrix: MatrixEvidence = {
      kind: "matrix",
      title: "What each role may do",
      columns: roles.map((role) => ROLE_NAMES[role]),
      rows: actions.map((action) => ({
        label: action,
        cells: roles.map((role) => {
          const found = results.find((each) => each.role === role && each.action === action);
          return { got: found?.got ?? "", expected: found?.expected ?? "" };
        }),
      })),
    };
    return judge(
      abridge(violations(results)),
      `${results.length} statements of ${roles.length} roles were allowed or refused as specified`,
      "npm run ops -- drift --stack NAME says what differs and prints the SQL that mends it (docs/runbook/2-database.md).",
      matrix,
    );
  },
};

const catalogue: Probe = {
  line: "RB-2.1",
  name: "privilege-catalogue",
  title: "The catalogue holds the specified roles, grants and defaults, and none beyond",
  needs: ["database"],
  async run({ settings: { database, web }, systems }) {
    const client = await systems.administrator();
    const found = await readCatalogue(client);
    const drifted = compareCatalogue(found, databaseArgs({ database, web }));
    return judge(
      abridge(drifted.map(({ problem }) => problem)),
      `${found.privileges.length} grants and ${found.defaults.length} defaults, none beyond; ${ROLE_NAMES.app} has no attribute and no DDL`,
      "npm run ops -- drift --stack NAME prints the SQL that mends it, after you know who did it and why (docs/runbook/2-database.md).",
      { kind: "text", title: "\\du", text: await describeRoles(client) },
      grantsGrid(found),
    );
  },
};

export const databaseProbes: readonly Probe[] = [contract, catalogue];
