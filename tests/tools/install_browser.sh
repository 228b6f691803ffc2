#!/bin/sh
# A Chromium for the browser tests: the system's if there is one, else Debian's without a window, else Playwright's own.
set -e
for program in chromium-headless-shell chromium chromium-browser; do
  if command -v $program >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium-headless-shell >/dev/null && exit 0
fi
exec "$1/python" -m playwright install chromium
