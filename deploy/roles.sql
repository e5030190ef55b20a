-- The two roles of bihuan, created once by a superuser:
--   psql -v ON_ERROR_STOP=1 -f deploy/roles.sql postgres
-- Then give each a password (\password bihuan_owner, \password bihuan_app) and
-- create the database:  CREATE DATABASE bihuan OWNER bihuan_owner
--                       ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0;
--
-- bihuan_owner migrates and owns the tables (DATABASE_OWNER_URL).
-- bihuan_app serves (DATABASE_URL); it owns nothing and cannot step over
-- row-level security, and the program refuses to serve as any other kind.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bihuan_owner') THEN
    CREATE ROLE bihuan_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bihuan_app') THEN
    CREATE ROLE bihuan_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB;
  END IF;
END $$;
