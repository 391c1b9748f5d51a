/** The roles and their privileges as a script for psql: what components/database-roles.ts makes, for a DBA without Pulumi. */
import type { Settings } from "../../config";
import { connectionLimits } from "../../components/lib/database-limits";
import { ROLE_ATTRIBUTES, specifiedRoles, type SpecifiedRole } from "../../components/lib/database-role-spec";
import { MIGRATIONS_TABLE, PRIVILEGE_STEPS, type PrivilegeStep, PUBLIC, ROLE_NAMES, SCHEMA } from "../../components/lib/privileges";
import { databaseArgs } from "../../settings/database-args";

/** File of the rendered script for stack prod. */
export const RENDERED_SCRIPT = "docs/runbook/2-database-roles.sql";

/**
 * The specification, and for tables that exist what it says of those to come: there the provider's resource would fight with the one that keeps
 * {@link MIGRATIONS_TABLE} out of reach.
 */
const STEPS: readonly PrivilegeStep[] = PRIVILEGE_STEPS.flatMap((step) => {
  const { on, objectType, role } = step;
  const isSaid = PRIVILEGE_STEPS.some((each) => each.on === "existing" && each.objectType === objectType && each.role === role);
  return on === "future" && objectType === "table" && !isSaid ? [{ ...step, on: "existing" as const }, step] : [step];
});

/** The script of a stack. It may run again at any time: it takes the catalogue to what is specified, and holds no password. */
export function renderDatabaseRoles({ environment, database, web }: Pick<Settings, "environment" | "database" | "web">): string {
  const limits = connectionLimits(databaseArgs({ database, web }));
  const name = database.name;
  const roles = specifiedRoles(database);
  return `-- The database roles of stack ${environment} (runbook section 2), for an administrator without Pulumi.
-- Rendered: npm run --silent ops -- render database-roles --stack ${environment}. Change components/lib/privileges.ts, not this.
--
--   psql --no-psqlrc --host=${database.host} --port=${database.port} --username=${database.adminUser} --dbname=postgres --file=<this file>
--
-- The administrator is a superuser, or has CREATEROLE and owns the database (CREATEDB where it does not exist yet). Run it again after the first
-- migration, which makes ${MIGRATIONS_TABLE}. Then give each role its password; psql asks for it and sends a SCRAM verifier only:
--
${roles.map((role) => `--   \\password ${role.name}`).join("\n")}

\\set ON_ERROR_STOP on
SET password_encryption = 'scram-sha-256';
SELECT 'CREATE DATABASE ${name}' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '${name}') \\gexec
\\connect ${name}
BEGIN;
-- Nothing here depends on where names are looked for.
SET LOCAL search_path = pg_catalog;

-- The roles. They log in, and that is all.
${roles.map((role) => roleStatements(role, limits[role.key])).join("\n")}

-- Who is no superuser acts on what the migrator owns as a member of it, for the length of this transaction.
GRANT ${ROLE_NAMES.migrator} TO CURRENT_USER;

-- Everything in the schema is the migrator's.
ALTER SCHEMA ${SCHEMA} OWNER TO ${ROLE_NAMES.migrator};

-- Privileges. What PUBLIC holds, every role holds.
${STEPS.flatMap((step) => stepStatements(step, name)).join("\n")}

-- Prisma's record of migrations: who writes it decides what the next one does.
SELECT 'REVOKE ALL ON TABLE ${SCHEMA}.${MIGRATIONS_TABLE} FROM ${ROLE_NAMES.app}'
 WHERE to_regclass('${SCHEMA}.${MIGRATIONS_TABLE}') IS NOT NULL \\gexec

REVOKE ${ROLE_NAMES.migrator} FROM CURRENT_USER;
COMMIT;
`;
}

/** Creates a role where there is none, and gives it its limits and parameters in any case. */
function roleStatements({ name: role, parameters, memberOf }: SpecifiedRole, connectionLimit: number): string {
  const attributes = ROLE_ATTRIBUTES.map(({ keyword, value }) => (value ? keyword : `NO${keyword}`)).join(" ");
  return [
    `SELECT 'CREATE ROLE ${role} ${attributes}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') \\gexec`,
    `ALTER ROLE ${role} LOGIN CONNECTION LIMIT ${connectionLimit} VALID UNTIL 'infinity';`,
    ...(memberOf === undefined ? [] : [`GRANT ${memberOf} TO ${role};`]),
    ...Object.entries<string>({ ...parameters }).map(([parameter, value]) => `ALTER ROLE ${role} SET ${parameter} TO ${value};`),
  ].join("\n");
}

/** A step of the specification: all is revoked, then granted what is in the list. */
function stepStatements({ on, role, objectType, privileges, schema }: PrivilegeStep, database: string): string[] {
  const who = role === PUBLIC ? "PUBLIC" : role;
  const kind = objectType.toUpperCase();
  const target = {
    database: `DATABASE ${database}`,
    schema: `SCHEMA ${schema}`,
    sequence: `ALL SEQUENCES IN SCHEMA ${schema}`,
    table: `ALL TABLES IN SCHEMA ${schema}`,
    function: `ALL FUNCTIONS IN SCHEMA ${schema}`,
  }[objectType];
  const [beginning, object] =
    on === "existing"
      ? ["", target]
      : [`ALTER DEFAULT PRIVILEGES FOR ROLE ${ROLE_NAMES.migrator}${schema === undefined ? "" : ` IN SCHEMA ${schema}`} `, `${kind}S`];
  return [
    `${beginning}REVOKE ALL ON ${object} FROM ${who};`,
    ...(privileges.length === 0 ? [] : [`${beginning}GRANT ${privileges.join(", ")} ON ${object} TO ${who};`]),
  ];
}
