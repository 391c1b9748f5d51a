/**
 * Who may do what in the database (runbook §2), as data: the roles, what they may do, and in which order it is said.
 *
 * One list, so that the program, its tests and a rendered script cannot disagree.
 */

/** Names of the roles, as the runbook has them. */
export const ROLE_NAMES = { migrator: "maestro_migrator", app: "maestro_app", backup: "maestro_backup" } as const;
/** Key of a role in settings and logical names. */
export type RoleKey = keyof typeof ROLE_NAMES;

/** The schema that holds the application's tables. */
export const SCHEMA = "public";
/** Prisma's record of the migrations that ran: whoever writes it decides what the next migration does. */
export const MIGRATIONS_TABLE = "_prisma_migrations";
/** PostgreSQL's word for everybody. */
export const PUBLIC = "public";

/** What maestro_app may do with rows. No TRUNCATE, REFERENCES or TRIGGER. @see runbook §2 */
const TABLE_PRIVILEGES = ["SELECT", "INSERT", "UPDATE", "DELETE"] as const;
/** What maestro_app may do with sequences: `nextval` and `currval`, not `setval`. @see runbook §2 */
const SEQUENCE_PRIVILEGES = ["USAGE", "SELECT"] as const;

/** One statement about one grantee. The list of privileges is complete: what is not in it is revoked. */
export interface PrivilegeStep {
  /** Last part of the resource's logical name. */
  readonly key: string;
  /** `existing`: on what is there. `future`: on what maestro_migrator will create. */
  readonly on: "existing" | "future";
  readonly role: string;
  readonly objectType: "database" | "schema" | "sequence" | "table" | "function";
  /** Empty: none. */
  readonly privileges: readonly string[];
  /** The schema it is about; absent: the whole database. */
  readonly schema?: string;
}

/**
 * Everything that is granted and revoked, in order.
 *
 * What maestro_app may do with tables is granted as the migrator creates them, and only so. A grant on all existing tables would cover
 * {@link MIGRATIONS_TABLE} too, and the provider, which compares every table of the schema with that one grant, would give it back at each
 * refresh. Tables that somebody else created before are handed over once (docs/runbook/2-database.md, "An existing database").
 *
 * maestro_backup is no member of pg_read_all_data, which reads pg_authid as well: the verifier of every password.
 */
export const PRIVILEGE_STEPS: readonly PrivilegeStep[] = [
  // What PUBLIC holds, every role holds: revoking it from maestro_app, as the runbook's script does, changes nothing.
  { key: "public-schema", on: "existing", role: PUBLIC, objectType: "schema", schema: SCHEMA, privileges: [] },
  { key: "public-database", on: "existing", role: PUBLIC, objectType: "database", privileges: [] },
  // Built in, for all schemas: a default of one schema can add to it, not take from it.
  { key: "public-functions-default", on: "future", role: PUBLIC, objectType: "function", privileges: [] },
  { key: "migrator-database", on: "existing", role: ROLE_NAMES.migrator, objectType: "database", privileges: ["CONNECT"] },
  { key: "app-database", on: "existing", role: ROLE_NAMES.app, objectType: "database", privileges: ["CONNECT"] },
  { key: "app-schema", on: "existing", role: ROLE_NAMES.app, objectType: "schema", schema: SCHEMA, privileges: ["USAGE"] },
  { key: "app-tables-default", on: "future", role: ROLE_NAMES.app, objectType: "table", schema: SCHEMA, privileges: TABLE_PRIVILEGES },
  { key: "app-sequences", on: "existing", role: ROLE_NAMES.app, objectType: "sequence", schema: SCHEMA, privileges: SEQUENCE_PRIVILEGES },
  {
    key: "app-sequences-default",
    on: "future",
    role: ROLE_NAMES.app,
    objectType: "sequence",
    schema: SCHEMA,
    privileges: SEQUENCE_PRIVILEGES,
  },
  { key: "backup-database", on: "existing", role: ROLE_NAMES.backup, objectType: "database", privileges: ["CONNECT"] },
  { key: "backup-schema", on: "existing", role: ROLE_NAMES.backup, objectType: "schema", schema: SCHEMA, privileges: ["USAGE"] },
  { key: "backup-tables", on: "existing", role: ROLE_NAMES.backup, objectType: "table", schema: SCHEMA, privileges: ["SELECT"] },
  { key: "backup-tables-default", on: "future", role: ROLE_NAMES.backup, objectType: "table", schema: SCHEMA, privileges: ["SELECT"] },
  { key: "backup-sequences", on: "existing", role: ROLE_NAMES.backup, objectType: "sequence", schema: SCHEMA, privileges: ["SELECT"] },
  {
    key: "backup-sequences-default",
    on: "future",
    role: ROLE_NAMES.backup,
    objectType: "sequence",
    schema: SCHEMA,
    privileges: ["SELECT"],
  },
];

/** What PostgreSQL gives everybody without saying so and is left: a cast to an enum takes USAGE on it, and gives nothing away. */
export const IMPLICIT_PRIVILEGES = [{ role: PUBLIC, objectType: "type", privileges: ["USAGE"] }] as const;
