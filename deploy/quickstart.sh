#!/usr/bin/env bash
# From a fresh clone on Debian 12 to offers: installs, builds, starts nbod, imports the sample, asks for offers.
# Run it again and it takes seconds. Options:
#
#   deploy/quickstart.sh          do all that and leave the server running
#   deploy/quickstart.sh --stop   stop the server it left running
#   deploy/quickstart.sh --fresh  forget the data of earlier runs first
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=deploy/lib/setup.sh
. deploy/lib/setup.sh

run=build/quickstart
grpc_port=${NBO_GRPC_PORT:-7400}
http_port=${NBO_HTTP_PORT:-7401}
server=127.0.0.1:$grpc_port
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }

# The pid of the server that an earlier run left, if it still is one.
running_pid() {
  local pid
  pid=$(cat "$run/nbod.pid" 2>/dev/null) || return 1
  [ "$(readlink -f "/proc/$pid/exe" 2>/dev/null | sed 's/ (deleted)$//')" = "$PWD/build/bin/nbod" ] && echo "$pid"
}

stop_server() {
  local pid
  pid=$(running_pid) || { rm -f "$run/nbod.pid"; return 0; }
  kill "$pid"
  for _ in $(seq 300); do
    if ! kill -0 "$pid" 2>/dev/null; then
      rm -f "$run/nbod.pid"
      return 0
    fi
    sleep 0.1
  done
  nbo_die "nbod (pid $pid) has not stopped after 30 s; see $run/nbod.log"
}

start_server() {
  mkdir -p "$run"
  rm -f "$run/ports.json"
  setsid build/bin/nbod --config deploy/nbod.yaml --grpc-port "$grpc_port" --http-port "$http_port" \
    --storage-path "$run/data" --ports-file "$run/ports.json" >>"$run/nbod.log" 2>&1 </dev/null &
  echo $! >"$run/nbod.pid"
  for _ in $(seq 100); do
    [ -f "$run/ports.json" ] && return 0
    kill -0 "$(cat "$run/nbod.pid")" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 5 "$run/nbod.log" >&2
  nbo_die "nbod did not start; the lines above say why (another port: NBO_GRPC_PORT=7500 NBO_HTTP_PORT=7501 $0)"
}

ctl() { build/bin/nboctl --server "$server" "$@"; }

case ${1:-} in
  '') ;;
  --stop) stop_server; echo "stopped"; exit 0 ;;
  --fresh) stop_server; rm -rf "$run" ;;
  *) echo "usage: deploy/quickstart.sh [--stop|--fresh]" >&2; exit 2 ;;
esac

say "1. Packages and build (some minutes the first time)"
nbo_install "${nbo_build_packages[@]}"
nbo_build build -DBUILD_TESTING=OFF -- nbod nboctl
echo "build/bin/nbod and build/bin/nboctl are ready"
nbo_screens build/web

say "2. Server"
pid=$(running_pid) || pid=
# A server of an older build is replaced, and one of older screens: it reads them when it starts.
if [ -n "$pid" ] && { [ "$(readlink "/proc/$pid/exe")" != "$PWD/build/bin/nbod" ] ||
  [ build/web/pos.html -nt "$run/nbod.pid" ]; }; then
  stop_server
  pid=
fi
if [ -n "$pid" ]; then
  echo "nbod is already running (pid $pid)"
else
  start_server
  echo "nbod is running (pid $(cat "$run/nbod.pid")), its log is $run/nbod.log"
fi

say "3. Receipts: 150 real households of a US grocery chain, moved by whole weeks to end now"
# The shift is remembered: a receipt sent again with another date would be another receipt.
if [ -f "$run/shift" ]; then shift_option=(--shift-weeks "$(cat "$run/shift")"); else shift_option=(--shift-to-now); fi
ctl --format json import purchases deploy/sample/transactions.csv "${shift_option[@]}" --set channel=POS \
  --columns receipt_id=basket_id,customer_id=household_id,time=transaction_timestamp,amount=sales_value \
  --columns discount=retail_disc+coupon_disc+coupon_match_disc \
  --products deploy/sample/products.csv --product-columns product_id=product_id,category=product_category \
  >"$run/import.json"
