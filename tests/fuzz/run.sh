#!/usr/bin/env bash
# Builds the fuzz targets and runs each for a while, one after the other. Needs clang-14 and libclang-rt-14-dev.
#
#   tests/fuzz/run.sh SECONDS [TARGET ...]     targets: parser rules catalog json
#
# What libFuzzer learns goes to build-fuzz/corpus; what it finds to build-fuzz/findings, and the exit code is 1.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:?usage: tests/fuzz/run.sh SECONDS [TARGET ...]}
shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(parser rules catalog json)

cmake -S . -B build-fuzz -G Ninja -DNBO_FUZZ=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=clang-14 \
  -DCMAKE_CXX_COMPILER=clang++-14 >/dev/null
ninja -C build-fuzz "${targets[@]/#/nbo_fuzz_}"
mkdir -p build-fuzz/findings
failed=0
for target in "${targets[@]}"; do
  mkdir -p "build-fuzz/corpus/$target"
  options=(-max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 -entropic=0)
  [ -f "tests/fuzz/$target.dict" ] && options+=(-dict="tests/fuzz/$target.dict")
  [ "$target" = catalog ] && options+=(-max_len=20000)
  echo "== $target, $seconds s"
  nice -n 10 "build-fuzz/bin/nbo_fuzz_$target" "${options[@]}" -artifact_prefix="build-fuzz/findings/$target-" \
    "build-fuzz/corpus/$target" "tests/fuzz/corpus/$target" >"build-fuzz/$target.log" 2>&1 || failed=1
  tail -n 12 "build-fuzz/$target.log"
done
exit $failed
