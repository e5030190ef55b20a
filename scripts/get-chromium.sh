#!/bin/sh
# Installs Chromium and Chinese letters for the console's stories, if the
# machine has none: with apt-get for root. Called again it does nothing.
# CHROMIUM names another browser of its kind.
set -eu

letters() { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh)" ]; }
if [ -x "${CHROMIUM:-/usr/bin/chromium}" ] && { letters || [ "$(id -u)" != 0 ]; }; then
	exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	apt-get update -q && apt-get install -y -q --no-install-recommends chromium fonts-noto-cjk
	exit 0
fi
echo "没有 Chromium：请用管理员身份运行 apt-get install chromium fonts-noto-cjk，或用 CHROMIUM 指明在哪里" >&2
exit 1
