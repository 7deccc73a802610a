# Shared by deploy/quickstart.sh and tests/run.sh: what nbo needs from Debian, and how it is built.
# Sourced, not run; expects `set -euo pipefail` and the repository's root as the working directory.

# What the build needs.
nbo_build_packages=(
  g++ cmake ninja-build ccache mold pkg-config
  libgrpc++-dev protobuf-compiler protobuf-compiler-grpc libprotobuf-dev libabsl-dev libre2-dev libssl-dev zlib1g-dev
  libc-ares-dev librocksdb-dev libsnappy-dev libgflags-dev liblz4-dev libzstd-dev libbz2-dev libxxhash-dev
  libjemalloc-dev libyaml-cpp-dev libyaml-dev libcli11-dev libspdlog-dev libcsv-dev rapidjson-dev libboost-dev
  libnghttp2-dev prometheus-cpp-dev libcivetweb-dev libcurl4-openssl-dev ca-certificates tzdata
)

nbo_die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Installs the packages named that are missing; takes no time if none is.
nbo_install() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  command -v apt-get >/dev/null || nbo_die "needs Debian 12 (apt-get is missing); install: ${missing[*]}"
  [ "$(id -u)" -eq 0 ] || nbo_die "packages are missing; run as root once, or install them: apt-get install ${missing[*]}"
  printf 'installing %d packages ...\n' "${#missing[@]}"
  local log
  log=$(mktemp)
  # Several repositories may be reached through slow mirrors: try more than once.
  if ! { DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 update &&
    DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 install -y --no-install-recommends "${missing[@]}"; } \
    >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    nbo_die "installing packages failed; the lines above say why. Is this Debian 12 with network access?"
  fi
  rm -f "$log"
}

# nbo_build DIR [CMAKE_OPTION ...] -- TARGET ...: configures once and builds.
nbo_build() {
  local dir=$1 options=() log
  shift
  while [ $# -gt 0 ] && [ "$1" != "--" ]; do
    options+=("$1")
    shift
  done
  shift
  mkdir -p "$dir"
  log=$dir/build.log
  if ! cmake -S . -B "$dir" -G Ninja "${options[@]}" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    nbo_die "configuring failed; the whole log is in $log"
  fi
  if [ -t 1 ]; then
    ninja -C "$dir" "$@" || nbo_die "building failed; the lines above say why"
  elif ! ninja -C "$dir" "$@" >"$log" 2>&1; then
    grep -E -A8 'error|FAILED' "$log" | head -n 60 >&2
    nbo_die "building failed; the whole log is in $log"
  fi
}

# nbo_screens DIR: makes the pages that nbod serves at /pos, /kiosk and /app. Without npm they are left out, and nbod runs
# without them.
nbo_screens() {
  local made=0
  command -v npm >/dev/null || (nbo_install nodejs npm) || true
  server/web/build.sh "$1" || made=$?
  [ "$made" -eq 0 ] || [ "$made" -eq 3 ] || nbo_die "making the screens failed; the lines above say why"
}
