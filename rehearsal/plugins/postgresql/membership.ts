/**
 * What an administrator who is no superuser needs: membership of the roles whose objects it changes, for the length of one transaction; and
 * the official plugin's advisory locks.
 */
import type { PostgresqlClient, Session } from "./client";
import { identifier } from "./sql";

/** PostgreSQL's word for everybody. */
const PUBLIC = "public";

/** Name of the role that PostgreSQL 14 and newer take for the owner of the current database. */
const DATABASE_OWNER = "pg_database_owner";

/**
 * Runs `work` with the administrator a member of `roles`, where it needs to be: a superuser needs no membership, and nobody else may have a
 * superuser's.
 */
export async function asMemberOf(session: Session, roles: readonly string[], work: () => Promise<void>): Promise<void> {
  const [me] = await session.query<{ name: string; super: boolean }>(
    "SELECT rolname AS name, rolsuper AS super FROM pg_roles WHERE rolname = current_user",
  );
  if (me === undefined || me.super) return work();
  const granted: string[] = [];
  const taken: string[] = [];
  for (const role of new Set(roles)) {
    const [found] = await session.query<{ super: boolean }>("SELECT rolsuper AS super FROM pg_roles WHERE rolname = $1", [role]);
    if (found === undefined) throw new Error(`role ${JSON.stringify(role)} does not exist. Create it first.`);
    if (role === me.name || found.super) continue;
    // Two roles cannot be members of each other.
    if (await isMember(session, role, me.name)) {
      await session.query(`REVOKE ${identifier(me.name)} FROM ${identifier(role)}`);
      taken.push(role);
    }
    if (await isMember(session, me.name, role)) continue;
    await session.query(`GRANT ${identifier(role)} TO ${identifier(me.name)}`);
    granted.push(role);
  }
  await work();
  for (const role of granted) await session.query(`REVOKE ${identifier(role)} FROM ${identifier(me.name)}`);
  for (const role of taken) await session.query(`GRANT ${identifier(me.name)} TO ${identifier(role)}`);
}

async function isMember(session: Session, member: string, role: string): Promise<boolean> {
  // A membership of PostgreSQL 16 that the administrator got with a role it made does not let it act as that role.
  const found = await session.query(
    `SELECT FROM pg_auth_members AS membership
      WHERE pg_get_userbyid(member) = $1 AND pg_get_userbyid(roleid) = $2 AND coalesce((to_jsonb(membership) ->> 'set_option')::boolean, true)`,
    [member, role],
  );
  return found.length > 0;
}

/** Waits until no other plugin changes this role. Others, and changes of the same object for other roles, are not held up. */
export async function lockRole(session: Session, role: string): Promise<void> {
  await session.query("SET LOCAL statement_timeout = 0");
  await session.query("SELECT pg_advisory_xact_lock(oid::bigint) FROM pg_roles WHERE rolname = $1", [role]);
  await session.query(
    `SELECT pg_advisory_xact_lock(member::bigint) FROM pg_auth_members JOIN pg_roles ON roleid = pg_roles.oid WHERE rolname = $1`,
    [role],
  );
}

/** Waits until no other plugin changes this database's privileges. */
export async function lockDatabase(session: Session, database: string): Promise<void> {
  await session.query("SELECT pg_advisory_xact_lock(oid::bigint) FROM pg_database WHERE datname = $1", [database]);
}

/** OID of a role, 0 for everybody; undefined when there is none. */
export async function roleOid(session: Session, role: string): Promise<number | undefined> {
  if (role === PUBLIC) return 0;
  const [found] = await session.query<{ oid: number }>("SELECT oid FROM pg_roles WHERE rolname = $1", [role]);
  return found?.oid;
}

/** Owner of the database that the session is in. */
export async function databaseOwner(session: Session): Promise<string> {
  const [found] = await session.query<{ owner: string }>(
    "SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = current_database()",
  );
  return found?.owner ?? "";
}

/** Owner of a schema; undefined when there is none. */
export async function schemaOwner(session: Session, schema: string): Promise<string | undefined> {
  const [found] = await session.query<{ owner: string }>("SELECT pg_get_userbyid(nspowner) AS owner FROM pg_namespace WHERE nspname = $1", [
    schema,
  ]);
  return found?.owner;
}

/** Owners of a schema and, if wanted, of the tables in it: roles that one must be a member of to grant on what they own. */
export async function ownersIn(session: Session, schema: string, ofTablesToo: boolean): Promise<string[]> {
  const owner = await schemaOwner(session, schema);
  if (owner === undefined) throw new Error(`schema ${JSON.stringify(schema)} does not exist. Create it first, or correct the name.`);
  const tables = ofTablesToo
    ? await session.query<{ owner: string }>("SELECT DISTINCT tableowner AS owner FROM pg_tables WHERE schemaname = $1", [schema])
    : [];
  const ofDatabase = await databaseOwner(session);
  return [...tables.map((table) => table.owner), owner].map((each) => (each === DATABASE_OWNER ? ofDatabase : each));
}

/** Whether a database exists: asked from another one, as nobody can connect to one that does not. */
export async function databaseExists(client: PostgresqlClient, database: string): Promise<boolean> {
  const found = await client.transaction((session) => session.query("SELECT FROM pg_database WHERE datname = $1", [database]));
  return found.length > 0;
}
