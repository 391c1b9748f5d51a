/**
 * The privilege contract (runbook §2) as data: what each role may do, action by action. contract-run.ts tries every one by logging in.
 *
 * A statement that could destroy something names objects of the probe only; each runs in a transaction that is rolled back. Where PostgreSQL
 * itself lets everybody do something that nobody needs, the contract says `allow` and why: a hole that is known.
 */
import { MIGRATIONS_TABLE, type RoleKey } from "../../components/lib/privileges";

/** `allow`: the statement runs. `deny`: the server refuses it for want of a privilege (SQLSTATE 42501), not for another reason. */
export type Verdict = "allow" | "deny";

/** One action, and what becomes of it for each role. */
export interface ContractCase {
  /** For people; unique. */
  readonly action: string;
  /**
   * SQL. Braces stand for names: `{table}` (columns id, text), `{view}`, `{sequence}`, `{partitioned}` (at, what), `{partition}`, `{function}`,
   * `{type}`, `{new}` (a name that is free), `{other}` (another role of ours), `{admin}`, `{database}`.
   */
  readonly statement: string;
  readonly expected: Readonly<Record<RoleKey, Verdict>>;
  /** Refuses to run in a transaction: runs by itself, and this takes back what it did, should it have been allowed. */
  readonly undo?: string;
}

/** What only the owner may do. */
const OWNER: Group = ["deny", "deny", "allow"];
/** What reads. */
const ANYBODY: Group = ["allow", "allow", "allow"];
/** What writes rows. */
const WRITER: Group = ["allow", "deny", "allow"];
/** What none of the roles may do. */
const NOBODY: Group = ["deny", "deny", "deny"];

/** Verdicts for app, backup and migrator. */
type Group = readonly [app: Verdict, backup: Verdict, migrator: Verdict];

const migrations = `"${MIGRATIONS_TABLE}"`;

