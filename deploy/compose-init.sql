-- 由 compose 里的 PostgreSQL 在首次启动时执行，次序在 roles.sql 之后：
-- 给两个角色密码，把数据库交给 bihuan_owner。密码取自环境变量，不出现在命令行。
\set ON_ERROR_STOP on
\set owner_password `printf %s "$BIHUAN_OWNER_PASSWORD"`
\set app_password `printf %s "$BIHUAN_APP_PASSWORD"`
ALTER ROLE bihuan_owner PASSWORD :'owner_password';
ALTER ROLE bihuan_app PASSWORD :'app_password';
ALTER DATABASE bihuan OWNER TO bihuan_owner;
