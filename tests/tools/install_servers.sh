#!/bin/sh
# PostgreSQL and nginx for the tests of a shared server: the system's where they are there, else Debian's. Without them
# those tests are skipped and say so.
missing=
command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing=postgresql
command -v nginx >/dev/null 2>&1 || test -x /usr/sbin/nginx || missing="$missing nginx-light"
test -z "$missing" && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y $missing >/dev/null && exit 0
fi
echo "the tests that need them will be skipped (on Debian and Ubuntu: apt install $missing)" >&2
