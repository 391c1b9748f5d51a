/** What each database role may do, statement by statement, in the database that two migrations leave. */

/** What the first migration of the application does, and Prisma before it. */
export const FIRST_MIGRATION = `
  CREATE TABLE "_prisma_migrations" (id text PRIMARY KEY, migration_name text NOT NULL);
  INSERT INTO "_prisma_migrations" VALUES ('1', 'first');
  CREATE TYPE "Role" AS ENUM ('student', 'teacher');
  CREATE TABLE "User" (id serial PRIMARY KEY, email text NOT NULL UNIQUE, role "Role" NOT NULL DEFAULT 'student');
  CREATE VIEW "Teacher" AS SELECT * FROM "User" WHERE role = 'teacher';
  CREATE FUNCTION add_one(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1 + 1';
`;
/** What a later one does. */
export const NEXT_MIGRATION = `
  CREATE TABLE "Course" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text NOT NULL);
  CREATE SEQUENCE "ticket";
  CREATE TABLE "Event" (at date NOT NULL, what text) PARTITION BY RANGE (at);
  CREATE TABLE "Event_2026" PARTITION OF "Event" FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  ALTER TABLE "User" ADD COLUMN name text;
`;

const denied = (what: string) => `permission denied for ${what}`;
const owner = (what: string) => `must be owner of ${what}`;

/** Statement, and what becomes of it for: maestro_app, maestro_backup, maestro_migrator. `ok`, or the error. */
export const MATRIX: readonly (readonly [statement: string, app: string, backup: string, migrator: string])[] = [
  [`SELECT * FROM "User"`, "ok", "ok", "ok"],
  [`INSERT INTO "User" (email) VALUES ('a@b.c')`, "ok", denied("table User"), "ok"],
  [`UPDATE "User" SET email = 'x'`, "ok", denied("table User"), "ok"],
  [`DELETE FROM "User"`, "ok", denied("table User"), "ok"],
  [`SELECT * FROM "User" FOR UPDATE`, "ok", denied("table User"), "ok"],
  [`SELECT * FROM "Teacher"`, "ok", "ok", "ok"],
  [`INSERT INTO "Course" (title) VALUES ('Harmony')`, "ok", denied("table Course"), "ok"],
  [`SELECT nextval('ticket')`, "ok", denied("sequence ticket"), "ok"],
  [`SELECT setval('ticket', 9)`, denied("sequence ticket"), denied("sequence ticket"), "ok"],
  [`SELECT last_value FROM "ticket"`, "ok", "ok", "ok"],
  [`INSERT INTO "Event" VALUES ('2026-05-05', 'Concert')`, "ok", denied("table Event"), "ok"],
  [`SELECT * FROM "Event_2026"`, "ok", "ok", "ok"],
  [`TRUNCATE "User"`, denied("table User"), denied("table User"), "ok"],
  [`ALTER TABLE "User" ADD COLUMN x text`, owner("table User"), owner("table User"), "ok"],
  [`CREATE INDEX ON "User" (role)`, owner("table User"), owner("table User"), "ok"],
  [`DROP TABLE "User" CASCADE`, owner("table User"), owner("table User"), "ok"],
  [`DROP TABLE "_prisma_migrations"`, owner("table _prisma_migrations"), owner("table _prisma_migrations"), "ok"],
  [`CREATE TABLE mine (id int)`, denied("schema public"), denied("schema public"), "ok"],
  [`CREATE TEMPORARY TABLE mine (id int)`, ...temporary()],
  [`CREATE SCHEMA mine`, ...onDatabase()],
  [`CREATE EXTENSION citext`, ...extension()],
  [`SELECT add_one(1)`, denied("function add_one"), denied("function add_one"), "ok"],
  [`SELECT count(*) FROM "_prisma_migrations"`, denied("table _prisma_migrations"), "ok", "ok"],
  [`INSERT INTO "_prisma_migrations" VALUES ('2', 'forged')`, ...both(denied("table _prisma_migrations")), "ok"],
  [`DELETE FROM "_prisma_migrations"`, ...both(denied("table _prisma_migrations")), "ok"],
  [
    `ALTER TABLE "_prisma_migrations" OWNER TO maestro_app`,
    ...both(owner("table _prisma_migrations")),
    'must be member of role "maestro_app"',
  ],
  [`SET ROLE maestro_migrator`, ...both(`permission denied to set role "maestro_migrator"`), "ok"],
  [`SET ROLE maestro_admin`, ...all(`permission denied to set role "maestro_admin"`)],
  [`CREATE ROLE mine`, ...all("permission denied to create role")],
  [`CREATE TABLE pg_catalog.mine (id int)`, ...all(denied("schema pg_catalog"))],
  [
    `COPY "User" TO PROGRAM 'cat'`,
    ...all("must be superuser or have privileges of the pg_execute_server_program role to COPY to or from an external program"),
  ],
  [`SELECT pg_read_file('/etc/hostname')`, ...all(denied("function pg_read_file"))],
  [`SELECT rolpassword FROM pg_authid`, ...all(denied("table pg_authid"))],
];

function both(message: string): [string, string] {
  return [message, message];
}
function all(message: string): [string, string, string] {
  return [message, message, message];
}
function temporary(): [string, string, string] {
  return all('permission denied to create temporary tables in database "maestroverse"');
}
function onDatabase(): [string, string, string] {
  return all(denied("database maestroverse"));
}
function extension(): [string, string, string] {
  return all('permission denied to create extension "citext"');
}
