#!/bin/sh
# A PostgreSQL server for the tests of the review store: the system's if there is one, else Debian's. Without either
# those tests are skipped and say so.
if command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
  exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y postgresql >/dev/null && exit 0
fi
echo "no PostgreSQL here: the tests that need one will be skipped (on Debian and Ubuntu: apt install postgresql)" >&2
