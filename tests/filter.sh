#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What stands behind a ClientHello does not pass the kernel's filter: 50 MB each way over TLS between
# two namespaces, watched by the program itself, whose count of packets is that of those that passed.
# Once as network cards without segmentation offload have it (each segment by itself), once in large
# pieces. Needs root. Closing line: "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/.."

octets=52428800
near=ltfilter$$a
far=ltfilter$$b
server=
work=$(mktemp -d)
cleanup() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  ip netns del "$near" 2>/dev/null || true
  ip netns del "$far" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

ip netns add "$near"
ip netns add "$far"
ip -n "$near" link add eth0 type veth peer name eth0 netns "$far"
number=1
for space in "$near" "$far"; do
  ip -n "$space" addr add "10.77.0.$number/24" dev eth0
  ip -n "$space" link set lo up
  ip -n "$space" link set eth0 up
  number=$((number + 1))
done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=bulk.example \
  -keyout "$work/key" -out "$work/certificate" 2>"$work/openssl.log"
head -c "$octets" /dev/urandom >"$work/bulk"
ip netns exec "$far" python3 tests/filter_server.py "$work" >"$work/ready" &
server=$!
for _ in $(seq 100); do
  [ ! -s "$work/ready" ] || break
  sleep 0.1
done

passed=0
failed=0
counter() { ip netns exec "$near" cat "/sys/class/net/eth0/statistics/$1_packets"; }

# check WHAT MOST CURL...: at most that many packets may pass.
check() {
  local what=$1 most=$2 watcher sent received size packets
  shift 2
  ip netns exec "$near" ./leaktop --passive --once --json --duration 6 >"$work/report" &
  watcher=$!
  sleep 1
  sent=$(counter tx)
  received=$(counter rx)
  size=$(ip netns exec "$near" curl -sk --max-time 20 "$@" https://10.77.0.2/)
  sent=$(($(counter tx) - sent))
  received=$(($(counter rx) - received))
  wait "$watcher" || true
  packets=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["capture"]["packets"])' <"$work/report")
  # The least is the beginning of the connection and the hello: a filter that lets nothing pass is
  # no good either.
  if [ "$size" -eq "$octets" ] && [ "$packets" -ge 2 ] && [ "$packets" -le "$most" ]; then
    passed=$((passed + 1))
    echo "ok   $what: $packets packets passed (at most $most), of $sent sent and $received received"
  else
    failed=$((failed + 1))
    echo "FAIL $what: $packets packets passed (at most $most), of $sent sent and $received received, $size octets"
  fi
}

# Where each segment is seen by itself, the end of a record that waited for a window looks like the
# rest of a hello: of an upload, at most one segment per record of 16 KB.
for segments in 64 1; do
  for space in "$near" "$far"; do
    ip -n "$space" link set eth0 gso_max_segs "$segments"
  done
  most=20
  check "download, $segments segments at once" "$most" -o /dev/null -w '%{size_download}'
  [ "$segments" -gt 1 ] || most=$((octets * 5 / 4 / 16384))
  check "upload, $segments segments at once" "$most" -T "$work/bulk" -w '%{size_upload}'
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
