/** Runbook §2: roles with more than they should have, or less. */
import type { Mutation } from "../../helpers/broken/mutation";

/** A defect that SQL makes and SQL takes back. */
const defect = (name: string, [statement, undo]: readonly [string, string], caughtBy: Mutation["caughtBy"]): Mutation => ({
  defect: name,
  breaks: ({ sql }) => sql(statement, undo),
  caughtBy,
});

export const databaseMutations: readonly Mutation[] = [
  defect(
    "the runtime role may create tables",
    ["GRANT CREATE ON SCHEMA public TO maestro_app", "REVOKE CREATE ON SCHEMA public FROM maestro_app"],
    { "privilege-contract": "maestro_app", "privilege-catalogue": "maestro_app holds CREATE on schema public, which is not specified" },
  ),
  defect("everybody may create tables", ["GRANT CREATE ON SCHEMA public TO PUBLIC", "REVOKE CREATE ON SCHEMA public FROM PUBLIC"], {
    "privilege-contract": "maestro_app",
    "privilege-catalogue": "PUBLIC holds CREATE on schema public, which is not specified",
  }),
  defect(
    "the runtime role may empty a table",
    [`GRANT TRUNCATE ON "Course" TO maestro_app`, `REVOKE TRUNCATE ON "Course" FROM maestro_app`],
    { "privilege-catalogue": 'maestro_app holds TRUNCATE on table public."Course", which is not specified' },
  ),
  defect("the runtime role may create databases", ["ALTER ROLE maestro_app CREATEDB", "ALTER ROLE maestro_app NOCREATEDB"], {
    "privilege-contract": "maestro_app",
    "privilege-catalogue": "role maestro_app is CREATEDB",
  }),
  defect("the runtime role may make roles", ["ALTER ROLE maestro_app CREATEROLE", "ALTER ROLE maestro_app NOCREATEROLE"], {
    "privilege-contract": "maestro_app",
    "privilege-catalogue": "role maestro_app is CREATEROLE",
  }),
  defect("the runtime role passes row security", ["ALTER ROLE maestro_app BYPASSRLS", "ALTER ROLE maestro_app NOBYPASSRLS"], {
    "privilege-catalogue": "role maestro_app is BYPASSRLS",
  }),
  defect(
    "the runtime role reads whatever there is",
    ["GRANT pg_read_all_data TO maestro_app", "REVOKE pg_read_all_data FROM maestro_app"],
    {
      "privilege-contract": "maestro_app: read _prisma_migrations: specified deny, got allow; ",
      "privilege-catalogue": "maestro_app is a member of pg_read_all_data",
    },
  ),
  defect(
    "the runtime role may not delete rows of a table",
    [`REVOKE DELETE ON "Course" FROM maestro_app`, `GRANT DELETE ON "Course" TO maestro_app`],
    { "privilege-catalogue": 'maestro_app lacks DELETE on table public."Course"' },
  ),
  defect(
    "tables of the next migration are not the runtime role's to read",
    [
      "ALTER DEFAULT PRIVILEGES FOR ROLE maestro_migrator IN SCHEMA public REVOKE SELECT ON TABLES FROM maestro_app",
      "ALTER DEFAULT PRIVILEGES FOR ROLE maestro_migrator IN SCHEMA public GRANT SELECT ON TABLES TO maestro_app",
    ],
    { "privilege-contract": "maestro_app", "privilege-catalogue": "maestro_app" },
  ),
  defect(
    "a table belongs to the runtime role",
    [
      `ALTER TABLE "Course" OWNER TO maestro_app`,
      // What an owner was granted is gone with the ownership.
      `ALTER TABLE "Course" OWNER TO maestro_migrator;
       GRANT SELECT, INSERT, UPDATE, DELETE ON "Course" TO maestro_app; GRANT USAGE, SELECT ON SEQUENCE "Course_id_seq" TO maestro_app`,
    ],
    { "privilege-catalogue": 'maestro_app owns table public."Course", specified is maestro_migrator' },
  ),
  defect(
    "the runtime role finds tables on another path",
    ["ALTER ROLE maestro_app SET search_path TO pg_temp, public", "ALTER ROLE maestro_app SET search_path TO public"],
    { "privilege-catalogue": "maestro_app" },
  ),
];
