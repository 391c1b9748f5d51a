/**
 * What the official PostgreSQL provider sends to a server for a recorded resource: the statements of its source, in its order, with its own
 * temporary membership of maestro_migrator where the administrator is no superuser.
 *
 * It proves what the statements that a component leads to do on a server. It does not prove that the provider sends just these.
 */
import type { Client } from "pg";
import { type RecordedResource, reveal } from "./mocks";

/** Inputs of the resources that are understood here. */
interface Inputs {
  readonly name: string;
  readonly owner: string;
  readonly role: string;
  readonly database: string;
  readonly schema?: string;
  readonly objectType: string;
  readonly objects?: readonly string[];
  readonly privileges: readonly string[];
  readonly [key: string]: unknown;
}

const PREFIX = "postgresql:index/";
const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** Whether a resource is one of the provider's. */
export function isPostgresql({ type }: RecordedResource): boolean {
  return type.startsWith(PREFIX);
}

/**
 * Creates a resource on the server.
 *
 * @param client connected to the resource's database as the administrator
 * @param owner role whose membership the administrator takes for the transaction; absent: it is a superuser
 */
export async function createOnServer(client: Client, resource: RecordedResource, owner?: string): Promise<void> {
  const statements = statementsOf(resource);
  const needsOwner = owner !== undefined && !resource.type.startsWith(`${PREFIX}role:`);
  const all = needsOwner
    ? [`GRANT ${identifier(owner)} TO CURRENT_USER`, ...statements, `REVOKE ${identifier(owner)} FROM CURRENT_USER`]
    : statements;
  await client.query("BEGIN");
  try {
    for (const statement of all) await client.query(statement);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw new Error(`${resource.name}: ${(error as Error).message}`, { cause: error });
  }
}

/** The statements of a resource's creation. */
export function statementsOf({ type, inputs }: RecordedResource): string[] {
  const values = reveal<Inputs>(inputs);
  if (type === `${PREFIX}role:Role`) return roleStatements(values);
  if (type === `${PREFIX}schema:Schema`) return [`ALTER SCHEMA ${identifier(values.name)} OWNER TO ${identifier(values.owner)}`];
  if (type === `${PREFIX}grant:Grant`) return grantStatements(values);
  if (type === `${PREFIX}defaultPrivileges:DefaultPrivileges`) return defaultStatements(values);
  throw new Error(`no statements are known for ${type}; add them as the provider's source has them`);
}

function roleStatements(values: Inputs): string[] {
  const role = identifier(values.name);
  const flag = (key: string, word: string) => (values[key] === true ? word : `NO${word}`);
  const options = [
    `ENCRYPTED PASSWORD ${literal(values["password"] as string)}`,
    "VALID UNTIL 'infinity'",
    `CONNECTION LIMIT ${values["connectionLimit"] as number}`,
    flag("superuser", "SUPERUSER"),
    flag("createDatabase", "CREATEDB"),
    flag("createRole", "CREATEROLE"),
    flag("inherit", "INHERIT"),
    flag("login", "LOGIN"),
    flag("bypassRowLevelSecurity", "BYPASSRLS"),
    flag("replication", "REPLICATION"),
  ];
  const set = (key: string, parameter: string) =>
    values[key] === undefined ? [] : [`ALTER ROLE ${role} SET ${parameter} TO ${values[key] as number}`];
  return [
    `CREATE ROLE ${role} WITH ${options.join(" ")}`,
    ...((values["roles"] ?? []) as string[]).map((each) => `GRANT ${identifier(each)} TO ${role}`),
    `ALTER ROLE ${role} SET search_path TO ${((values["searchPaths"] ?? ["DEFAULT"]) as string[]).join(", ")}`,
    ...set("statementTimeout", "statement_timeout"),
    ...set("idleInTransactionSessionTimeout", "idle_in_transaction_session_timeout"),
  ];
}

function grantStatements(values: Inputs): string[] {
  const kind = values.objectType.toUpperCase();
  const target = () => {
    if (kind === "DATABASE") return `DATABASE ${identifier(values.database)}`;
    const schema = identifier(values.schema as string);
    if (kind === "SCHEMA") return `SCHEMA ${schema}`;
    if (values.objects === undefined) return `ALL ${kind}S IN SCHEMA ${schema}`;
    return `${kind} ${values.objects.map((each) => `${schema}.${identifier(each)}`).join(",")}`;
  };
  return withGrant(values, `REVOKE ALL PRIVILEGES ON ${target()} FROM`, `ON ${target()} TO`);
}

function defaultStatements(values: Inputs): string[] {
  const alter = `ALTER DEFAULT PRIVILEGES FOR ROLE ${identifier(values.owner)}${values.schema === undefined ? "" : ` IN SCHEMA ${identifier(values.schema)}`}`;
  const kind = `${values.objectType.toUpperCase()}S`;
  return withGrant(values, `${alter} REVOKE ALL ON ${kind} FROM`, `ON ${kind} TO`, alter);
}

/** Everything is revoked first, then what is wanted is granted. */
function withGrant({ privileges, role }: Inputs, revoke: string, grant: string, before = ""): string[] {
  const grantee = identifier(role);
  return [`${revoke} ${grantee}`, ...(privileges.length === 0 ? [] : [`${before} GRANT ${privileges.join(",")} ${grant} ${grantee}`])];
}
