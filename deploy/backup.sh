#!/bin/sh
# 备份：数据库、附件、审计链的链头，成为一个带校验和的文件夹。可以在服务运行时做。
#
#   PGHOST=/var/run/postgresql PGUSER=bihuan_backup deploy/backup.sh
#
# 连接用 libpq 的环境变量（PGHOST、PGPORT、PGUSER、PGPASSFILE；PGDATABASE 默认
# bihuan）。另有：
#   BIHUAN_FILES        附件存储，与服务的设置相同；默认 file:///var/lib/bihuan/files。
#                       s3:// 的附件不在这里备份，由桶的版本和复制负责
#   BIHUAN_BACKUP_DIR   放备份的文件夹，默认 /var/backups/bihuan
#   BIHUAN_BACKUP_KEEP  保留的天数，默认 30；0 为全部保留
#
# 角色。bihuan_owner 自己也受行级安全约束（FORCE），用它备份只会得到空表，pg_dump 因此
# 拒绝。要用超级用户，或专设一个只读、能越过行级安全的角色，由超级用户建立一次：
#   CREATE ROLE bihuan_backup LOGIN BYPASSRLS;
#   GRANT pg_read_all_data TO bihuan_backup;
# 它能读到所有租户的全部内容，密码要与超级用户的一样保管；不要给服务用。
#
# 安装密钥（secret）不在备份里，要另外保管：丢了，公开表格、测评的票和信封的签名都要重来（docs/operations.md 16）。
# 不备份签名密钥（keys.json）：丢了会自动新建，只是十分钟之内的访问令牌作废，会话还在。
# 备份里有个人信息和未公开的内容：请加密后再送出本机。
set -eu
umask 077

PGDATABASE=${PGDATABASE:-bihuan}
export PGDATABASE
files=${BIHUAN_FILES:-file:///var/lib/bihuan/files}
dir=${BIHUAN_BACKUP_DIR:-/var/backups/bihuan}
keep=${BIHUAN_BACKUP_KEEP:-30}

die() {
	echo "backup.sh：$*" >&2
	exit 1
}

sql() { psql -X -q -A -t -F "$(printf '\t')" -v ON_ERROR_STOP=1 -w "$@"; }

bypass=$(sql -c "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user") ||
	die "连接不上数据库 $PGDATABASE"
[ "$bypass" = t ] || die "这个角色受行级安全约束，备份会是空的；请看本文件开头，换一个角色"

mkdir -p "$dir"
name=$(date +%Y%m%dT%H%M%S)
part=$dir/.part-$name
mkdir "$part"
trap 'rm -rf "$part"' EXIT
trap 'exit 1' HUP INT TERM

# 链头取在倒出之前：倒出的内容必定包含它们，恢复以后就能用它们核对。
sql -c "
	SELECT h.tenant_id, coalesce(t.code, '安装'), h.seq, encode(h.hash, 'hex')
	FROM audit_heads h LEFT JOIN tenants t ON t.id = h.tenant_id ORDER BY 2" >"$part/anchors.tsv"

pg_dump -w --format=custom --file="$part/database.dump"

# 附件在数据库之后：先有文件后有记录，所以倒出的每条记录都有文件。
case $files in
file://*)
	if [ -d "${files#file://}" ]; then
		# 文件一旦存好就不再改；返回值 1 只是说文件夹正在变化（有人在上传）。
		rc=0
		tar -C "${files#file://}" --exclude='.put-*' --exclude='.check-*' -cf "$part/files.tar" . || rc=$?
		[ "$rc" -le 1 ] || die "附件没有备份成（tar 返回 $rc）"
	else
		echo "backup.sh：没有附件文件夹 ${files#file://}，只备份数据库" >&2
	fi
	;;
s3://*) ;;
*) die "BIHUAN_FILES 应以 file:/// 或 s3:// 开头" ;;
esac

{
	echo "时间	$(date -u +%Y-%m-%dT%H:%M:%SZ)"
	echo "数据库	$(sql -c 'SHOW server_version')"
	echo "pg_dump	$(pg_dump --version)"
	echo "迁移	$(sql -c 'SELECT max(version_id) FROM goose_db_version WHERE is_applied')"
} >"$part/MANIFEST"
(cd "$part" && sha256sum -- * >SHA256SUMS)
sync
mv "$part" "$dir/$name"
trap - EXIT

if [ "$keep" -gt 0 ]; then
	find "$dir" -mindepth 1 -maxdepth 1 -type d -name '20[0-9][0-9][0-9][0-9][0-9][0-9]T*' -mtime "+$keep" -exec rm -rf {} +
fi
echo "$dir/$name	$(du -sh "$dir/$name" | cut -f1)"
