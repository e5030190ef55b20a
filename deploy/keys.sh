#!/bin/sh
# 签名密钥：建立，或轮换。
#
#   deploy/keys.sh /var/lib/bihuan/keys.json        没有就建立；有就在前面加一把新的，保留最近的一把
#   deploy/keys.sh --leaked /var/lib/bihuan/keys.json  泄露以后：只留新的，旧令牌立即作废
#
# 文件是私有 JWK（RFC 8037，Ed25519）的列表：第一把签名，其余只用来认旧令牌，kid 是
# RFC 7638 的指纹。单机安装不必用它建立：程序启动时没有就自己建。多个副本须共用一份，
# 在 Kubernetes 里放进 Secret，才先用它建立。轮换以后逐个重启：重启了的用新密钥签名，
# 还没有重启的遇到这样的令牌就重读文件，不会误拒。--leaked 以后须马上重启全部副本。
# 访问令牌十分钟就过期，所以只需保留一把旧的；会话不受影响。
# 需要 openssl 3 或 1.1.1；轮换另需 jq。
set -eu
umask 077

die() {
	echo "keys.sh：$*" >&2
	exit 1
}

keep=1
if [ "${1:-}" = --leaked ]; then
	keep=0
	shift
fi
file=${1:-}
[ $# = 1 ] && [ -n "$file" ] || die "用法：keys.sh [--leaked] keys.json 的路径"

b64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

new=$(mktemp "$(dirname "$file")/.keys-XXXXXX")
trap 'rm -f "$new" "$new.pem"' EXIT
openssl genpkey -algorithm ed25519 -out "$new.pem"
# DER 的最后 32 字节就是种子和公钥本身。
d=$(openssl pkey -in "$new.pem" -outform DER | tail -c 32 | b64url)
x=$(openssl pkey -in "$new.pem" -pubout -outform DER | tail -c 32 | b64url)
kid=$(printf '{"crv":"Ed25519","kty":"OKP","x":"%s"}' "$x" | openssl dgst -sha256 -binary | b64url)
printf '[{"kty":"OKP","crv":"Ed25519","kid":"%s","x":"%s","d":"%s"}]\n' "$kid" "$x" "$d" >"$new"

if [ "$keep" = 1 ] && [ -s "$file" ]; then
	command -v jq >/dev/null || die "轮换需要 jq"
	jq -s '.[0] + .[1][:1]' "$new" "$file" >"$new.pem" # 种子已经取出，这个名字另用
	mv "$new.pem" "$new"
fi
# 属主和权限照旧，服务才读得到。
if [ -e "$file" ]; then
	chown --reference="$file" "$new"
	chmod --reference="$file" "$new"
fi
mv "$new" "$file"
echo "$file：用 $kid 签名"