sed -nE 's/.*"shifted_weeks": *(-?[0-9]+).*/\1/p' "$run/import.json" | head -n 1 >"$run/shift.new"
[ -s "$run/shift.new" ] || nbo_die "the import did not say by how many weeks it moved the dates; see $run/import.json"
mv "$run/shift.new" "$run/shift"
lines_of() { sed -nE "s/.*\"lines\":\{[^}]*\"$1\":([0-9]+).*/\1/p" "$run/import.json"; }
echo "$(lines_of read) lines: $(lines_of accepted) accepted, $(lines_of duplicate) recorded before," \
  "$(lines_of rejected) rejected; dates moved by $(cat "$run/shift") weeks"

# Cards to scan at the screens.
for link in 4711:67 4712:48 4713:129; do
  ctl identity link --card "${link%:*}" --customer "${link#*:}" --time 2017-01-01T00:00:00Z >/dev/null
done

ctl segments --refresh >"$run/segments.txt"
say "4. Catalog: offers made from the chain's real campaigns and coupons"
if ctl catalog show --yaml 2>/dev/null | cmp -s - deploy/sample/catalog.yaml; then
  echo "the catalog is already active"
else
  ctl catalog publish deploy/sample/catalog.yaml --shift-weeks "$(cat "$run/shift")" --author quickstart
fi

# show TITLE NBOCTL_OPTION...
show() {
  printf '\n--- %s\n' "$1"
  shift
  ctl offers get "$@" | grep -vE '^(Decision|Token)' || true
}

say "5. Household 67 comes often and buys a bit of everything; three channels, one person"
ctl profile show 67 | sed -n '1,15p'
show "the till: what the cashier says" --customer 67 --channel pos --store 391
show "the app" --customer 67 --channel mobile_app
show "the kiosk" --customer 67 --channel kiosk

say "6. Household 48 has not been seen for more than two months"
show "the till" --customer 48 --channel pos
show "the app, in Russian" --customer 48 --channel mobile_app --locale ru --max 2
show "the till again, once a steak for 12.00 is in the basket" --customer 48 --channel pos --basket 825343:BEEF:12.00

say "7. Household 129 comes rarely and buys mostly milk; then somebody without a card"
show "the app" --customer 129 --channel mobile_app --max 2
show "the till: nobody is identified" --channel pos

say "Why do they differ?"
echo "Every rule and every value it met:  build/bin/nboctl offers get --customer 48 --channel pos --explain"
ctl offers get --customer 48 --channel pos --explain | grep -E '^(winback-300|vip-gift-coffee|c22-cheese-060) ' || true

say "Who are the customers? RFM segments: how recently, how often, for how much"
sed '1,/^$/d' "$run/segments.txt"

say "The server goes on running"
cat <<EOF
  API (gRPC)    $server      e.g. grpcurl -plaintext -d '{"customer":{"customer_id":"67"},"channel":"CHANNEL_POS"}' $server nbo.v1.DecisionService/GetOffers
EOF
[ ! -f build/web/pos.html ] || cat <<EOF
  Screens       http://$server/pos?store=391&terminal=4&operator=anna   the till: scan card 4711, then articles 526615, 825343
                http://$server/kiosk   the kiosk, on any screen; cards 4711, 4712 and 4713 are those of households 67, 48 and 129
                http://$server/app?customer=67   a sample of an application
EOF
cat <<EOF
  Metrics       http://127.0.0.1:$http_port/metrics
  Ready?        http://127.0.0.1:$http_port/readyz
  Stop it       deploy/quickstart.sh --stop
EOF
