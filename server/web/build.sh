#!/usr/bin/env bash
# Makes the screens that nbod serves: server/web/build.sh [DIRECTORY]. Without npm, or without its registry, it says so and
# leaves DIRECTORY as it is; nbod then runs without screens. Exits with 0 if they were made, with 3 if they were left out.
set -euo pipefail
out=$(realpath -m "${1:-$(dirname "$0")/../../build/web}")
cd "$(dirname "$0")"

left_out() {
  echo "the screens (/pos, /kiosk, /app) are left out: $*" >&2
  exit 3
}

command -v node >/dev/null || left_out "node is missing (apt-get install nodejs npm)"
# What is installed stays until the lockfile says something else.
if ! cmp -s package-lock.json node_modules/.installed; then
  command -v npm >/dev/null || left_out "npm is missing (apt-get install npm)"
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || left_out "npm could not install what they are built with"
  cp package-lock.json node_modules/.installed
fi
node_modules/.bin/tsc || { echo "the screens have errors; the lines above say where" >&2; exit 1; }
node build.mjs "$out.new"
# The same screens stay the files they are: a server that has them need not be started anew.
if diff -rq "$out" "$out.new" >/dev/null 2>&1; then
  rm -rf "$out.new"
else
  rm -rf "$out"
  mv "$out.new" "$out"
fi
echo "the screens are in $out"
