/** What migrations of an application leave in its database. */
import type { ContractObjects } from "../../ops/database/contract-run";

/** What the first migration of the application does, and Prisma before it. */
export const FIRST_MIGRATION = `
  CREATE TABLE "_prisma_migrations" (id text PRIMARY KEY, migration_name text NOT NULL);
  INSERT INTO "_prisma_migrations" VALUES ('1', 'first');
  CREATE TYPE "Role" AS ENUM ('student', 'teacher');
  CREATE TABLE "User" (id serial PRIMARY KEY, email text NOT NULL UNIQUE, role "Role" NOT NULL DEFAULT 'student');
  CREATE VIEW "Teacher" AS SELECT * FROM "User" WHERE role = 'teacher';
  CREATE FUNCTION add_one(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1 + 1';
`;
/** What a later one does: one of everything that a grant can be about. */
export const NEXT_MIGRATION = `
  CREATE TYPE "Level" AS ENUM ('one', 'two');
  CREATE TABLE "Course" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text, level "Level" NOT NULL DEFAULT 'one');
  CREATE VIEW "Beginners" AS SELECT * FROM "Course" WHERE level = 'one';
  CREATE MATERIALIZED VIEW "Titles" AS SELECT text FROM "Course";
  CREATE SEQUENCE "ticket";
  CREATE TABLE "Event" (at date NOT NULL, what text) PARTITION BY RANGE (at);
  CREATE TABLE "Event_2026" PARTITION OF "Event" FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  CREATE FUNCTION "addTwo"(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1 + 2';
  CREATE DOMAIN "Title" AS text;
  ALTER TABLE "User" ADD COLUMN name text;
`;
/** What {@link NEXT_MIGRATION} made, as the contract names it. */
export const MIGRATED: ContractObjects = {
  table: "Course",
  view: "Beginners",
  sequence: "ticket",
  partitioned: "Event",
  partition: "Event_2026",
  function: "addTwo",
  type: "Level",
};
