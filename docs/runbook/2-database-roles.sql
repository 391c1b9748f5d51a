-- The database roles of stack prod (runbook section 2), for an administrator without Pulumi.
-- Rendered: npm run --silent ops -- render database-roles --stack prod. Change components/lib/privileges.ts, not this.
--
--   psql --no-psqlrc --host=db.maestroverse.edu --port=5432 --username=maestro_admin --dbname=postgres --file=<this file>
--
-- The administrator is a superuser, or has CREATEROLE and owns the database (CREATEDB where it does not exist yet). Run it again after the first
-- migration, which makes _prisma_migrations. Then give each role its password; psql asks for it and sends a SCRAM verifier only:
--
--   \password maestro_migrator
--   \password maestro_app
--   \password maestro_backup

\set ON_ERROR_STOP on
SET password_encryption = 'scram-sha-256';
SELECT 'CREATE DATABASE maestroverse' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'maestroverse') \gexec
\connect maestroverse
BEGIN;
-- Nothing here depends on where names are looked for.
SET LOCAL search_path = pg_catalog;

-- The roles. They log in, and that is all.
SELECT 'CREATE ROLE maestro_migrator LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'maestro_migrator') \gexec
ALTER ROLE maestro_migrator LOGIN CONNECTION LIMIT 2 VALID UNTIL 'infinity';
ALTER ROLE maestro_migrator SET search_path TO public;
ALTER ROLE maestro_migrator SET idle_in_transaction_session_timeout TO 60000;
SELECT 'CREATE ROLE maestro_app LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'maestro_app') \gexec
ALTER ROLE maestro_app LOGIN CONNECTION LIMIT 160 VALID UNTIL 'infinity';
ALTER ROLE maestro_app SET search_path TO public;
ALTER ROLE maestro_app SET idle_in_transaction_session_timeout TO 60000;
ALTER ROLE maestro_app SET statement_timeout TO 30000;
SELECT 'CREATE ROLE maestro_backup LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'maestro_backup') \gexec
ALTER ROLE maestro_backup LOGIN CONNECTION LIMIT 3 VALID UNTIL 'infinity';
ALTER ROLE maestro_backup SET search_path TO public;
ALTER ROLE maestro_backup SET idle_in_transaction_session_timeout TO 60000;

-- Who is no superuser acts on what the migrator owns as a member of it, for the length of this transaction.
GRANT maestro_migrator TO CURRENT_USER;

-- Everything in the schema is the migrator's.
ALTER SCHEMA public OWNER TO maestro_migrator;

-- Privileges. What PUBLIC holds, every role holds.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON DATABASE maestroverse FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE maestro_migrator REVOKE ALL ON FUNCTIONS FROM PUBLIC;
REVOKE ALL ON DATABASE maestroverse FROM maestro_migrator;
GRANT CONNECT ON DATABASE maestroverse TO maestro_migrator;
REVOKE ALL ON DATABASE maestroverse FROM maestro_app;
GRANT CONNECT ON DATABASE maestroverse TO maestro_app;
REVOKE ALL ON SCHEMA public FROM maestro_app;
GRANT USAGE ON SCHEMA public TO maestro_app;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM maestro_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO maestro_app;
ALTER DEFAULT PRIVILEGES FOR ROLE maestro_migrator IN SCHEMA public REVOKE ALL ON TABLES FROM maestro_app;
ALTER DEFAULT PRIVILEGES FOR ROLE maestro_migrator IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO maestro_app;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM maestro_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO maestro_app;
ALTER DEFAULT PRIVILEGES FOR ROLE maestro_migrator IN SCHEMA public REVOKE ALL ON SEQUENCES FROM maestro_app;
ALTER DEFAULT PRIVILEGES FOR ROLE maestro_migrator IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO maestro_app;
REVOKE ALL ON DATABASE maestroverse FROM maestro_backup;
GRANT CONNECT ON DATABASE maestroverse TO maestro_backup;
REVOKE ALL ON SCHEMA public FROM maestro_backup;
GRANT USAGE ON SCHEMA public TO maestro_backup;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM maestro_backup;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO maestro_backup;
ALTER DEFAULT PRIVILEGES FOR ROLE maestro_migrator IN SCHEMA public REVOKE ALL ON TABLES FROM maestro_backup;
ALTER DEFAULT PRIVILEGES FOR ROLE maestro_migrator IN SCHEMA public GRANT SELECT ON TABLES TO maestro_backup;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM maestro_backup;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO maestro_backup;
ALTER DEFAULT PRIVILEGES FOR ROLE maestro_migrator IN SCHEMA public REVOKE ALL ON SEQUENCES FROM maestro_backup;
ALTER DEFAULT PRIVILEGES FOR ROLE maestro_migrator IN SCHEMA public GRANT SELECT ON SEQUENCES TO maestro_backup;

-- Prisma's record of migrations: who writes it decides what the next one does.
SELECT 'REVOKE ALL ON TABLE public._prisma_migrations FROM maestro_app'
 WHERE to_regclass('public._prisma_migrations') IS NOT NULL \gexec

REVOKE maestro_migrator FROM CURRENT_USER;
COMMIT;
