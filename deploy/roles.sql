-- bihuan 的两个数据库角色，由超级用户建立一次：
--   psql -v ON_ERROR_STOP=1 -f deploy/roles.sql postgres
-- 然后各给一个密码（psql 里的 \password bihuan_owner、\password bihuan_app），再建库：
--   CREATE DATABASE bihuan OWNER bihuan_owner
--     ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0;
--
-- bihuan_owner 迁移，拥有全部表（DATABASE_OWNER_URL）；行级安全对它也强制，备份因此要
-- 用另外的角色，见 deploy/backup.sh。
-- 库的主人若不是 bihuan_owner，请由主人再执行一次（迁移在别的情况下自己会做）：
--   REVOKE TEMPORARY ON DATABASE bihuan FROM PUBLIC;
-- bihuan_app 服务（DATABASE_URL）；什么都不拥有，绕不过行级安全，换成别种角色程序拒绝启动。
-- 再次执行不做任何事，不改密码。
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bihuan_owner') THEN
    CREATE ROLE bihuan_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bihuan_app') THEN
    CREATE ROLE bihuan_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB;
  END IF;
END $$;
