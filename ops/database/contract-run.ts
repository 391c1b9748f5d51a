/**
 * Tries the privilege contract on a server, as each role. It leaves nothing: what it makes is its own and is dropped, everything else is rolled
 * back.
 */
import { randomBytes } from "node:crypto";
import { type Client, DatabaseError, escapeIdentifier } from "pg";
import { ROLE_NAMES, type RoleKey, SCHEMA } from "../../components/lib/privileges";
import { CONTRACT, type ContractCase, type Verdict } from "./contract";

/** SQLSTATE insufficient_privilege. */
const INSUFFICIENT_PRIVILEGE = "42501";
/** Milliseconds that a statement waits for a lock, and that it may take: the contract must not hold up anybody. */
const LOCK_MILLISECONDS = 2000;
const STATEMENT_MILLISECONDS = 10_000;

/** Names of the objects that the cases are about, in schema public, not quoted. {@link withProbe} makes such. */
export interface ContractObjects {
  readonly table: string;
  readonly view: string;
  readonly sequence: string;
  readonly partitioned: string;
  readonly partition: string;
  readonly function: string;
  readonly type: string;
}

/** What became of one case for one role. */
export interface ContractResult {
  readonly role: RoleKey;
  readonly action: string;
  readonly expected: Verdict;
  /** A verdict, or the server's words where it neither ran nor was refused for want of a privilege. */
  readonly got: string;
}

/** Arguments of {@link runContract}. */
export interface ContractRun {
  /** A session of each role in the database. */
  readonly sessions: Readonly<Record<RoleKey, Client>>;
  readonly objects: ContractObjects;
  /** The administrator, whom no role may become. */
  readonly adminUser: string;
  /** @default every case */
  readonly cases?: readonly ContractCase[];
}

/** Runs every case as every role. @returns one result for each, in order; {@link violations} are those that are not as specified */
export async function runContract({ sessions, objects, adminUser, cases = CONTRACT }: ContractRun): Promise<ContractResult[]> {
  const results: ContractResult[] = [];
  for (const role of Object.keys(ROLE_NAMES) as RoleKey[]) {
    const session = sessions[role];
    const { rows } = await session.query<{ database: string }>("SELECT current_database() AS database");
    const fill = fillIn(role, objects, adminUser, rows[0]?.database ?? "");
    for (const { action, statement, undo, expected } of cases) {
      const got = undo === undefined ? await inTransaction(session, fill(statement)) : await byItself(session, fill(statement), fill(undo));
      results.push({ role, action, expected: expected[role], got });
    }
  }
  return results;
}

/** Results that are not as specified, a line each. */
export function violations(results: readonly ContractResult[]): string[] {
  return results
    .filter(({ expected, got }) => got !== expected)
    .map(({ role, action, expected, got }) => `${ROLE_NAMES[role]}: ${action}: specified ${expected}, got ${got}`);
}

/**
 * Makes objects of its own, as a migration would, and drops them when the work is done.
 *
 * @param migrator a session of maestro_migrator
 */
export async function withProbe<T>(migrator: Client, work: (objects: ContractObjects) => Promise<T>): Promise<T> {
  const name = `maestro_probe_${randomBytes(4).toString("hex")}`;
  const objects: ContractObjects = {
    table: `${name}_table`,
    view: `${name}_view`,
    sequence: `${name}_sequence`,
    partitioned: `${name}_partitioned`,
    partition: `${name}_partition`,
    function: `${name}_function`,
    type: `${name}_type`,
  };
  const quoted = Object.fromEntries(Object.entries<string>({ ...objects }).map(([key, each]) => [key, qualified(each)])) as Record<
    keyof ContractObjects,
    string
  >;
  // One message is one transaction: all of it exists, or nothing.
  await migrator.query(`
    CREATE TYPE ${quoted.type} AS ENUM ('one', 'two');
    CREATE TABLE ${quoted.table} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text, kind ${quoted.type} NOT NULL DEFAULT 'one');
    INSERT INTO ${quoted.table} (text) VALUES ('first');
    CREATE VIEW ${quoted.view} AS SELECT * FROM ${quoted.table};
    CREATE SEQUENCE ${quoted.sequence};
    CREATE TABLE ${quoted.partitioned} (at date NOT NULL, what text) PARTITION BY RANGE (at);
    CREATE TABLE ${quoted.partition} PARTITION OF ${quoted.partitioned} FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    CREATE FUNCTION ${quoted.function}(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1 + 1'`);
  try {
    return await work(objects);
  } finally {
    await migrator.query(`
      DROP FUNCTION ${quoted.function}(integer);
      DROP TABLE ${quoted.partitioned};
      DROP SEQUENCE ${quoted.sequence};
      DROP VIEW ${quoted.view};
      DROP TABLE ${quoted.table};
      DROP TYPE ${quoted.type}`);
  }
}

/** Puts the names into a statement. */
function fillIn(role: RoleKey, objects: ContractObjects, adminUser: string, database: string): (statement: string) => string {
  const names: Record<string, string> = {
    ...Object.fromEntries(Object.entries<string>({ ...objects }).map(([key, name]) => [key, qualified(name)])),
    new: `maestro_probe_${randomBytes(4).toString("hex")}`,
    other: ROLE_NAMES[role === "migrator" ? "app" : "migrator"],
    admin: escapeIdentifier(adminUser),
    database: escapeIdentifier(database),
  };
  return (statement) => statement.replace(/\{(\w+)\}/g, (_, name: string) => names[name] ?? name);
}

function qualified(name: string): string {
  return `${SCHEMA}.${escapeIdentifier(name)}`;
}

/** The verdict of a statement whose effect is rolled back. */
async function inTransaction(session: Client, statement: string): Promise<string> {
  await session.query(`BEGIN; SET LOCAL lock_timeout = ${LOCK_MILLISECONDS}; SET LOCAL statement_timeout = ${STATEMENT_MILLISECONDS}`);
  try {
    return await verdict(session.query(statement));
  } finally {
    await session.query("ROLLBACK");
  }
}

/** The verdict of a statement that no transaction can hold. */
async function byItself(session: Client, statement: string, undo: string): Promise<string> {
  const got = await verdict(session.query(statement));
  if (got === "allow") await session.query(undo);
  return got;
}

async function verdict(running: Promise<unknown>): Promise<string> {
  try {
    await running;
    return "allow";
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return error.code === INSUFFICIENT_PRIVILEGE ? "deny" : `error ${error.code}: ${error.message}`;
  }
}
