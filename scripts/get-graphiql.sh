#!/bin/sh
# Brings GraphiQL and React from npm into graph/endpoint/graphiql, from where
# the binary embeds them. Version 3 is the last whose package holds a build that
# runs without a bundler. Called again it does nothing.
set -eu
cd "$(dirname "$0")/.."
to=graph/endpoint/graphiql

# sha256 version package file-in-the-package name-here
files='
a330a2be1d2389486840a9d0a834767d9083a23f105879e0de54e4fce83d3513 3.9.0 graphiql graphiql.min.js graphiql.js
bdddd50aac5bdb0edd83e5c862ba2fed9db2964e4c75d4655ab62b0a7d5bd730 3.9.0 graphiql graphiql.min.css graphiql.css
d949f1c3687aedadcedac85261865f29b17cd273997e7f6b2bfc53b2f9d4c4dd 18.3.1 react umd/react.production.min.js react.js
35f4f974f4b2bcd44da73963347f8952e341f83909e4498227d4e26b98f66f0d 18.3.1 react-dom umd/react-dom.production.min.js react-dom.js
'

whole() {
	echo "$files" | while read -r sum _ _ _ name; do
		[ -z "$sum" ] || echo "$sum  $to/$name"
	done | sha256sum --check --status 2>/dev/null
}

if whole && [ -e "$to/LICENSE.react-dom" ]; then exit 0; fi
command -v npm >/dev/null || {
	echo "get-graphiql.sh: npm is missing (apt-get install npm)" >&2
	exit 1
}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
echo "$files" | while read -r sum version package file name; do
	[ -n "$sum" ] || continue
	if [ ! -d "$tmp/$package" ]; then
		mkdir "$tmp/$package"
		(cd "$tmp/$package" && npm pack --silent --ignore-scripts "$package@$version" >/dev/null && tar -xzf ./*.tgz)
	fi
	cp "$tmp/$package/package/$file" "$to/$name"
	cp "$tmp/$package/package/LICENSE" "$to/LICENSE.$package"
done
whole || {
	echo "get-graphiql.sh: what npm sent is not what this script knows by its SHA-256" >&2
	exit 1
}
echo "GraphiQL: $to"
