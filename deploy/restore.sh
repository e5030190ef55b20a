#!/bin/sh
# 恢复：把 backup.sh 的一份备份恢复成一个新的数据库，逐项核对。
#
#   PGHOST=/var/run/postgresql PGUSER=postgres deploy/restore.sh /var/backups/bihuan/20241227T023000 [数据库]
#
# 以超级用户连接（libpq 的环境变量），因为表要归还给 bihuan_owner。数据库默认
# bihuan；已经有了就拒绝，从不覆盖：先改名，核对以后再删。
#   ALTER DATABASE bihuan RENAME TO bihuan_before
# 定期演练时给另一个名字，例如 bihuan_drill，演练完 DROP DATABASE bihuan_drill。
#   BIHUAN_FILES       附件恢复到哪里，默认 file:///var/lib/bihuan/files；已有文件就拒绝
#   BIHUAN_VERIFY_URL  bihuan_app 到新数据库的连接地址；有它，最后用 bihuan audit verify
#                      重算全部审计链（BIHUAN 为程序的路径，默认 bihuan）
# 次序：停服务，恢复，核对无误，再启动服务。中途停下的，新库不会被用到：DROP DATABASE，
# 查明原因再来。
set -eu
umask 077

die() {
	echo "restore.sh：$*" >&2
	exit 1
}

here=$(cd "$(dirname "$0")" && pwd)
from=${1:-}
db=${2:-bihuan}
files=${BIHUAN_FILES:-file:///var/lib/bihuan/files}
[ -n "$from" ] && [ -f "$from/SHA256SUMS" ] || die "用法：restore.sh 备份文件夹 [数据库]"
case $db in *[!a-z0-9_]* | '') die "数据库名只用小写字母、数字和下划线" ;; esac

sql() { psql -X -q -A -t -F "$(printf '\t')" -v ON_ERROR_STOP=1 -w "$@"; }

echo "一、校验和"
(cd "$from" && sha256sum --quiet -c SHA256SUMS) || die "备份已损坏"

[ "$(sql -d postgres -c 'SELECT rolsuper FROM pg_roles WHERE rolname = current_user')" = t ] || die "要以超级用户连接"
[ -z "$(sql -d postgres -c "SELECT 1 FROM pg_database WHERE datname = '$db'")" ] || die "数据库 $db 已经存在；请先改名，或另给一个名字"
target=
if [ -f "$from/files.tar" ]; then
	case $files in
	file://*) target=${files#file://} ;;
	*) die "这份备份里有附件，而 BIHUAN_FILES 不是文件夹" ;;
	esac
	if [ -d "$target" ] && [ -n "$(ls -A "$target")" ]; then die "附件文件夹 $target 不是空的；请先移走"; fi
fi

echo "二、角色与空数据库"
sql -d postgres -f "$here/roles.sql" >/dev/null
sql -d postgres -c "CREATE DATABASE $db OWNER bihuan_owner ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0"

echo "三、数据库"
pg_restore -w --exit-on-error --dbname="$db" "$from/database.dump"
sql -d "$db" -c 'ANALYZE'

echo "四、附件"
if [ -n "$target" ]; then
	mkdir -p "$target"
	tar -C "$target" -xf "$from/files.tar"
fi

echo "五、核对"
# 租户表都强制行级安全；account_memberships 登录时要用，没有业务内容，不在其内。
open=$(sql -d "$db" -c "
	SELECT coalesce(string_agg(c.relname, '、'), '') FROM pg_class c
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
	WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'account_memberships'
	  AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))")
[ -z "$open" ] || die "这些表没有行级安全：$open"

bad=0
tab=$(printf '\t')
while IFS=$tab read -r tenant code seq hash; do
	now=$(sql -d "$db" -c "SELECT encode(hash, 'hex') FROM audit_log WHERE tenant_id = '$tenant' AND seq = $seq")
	if [ "$now" != "$hash" ]; then
		echo "  审计链 $code 第 $seq 条与备份时的链头不符" >&2
		bad=1
	fi
done <"$from/anchors.tsv"
[ "$bad" = 0 ] || die "审计链与链头不符"

if [ -n "$target" ]; then
	# 移除以后内容已删的只有记录；旧版的备份没有这一列。
	list=$(sql -d "$db" -c "SELECT sha256 || '  ' || blob_key FROM attachments a WHERE to_jsonb(a) ->> 'purged_at' IS NULL")
	[ -z "$list" ] || echo "$list" | (cd "$target" && sha256sum --quiet -c - >&2) || die "有附件缺失或损坏（见上）"
fi
echo "  行级安全、链头、附件：相符；$(sql -d "$db" -c 'SELECT count(*) FROM tenants') 个租户，$(sql -d "$db" -c 'SELECT count(*) FROM matters') 件事项"

if [ -n "${BIHUAN_VERIFY_URL:-}" ]; then
	# 不给 DATABASE_OWNER_URL：核对的是原样，先不迁移。
	env -u DATABASE_OWNER_URL DATABASE_URL="$BIHUAN_VERIFY_URL" "${BIHUAN:-bihuan}" audit verify
else
	echo "请再以服务的设置运行 bihuan audit verify，重算全部审计链。"
fi
[ -z "$target" ] || echo "附件现归 $(id -un)：请 chown -R 给运行服务的用户。"
