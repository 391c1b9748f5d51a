/**
 * What the server's catalogue says about our roles and the database (runbook §2): the whole set of access rights, PostgreSQL's implicit
 * ones written out. Read in one transaction that changes nothing; no superuser is needed.
 */
import type { Client } from "pg";
import { HANDOVER_ROLE } from "../../components/lib/database-handover";
import { ROLE_ATTRIBUTES } from "../../components/lib/database-role-spec";
import { PUBLIC, ROLE_NAMES, SCHEMA } from "../../components/lib/privileges";

/** Word of GRANT for a kind of object. */
export type ObjectKind = "DATABASE" | "SCHEMA" | "TABLE" | "SEQUENCE" | "ROUTINE" | "TYPE";

/** An object: the database, its schemas, and what is in schema public, but for what extensions made. */
export interface CatalogueObject {
  readonly kind: ObjectKind;
  /** As SQL has it: `public."User"`. */
  readonly name: string;
  /** Word of ALTER: `VIEW`, `MATERIALIZED VIEW`, `DOMAIN`… */
  readonly alter: string;
  readonly owner: string;
  /** Whether it has its table's owner: the sequence of a column. */
  readonly follows: boolean;
}

/** A privilege on an object that somebody other than its owner has. */
export interface CataloguePrivilege {
  readonly kind: ObjectKind;
  readonly name: string;
  /** Columns that it is limited to; absent: the whole object. */
  readonly column: string | null;
  /** A role, or {@link PUBLIC}. */
  readonly grantee: string;
  readonly privilege: string;
  /** Whether the grantee may grant it on. */
  readonly grantable: boolean;
  readonly grantor: string;
}

/** What an owner's future objects grant. */
export interface DefaultPrivilege {
  /** Role that creates the objects. */
  readonly owner: string;
  /** null: everywhere. */
  readonly schema: string | null;
  /** Word of ALTER DEFAULT PRIVILEGES. */
  readonly objects: string;
  readonly grantee: string;
  readonly privilege: string;
  readonly grantable: boolean;
}

/** A role of ours. */
export interface CatalogueRole {
  readonly name: string;
  /** By column of pg_roles. */
  readonly attributes: Readonly<Record<string, boolean>>;
  readonly connectionLimit: number;
  /** null: for ever. */
  readonly validUntil: string | null;
  /** `ALTER ROLE … SET`; `database` null: in all of them. */
  readonly parameters: readonly { readonly database: string | null; readonly name: string; readonly value: string }[];
}

/** A role that is a member of another. */
export interface Membership {
  readonly role: string;
  readonly member: string;
  readonly grantor: string;
  /** May grant it on. */
  readonly admin: boolean;
  /** Whether the member can use the role's rights: always before PostgreSQL 16, by INHERIT or SET since. */
  readonly effective: boolean;
}

/** Everything. */
export interface Catalogue {
  readonly database: string;
  /** The role that asked. */
  readonly administrator: string;
  readonly administratorIsSuperuser: boolean;
  readonly roles: readonly CatalogueRole[];
  readonly memberships: readonly Membership[];
  readonly objects: readonly CatalogueObject[];
  readonly privileges: readonly CataloguePrivilege[];
  readonly defaults: readonly DefaultPrivilege[];
  /** What our roles own, or were granted, beyond all that: in PostgreSQL's words. */
  readonly elsewhere: readonly { readonly role: string; readonly how: "owns" | "was granted" | "has a policy on"; readonly what: string }[];
  /** Rights of PUBLIC on PostgreSQL's own objects that it did not come with. */
  readonly systemGrants: readonly { readonly kind: ObjectKind; readonly name: string; readonly privilege: string }[];
  /** Other databases of the server that PUBLIC may connect to. */
  readonly openDatabases: readonly string[];
}

/** The handover's too, which may be left from one. */
const OURS = [...Object.values<string>(ROLE_NAMES), HANDOVER_ROLE];
const ROLE_ARRAY = `ARRAY[${OURS.map((name) => `'${name}'`).join(", ")}]`;
const ATTRIBUTES = ROLE_ATTRIBUTES.map(({ column }) => `'${column}', ${column}`).join(", ");
/** Not made by an extension, which keeps what it made. */
const NOT_OF_EXTENSION = (catalogue: string, alias: string) =>
  `NOT EXISTS (SELECT FROM pg_depend WHERE classid = '${catalogue}'::regclass AND objid = ${alias}.oid AND deptype = 'e')`;

