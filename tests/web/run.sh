#!/usr/bin/env bash
# Tests of the screens in Debian's Chromium, and of the API by official clients: tests/web/run.sh [BIN_DIR] [WORD]
#
# BIN_DIR holds nbod and nboctl (build/bin). With WORD only tests whose name holds it. Installs what it needs; where npm's
# registry or Chromium are out of reach it says so and skips. Screenshots of the run: build/web-tests/shots. Ends with
# 'N passed, N failed, N skipped'.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=deploy/lib/setup.sh
. deploy/lib/setup.sh
bin=$(realpath "${1:-build/bin}")
word=${2:-}
out=$PWD/build/web-tests

skip_all() {
  echo "the screens are not tested: $*"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
}

mkdir -p "$out"
packages=(chromium protobuf-compiler curl)
command -v npm >/dev/null || packages+=(nodejs npm)
(nbo_install "${packages[@]}") || skip_all "packages are missing"
made=0
server/web/build.sh build/web || made=$?
[ "$made" -ne 3 ] || skip_all "the screens could not be made"
[ "$made" -eq 0 ] || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }

cd tests/web
if ! cmp -s package-lock.json node_modules/.installed; then
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || skip_all "npm could not install what they are tested with"
  cp package-lock.json node_modules/.installed
fi
node run.mjs --bin "$bin" --web "$PWD/../../build/web" --out "$out" ${word:+"$word"}