const CASES_BY_GROUP: readonly (readonly [Group, readonly (readonly [action: string, statement: string, undo?: string])[]])[] = [
  [
    ANYBODY,
    [
      ["read rows", "SELECT * FROM {table}"],
      ["read a view", "SELECT * FROM {view}"],
      ["read a partitioned table", "SELECT * FROM {partitioned}"],
      ["read a partition by its name", "SELECT * FROM {partition}"],
      ["read a sequence's last value", "SELECT last_value FROM {sequence}"],
      ["use a type", "SELECT 'one'::{type}"],
      // Of its own role, and for sessions to come. Drift finds it.
      ["change its own parameters (PostgreSQL lets every role)", "ALTER ROLE CURRENT_USER SET statement_timeout = 0"],
      // Only the function's owner, a superuser, could take it from PUBLIC. The nightly dump fails rather than leave one out.
      ["create a large object (PostgreSQL lets every role)", "SELECT lo_create(0)"],
    ],
  ],
  [
    WRITER,
    [
      ["insert a row", "INSERT INTO {table} (text) VALUES ('new')"],
      ["update rows", "UPDATE {table} SET text = 'other'"],
      ["delete rows", "DELETE FROM {table}"],
      ["insert or update", "INSERT INTO {table} (text) VALUES ('new') ON CONFLICT (id) DO UPDATE SET text = 'other'"],
      ["lock rows", "SELECT * FROM {table} FOR UPDATE"],
      // Whoever may update rows may lock their table. lock_timeout and statement_timeout bound the harm.
      ["lock a table", "LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"],
      ["insert through a view", "INSERT INTO {view} (text) VALUES ('new')"],
      ["insert into a partitioned table", "INSERT INTO {partitioned} VALUES ('2026-05-05', 'new')"],
      ["delete from a partition by its name", "DELETE FROM {partition}"],
      ["take a sequence's next value", "SELECT nextval('{sequence}')"],
    ],
  ],
  [
    OWNER,
    [
      ["truncate a table", "TRUNCATE {table}"],
      ["add a column", "ALTER TABLE {table} ADD COLUMN extra text"],
      ["drop a column", "ALTER TABLE {table} DROP COLUMN text CASCADE"],
      ["take a table over", "ALTER TABLE {table} OWNER TO CURRENT_USER"],
      ["drop a table", "DROP TABLE {table} CASCADE"],
      ["comment on a table", "COMMENT ON TABLE {table} IS 'new'"],
      ["create an index", "CREATE INDEX ON {table} (text)"],
      ["rebuild an index", "REINDEX TABLE {table}"],
      [
        "create a trigger",
        "CREATE TRIGGER extra BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
      ],
      ["switch triggers off", "ALTER TABLE {table} DISABLE TRIGGER USER"],
      ["create a rule", "CREATE RULE extra AS ON DELETE TO {table} DO INSTEAD NOTHING"],
      ["switch row-level security on", "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"],
      ["create a policy", "CREATE POLICY extra ON {table} USING (true)"],
      ["rename a view", "ALTER VIEW {view} RENAME TO {new}"],
      ["drop a view", "DROP VIEW {view}"],
      ["set a sequence", "SELECT setval('{sequence}', 99)"],
      ["restart a sequence", "ALTER SEQUENCE {sequence} RESTART"],
      ["drop a sequence", "DROP SEQUENCE {sequence}"],
      ["detach a partition", "ALTER TABLE {partitioned} DETACH PARTITION {partition}"],
      ["create a partition", "CREATE TABLE {new} PARTITION OF {partitioned} DEFAULT"],
      ["call a function", "SELECT {function}(1)"],
      ["make a function run as its owner", "ALTER FUNCTION {function}(integer) SECURITY DEFINER"],
      ["drop a function", "DROP FUNCTION {function}(integer)"],
      ["extend an enum", "ALTER TYPE {type} ADD VALUE 'three'"],
      ["create a table", "CREATE TABLE {new} (id integer)"],
      ["create a view", "CREATE VIEW {new} AS SELECT 1 AS one"],
      ["create a sequence", "CREATE SEQUENCE {new}"],
      ["create a function", "CREATE FUNCTION {new}() RETURNS integer LANGUAGE sql AS 'SELECT 1'"],
      ["create a type", "CREATE TYPE {new} AS ENUM ('one')"],
      ["change what the next migration grants", "ALTER DEFAULT PRIVILEGES FOR ROLE maestro_migrator GRANT ALL ON TABLES TO PUBLIC"],
      [`insert into ${MIGRATIONS_TABLE}`, `INSERT INTO ${migrations} SELECT * FROM ${migrations} WHERE false`],
      [`update ${MIGRATIONS_TABLE}`, `UPDATE ${migrations} SET id = id WHERE false`],
      [`delete from ${MIGRATIONS_TABLE}`, `DELETE FROM ${migrations} WHERE false`],
    ],
  ],
  [["deny", "allow", "allow"], [[`read ${MIGRATIONS_TABLE}`, `SELECT * FROM ${migrations} LIMIT 1`]]],
  [
    NOBODY,
    [
      ["create a temporary table", "CREATE TEMPORARY TABLE {new} (id integer)"],
      ["create a schema", "CREATE SCHEMA {new}"],
      ["rename the schema", "ALTER SCHEMA public RENAME TO {new}"],
      ["create a table among the system's", "CREATE TABLE pg_catalog.{new} (id integer)"],
      ["change the database's parameters", "ALTER DATABASE {database} SET work_mem = '1MB'"],
      ["take the database over", "ALTER DATABASE {database} OWNER TO CURRENT_USER"],
      ["create another database", "CREATE DATABASE {new}", "DROP DATABASE {new}"],
      ["update an extension", "ALTER EXTENSION plpgsql UPDATE"],
      ["drop an extension", "DROP EXTENSION plpgsql"],
      ["publish tables", "CREATE PUBLICATION {new}"],
      ["subscribe to another server", "CREATE SUBSCRIPTION {new} CONNECTION 'host=127.0.0.1' PUBLICATION p WITH (connect = false)"],
      ["create a role", "CREATE ROLE {new}"],
      ["drop another role", "DROP ROLE {other}"],
      ["make itself a superuser", "ALTER ROLE CURRENT_USER SUPERUSER"],
      ["let itself create databases", "ALTER ROLE CURRENT_USER CREATEDB"],
      ["let itself create roles", "ALTER ROLE CURRENT_USER CREATEROLE"],
      ["exempt itself from row-level security", "ALTER ROLE CURRENT_USER BYPASSRLS"],
      ["lift its connection limit", "ALTER ROLE CURRENT_USER CONNECTION LIMIT -1"],
      ["take another role's password away", "ALTER ROLE {other} PASSWORD NULL"],
      ["join another role", "GRANT {other} TO CURRENT_USER"],
      ["join those who read everything", "GRANT pg_read_all_data TO CURRENT_USER"],
      ["act as another role", "SET ROLE {other}"],
      ["act as the administrator", "SET ROLE {admin}"],
      ["log in as the administrator", "SET SESSION AUTHORIZATION {admin}"],
      ["run a program", "COPY (SELECT 1) TO PROGRAM 'true'"],
      ["write a file", "COPY (SELECT 1) TO '/dev/null'"],
      ["load a file into a table", "COPY {table} (text) FROM '/dev/null'"],
      ["read a file", "SELECT pg_read_file('PG_VERSION')"],
      ["list a folder", "SELECT pg_ls_dir('.')"],
      ["import a file", "SELECT lo_import('PG_VERSION')"],
      ["export a large object", "SELECT lo_export(0, '/dev/null')"],
      ["read password verifiers", "SELECT rolpassword FROM pg_authid"],
      ["read password verifiers by the old name", "SELECT passwd FROM pg_shadow"],
      ["read who may log in from where", "SELECT * FROM pg_hba_file_rules"],
      ["reload the server's settings", "SELECT pg_reload_conf()"],
      ["rotate the server's log", "SELECT pg_rotate_logfile()"],
      ["change the server's settings", "ALTER SYSTEM RESET maestro_probe.none", "SELECT 1"],
      ["switch the statement log off", "SET LOCAL log_statement = 'none'"],
      ["switch all triggers off", "SET LOCAL session_replication_role = 'replica'"],
      ["load a library", "LOAD 'plpgsql'"],
      ["create a function in C", "CREATE FUNCTION {new}() RETURNS integer LANGUAGE c AS 'none', 'none'"],
      ["reach out to other servers", "CREATE FOREIGN DATA WRAPPER {new}"],
      ["create an event trigger", "CREATE EVENT TRIGGER {new} ON ddl_command_start EXECUTE FUNCTION does_not_exist()"],
      ["create a tablespace", "CREATE TABLESPACE {new} LOCATION '/nonexistent'", "DROP TABLESPACE {new}"],
      ["force a checkpoint", "CHECKPOINT"],
      ["hold back the write-ahead log", "SELECT pg_create_physical_replication_slot('{new}', false, true)"],
    ],
  ],
];

/** Every case. */
export const CONTRACT: readonly ContractCase[] = CASES_BY_GROUP.flatMap(([[app, backup, migrator], cases]) =>
  cases.map(([action, statement, undo]) => ({
    action,
    statement,
    expected: { app, backup, migrator },
    ...(undo === undefined ? {} : { undo }),
  })),
);