/** Objects with their rights, PostgreSQL's implicit ones where nothing was said. */
const OBJECTS = `
  SELECT 'DATABASE' AS kind, quote_ident(datname) AS name, 'DATABASE' AS alter, datdba AS owner, false AS follows,
         coalesce(datacl, acldefault('d', datdba)) AS acl
    FROM pg_database WHERE datname = current_database()
  UNION ALL
  SELECT 'SCHEMA', quote_ident(nspname), 'SCHEMA', nspowner, false, coalesce(nspacl, acldefault('n', nspowner))
    FROM pg_namespace AS n WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND ${NOT_OF_EXTENSION("pg_namespace", "n")}
  UNION ALL
  SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, pg_identify_object_identity('pg_class', oid),
         CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
         relowner,
         EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND relkind = 'S' AND deptype IN ('a', 'i')),
         coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))
    FROM pg_class AS c WHERE relnamespace = '${SCHEMA}'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${NOT_OF_EXTENSION("pg_class", "c")}
  UNION ALL
  SELECT 'ROUTINE', pg_identify_object_identity('pg_proc', oid), 'ROUTINE', proowner, false, coalesce(proacl, acldefault('f', proowner))
    FROM pg_proc AS p WHERE pronamespace = '${SCHEMA}'::regnamespace AND ${NOT_OF_EXTENSION("pg_proc", "p")}
  UNION ALL
  SELECT 'TYPE', pg_identify_object_identity('pg_type', oid), CASE typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, typowner, false,
         coalesce(typacl, acldefault('T', typowner))
    FROM pg_type AS t
   WHERE typnamespace = '${SCHEMA}'::regnamespace AND ${NOT_OF_EXTENSION("pg_type", "t")}
     -- A table's own row type and what belongs to another type have no rights of their own.
     AND (typtype IN ('e', 'd', 'r') OR typtype = 'c' AND (SELECT relkind FROM pg_class WHERE oid = typrelid) = 'c')`.replaceAll(
  /pg_identify_object_identity\('(\w+)', oid\)/g,
  "(SELECT identity FROM pg_identify_object('$1'::regclass, oid, 0))",
);

const GRANTEE = `CASE grantee WHEN 0 THEN '${PUBLIC}' ELSE pg_get_userbyid(grantee) END`;

