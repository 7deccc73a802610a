#!/usr/bin/env bash
# Installs what the tests need, builds, and runs all of them. Debian 12; root for the packages.
#
#   tests/run.sh            everything: Release tests, end-to-end tests, screens, sanitizers, lint of the protos
#   tests/run.sh quick      Release unit tests, end-to-end tests, screens and a few crashes only
#   tests/run.sh crash      300 crashes of nbod, and 300 that also drop what was not synced: about 15 minutes
#
# Ends with a line 'N passed, N failed, N skipped' and exits with 0 only if nothing failed.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-all}
case $mode in all | quick | crash) ;; *) echo "usage: tests/run.sh [quick | crash]" >&2; exit 2 ;; esac
# shellcheck source=deploy/lib/setup.sh
. deploy/lib/setup.sh

passed=0 failed=0 skipped=0
add() { passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3)); }
say() { printf '\n== %s (%s)\n' "$*" "$(date +%H:%M:%S)"; }

# run_ctest DIR [CTEST_OPTION ...]: runs and counts.
run_ctest() {
  local dir=$1 log=$1/ctest.log total bad skips
  shift
  ctest --test-dir "$dir" -j "$(nproc)" --output-on-failure "$@" >"$log" 2>&1 || true
  total=$(grep -oE 'tests passed, [0-9]+ tests failed out of [0-9]+' "$log" | grep -oE '[0-9]+$' || echo 0)
  bad=$(grep -oE 'tests passed, [0-9]+ tests failed out of [0-9]+' "$log" | sed -E 's/.*, ([0-9]+) tests failed.*/\1/' || echo 0)
  skips=$(grep -cE '\*\*\*Skipped' "$log" || true)
  if [ "${total:-0}" -eq 0 ] || [ "${bad:-0}" -ne 0 ]; then tail -n 150 "$log"; fi
  if [ "${total:-0}" -eq 0 ]; then
    echo "no test ran in $dir"
    bad=1 total=1
  fi
  grep -E '\[  SKIPPED \]|Skipped$' "$log" | sort -u | head -n 20 || true
  add $((total - bad - skips)) "$bad" "$skips"
  tail -n 3 "$log"
}

# check NAME COMMAND...: one test that passes if the command does.
check() {
  local name=$1
  shift
  if "$@"; then add 1 0 0; else
    echo "FAILED: $name"
    add 0 1 0
  fi
}

# count_log LOG NAME: counts by the last line 'N passed, N failed, N skipped'.
count_log() {
  local summary p f s
  if summary=$(grep -oE '[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?' "$1" | tail -n 1) && [ -n "$summary" ]; then
    read -r p f s < <(echo "$summary" | sed -E 's/([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?/\1 \2 \4/')
    add "$p" "$f" "${s:-0}"
  else
    echo "FAILED: $2 did not end"
    add 0 1 0
  fi
}

# crashes ROUNDS: kill -9 under load; the last run proves that the harness sees a loss where there is one.
crashes() {
  check "crash: nbod" build/bin/nbo_crash --server build/bin/nbod --rounds "$1"
  check "crash: what was not synced is dropped" build/bin/nbo_crash --server build/bin/nbod_unsynced \
    --reference build/bin/nbod --rounds "$1"
  check "crash: without sync receipts are lost" build/bin/nbo_crash --server build/bin/nbod_unsynced \
    --reference build/bin/nbod --rounds 10 --sync false --expect-loss
}

say "packages"
nbo_install "${nbo_build_packages[@]}" libgtest-dev libgmock-dev libbenchmark-dev python3 python3-grpcio python3-protobuf curl
[ "$mode" = all ] && nbo_install clang-14 llvm-14 libclang-rt-14-dev clang-format-14

say "Release build"
nbo_build build -DBUILD_TESTING=ON -- all
if [ "$mode" = crash ]; then
  say "crashes"
  crashes 300
  say "done"
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
  exit
fi
say "unit tests, Release"
run_ctest build

say "end-to-end tests"
e2e_log=build/e2e.log
/usr/bin/python3 tests/e2e/run.py --bin build/bin 2>&1 | tee "$e2e_log" | grep -vE '^ok ' || true
count_log "$e2e_log" "the end-to-end tests"

say "screens in Chromium, the API by official clients"
web_log=build/web-tests.log
tests/web/run.sh build/bin 2>&1 | tee "$web_log" | grep -vE '^ok ' || true
count_log "$web_log" "the tests of the screens"

say "crashes"
crashes 10

if [ "$mode" = all ]; then
  say "address and undefined-behaviour sanitizers, clang's thread-safety analysis"
  nbo_build build-asan -DCMAKE_BUILD_TYPE=RelWithDebInfo -DNBO_ASAN=ON -DCMAKE_C_COMPILER=clang-14 \
    -DCMAKE_CXX_COMPILER=clang++-14 -DBUILD_TESTING=ON -- all
  run_ctest build-asan
  # RocksDB and gRPC are not instrumented, so what runs through them tells nothing; the port's twin in memory runs.
  say "thread sanitizer: core, the store in memory, the state cache, readings of the disk"
  nbo_build build-tsan -DCMAKE_BUILD_TYPE=RelWithDebInfo -DNBO_TSAN=ON -DCMAKE_C_COMPILER=clang-14 \
    -DCMAKE_CXX_COMPILER=clang++-14 -DBUILD_TESTING=ON -- nbo_core_test nbo_storage_test nbo_threads_test
  TSAN_OPTIONS="suppressions=$PWD/tests/tsan.supp" run_ctest build-tsan -R '^core\.|^storage\..*/Memory|^storage\.StateCache|^threads\.'

  say "format and lint of the protos"
  mapfile -t sources < <(find core storage server tests -name '*.cc' -o -name '*.h')
  check "clang-format (mend it with: clang-format-14 -i FILE)" clang-format-14 --dry-run -Werror "${sources[@]}"
  if command -v npm >/dev/null && npm ping >/dev/null 2>&1; then
    check "buf lint" bash -c "cd proto && npx --yes @bufbuild/buf@1 lint"
  else
    echo "skipped: npm or its registry is out of reach"
    add 0 0 1
  fi
fi

say "$([ "$failed" -eq 0 ] && echo 'all good' || echo 'there are failures')"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