const QUERIES = {
  self: `SELECT quote_ident(current_database()) AS database, current_user AS administrator,
                (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS "administratorIsSuperuser"
`,

  roles: `
    SELECT rolname AS name, json_build_object(${ATTRIBUTES}) AS attributes, rolconnlimit AS "connectionLimit",
           nullif(rolvaliduntil, 'infinity')::text AS "validUntil",
           (SELECT coalesce(json_agg(json_build_object('database', datname, 'name', split_part(line, '=', 1),
                                                       'value', substr(line, strpos(line, '=') + 1)) ORDER BY datname, line), '[]')
              FROM pg_db_role_setting LEFT JOIN pg_database ON pg_database.oid = setdatabase, unnest(setconfig) AS line
             WHERE setrole = pg_roles.oid) AS parameters
      FROM pg_roles WHERE rolname = ANY (${ROLE_ARRAY}) ORDER BY 1`,

  // The columns of PostgreSQL 16 by way of JSON: 15 does not know them.
  memberships: `
    SELECT pg_get_userbyid(roleid) AS role, pg_get_userbyid(member) AS member, pg_get_userbyid(grantor) AS grantor, admin_option AS admin,
           coalesce((to_jsonb(m) ->> 'inherit_option')::boolean OR (to_jsonb(m) ->> 'set_option')::boolean, true) AS effective
      FROM pg_auth_members AS m
     WHERE pg_get_userbyid(roleid) = ANY (${ROLE_ARRAY}) OR pg_get_userbyid(member) = ANY (${ROLE_ARRAY}) ORDER BY 1, 2, 3`,

  objects: `SELECT kind, name, alter, pg_get_userbyid(owner) AS owner, follows FROM (${OBJECTS}) AS objects ORDER BY 1, 2`,

  privileges: `
    SELECT kind, name, NULL AS column, ${GRANTEE} AS grantee, privilege_type AS privilege, is_grantable AS grantable, pg_get_userbyid(grantor) AS grantor
      FROM (${OBJECTS}) AS objects, aclexplode(acl) WHERE grantee <> owner
    UNION ALL
    SELECT 'TABLE', (SELECT identity FROM pg_identify_object('pg_class'::regclass, c.oid, 0)), quote_ident(attname), ${GRANTEE}, privilege_type,
           is_grantable, pg_get_userbyid(grantor)
      FROM pg_class AS c JOIN pg_attribute ON attrelid = c.oid, aclexplode(attacl)
     WHERE relnamespace = '${SCHEMA}'::regnamespace AND NOT attisdropped AND grantee <> relowner AND ${NOT_OF_EXTENSION("pg_class", "c")}
     ORDER BY 1, 2, 3, 4, 5`,

  // Of the migrator what holds, PostgreSQL's implicit rights included; of others what somebody said.
  defaults: `
    WITH said AS (
      SELECT defaclrole AS owner, nullif(defaclnamespace, 0) AS schema, defaclobjtype AS kind, defaclacl AS acl FROM pg_default_acl
    ), implicit AS (
      SELECT pg_roles.oid AS owner, NULL::oid AS schema, kind, acldefault(CASE kind WHEN 'S' THEN 's' ELSE kind END, pg_roles.oid) AS acl
        FROM pg_roles, unnest('{r,S,f,T,n}'::"char"[]) AS kind
       WHERE rolname = '${ROLE_NAMES.migrator}'
         AND NOT EXISTS (SELECT FROM said WHERE said.owner = pg_roles.oid AND said.schema IS NULL AND said.kind = kind.kind)
    )
    SELECT pg_get_userbyid(owner) AS owner, (SELECT quote_ident(nspname) FROM pg_namespace WHERE oid = schema) AS schema,
           CASE kind WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES' WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS'
                ELSE 'LARGE OBJECTS' END AS objects,
           ${GRANTEE} AS grantee, privilege_type AS privilege, is_grantable AS grantable
      FROM (SELECT * FROM said UNION ALL SELECT * FROM implicit) AS every, aclexplode(acl) WHERE grantee <> owner ORDER BY 1, 2, 3, 4, 5`,

  // The server's list of everything that hangs on a role, less what is compared above.
  elsewhere: `
    SELECT refobjid::regrole::text AS role, CASE deptype WHEN 'o' THEN 'owns' WHEN 'r' THEN 'has a policy on' ELSE 'was granted' END AS how,
           CASE WHEN dbid IN (0, here.oid) THEN pg_describe_object(classid, objid, objsubid)
                ELSE 'something in database ' || (SELECT quote_ident(datname) FROM pg_database WHERE oid = dbid) END AS what
      FROM pg_shdepend, (SELECT oid FROM pg_database WHERE datname = current_database()) AS here
     WHERE refclassid = 'pg_authid'::regclass AND refobjid IN (SELECT oid FROM pg_roles WHERE rolname = ANY (${ROLE_ARRAY}))
       AND NOT (classid = 'pg_auth_members'::regclass)
       AND NOT (classid = 'pg_database'::regclass AND objid = here.oid)
       AND NOT (dbid = here.oid AND CASE classid
                  WHEN 'pg_class'::regclass THEN (SELECT relnamespace FROM pg_class WHERE oid = objid) = '${SCHEMA}'::regnamespace
                  WHEN 'pg_proc'::regclass THEN (SELECT pronamespace FROM pg_proc WHERE oid = objid) = '${SCHEMA}'::regnamespace
                  WHEN 'pg_type'::regclass THEN (SELECT typnamespace FROM pg_type WHERE oid = objid) = '${SCHEMA}'::regnamespace
                  WHEN 'pg_namespace'::regclass THEN deptype = 'a' OR objid = '${SCHEMA}'::regnamespace
                  WHEN 'pg_default_acl'::regclass THEN true
                  ELSE false END)
     ORDER BY 1, 2, 3`,

  systemGrants: `
    SELECT kind, (SELECT identity FROM pg_identify_object(catalogue, oid, 0)) AS name, privilege_type AS privilege
      FROM (SELECT 'ROUTINE' AS kind, 'pg_proc'::regclass AS catalogue, oid, pronamespace AS schema, proacl AS acl, acldefault('f', proowner) AS usual FROM pg_proc
            UNION ALL
            SELECT 'TABLE', 'pg_class'::regclass, oid, relnamespace, relacl, acldefault('r', relowner) FROM pg_class) AS system, aclexplode(acl)
     WHERE schema = 'pg_catalog'::regnamespace AND grantee = 0
       AND privilege_type NOT IN (
         SELECT initial.privilege_type
           FROM aclexplode(coalesce((SELECT initprivs FROM pg_init_privs WHERE objoid = oid AND classoid = catalogue AND objsubid = 0), usual)) AS initial
          WHERE initial.grantee = 0)
     ORDER BY 1, 2, 3`,

  openDatabases: `
    SELECT quote_ident(datname) AS name FROM pg_database
     WHERE datallowconn AND datname <> current_database() AND has_database_privilege('public', oid, 'CONNECT') ORDER BY 1`,
};

/** Reads it all. @param client a session of the administrator in the database */
export async function readCatalogue(client: Client): Promise<Catalogue> {
  const rows = async <T>(query: keyof typeof QUERIES) => (await client.query(QUERIES[query])).rows as T[];
  // Names without their schema would depend on the reader's search_path.
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = pg_catalog");
  try {
    const [self] = await rows<Pick<Catalogue, "database" | "administrator" | "administratorIsSuperuser">>("self");
    if (self === undefined) throw new Error("the catalogue does not know the database that it belongs to.");
    return {
      ...self,
      roles: await rows("roles"),
      memberships: await rows("memberships"),
      objects: await rows("objects"),
      privileges: await rows("privileges"),
      defaults: await rows("defaults"),
      elsewhere: await rows("elsewhere"),
      systemGrants: await rows("systemGrants"),
      openDatabases: (await rows<{ name: string }>("openDatabases")).map(({ name }) => name),
    };
  } finally {
    await client.query("ROLLBACK");
  }
}
