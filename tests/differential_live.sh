#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What real clients say (curl, openssl, kdig, dig, dnsperf, STUN), recorded between two namespaces and
# read by the decoder and by tshark: look-ups and their answers, hellos whole and in small segments, over
# TLS 1.2, 1.3 and QUIC, STUN over UDP and TCP. Needs root; nothing leaves the namespaces.
# usage: differential_live.sh FACTS (built from tests/tools/facts.c). Closing line: "N passed, N failed".
set -euo pipefail
cd "$(dirname "$0")/.."
facts=$(realpath "$1")

near=ltdiff$$a
far=ltdiff$$b
work=$(mktemp -d)
running=()
clients=()
cleanup() {
  for process in "${running[@]}"; do
    kill "$process" 2>/dev/null || true
  done
  ip netns del "$near" 2>/dev/null || true
  ip netns del "$far" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

# Some give up by crashing: the shell need not say so.
client() { { ip netns exec "$near" timeout 10 "$@" </dev/null >>"$work/clients" 2>&1 || true; } 2>/dev/null; }
beside() { # a client of many at once
  client "$@" &
  clients+=($!)
}
server() {
  local name=$1
  shift
  ip netns exec "$far" "$@" </dev/null >"$work/$name" 2>&1 &
  running+=($!)
}
listens() { # listens PROTOCOL PORT: within ten seconds
  for _ in $(seq 100); do
    [ -z "$(ip netns exec "$far" ss -Hln"$1" sport = ":$2")" ] || return 0
    sleep 0.1
  done
  echo "nobody listens on port $2"
  exit 1
}

for space in "$near" "$far"; do
  ip netns add "$space"
  ip netns exec "$space" sysctl -qw net.ipv6.conf.default.accept_dad=0
  ip netns exec "$space" sysctl -qw net.ipv6.route.min_adv_mss=1
  ip -n "$space" link set lo up
done
ip -n "$near" link add eth0 type veth peer name eth0 netns "$far"
number=1
for space in "$near" "$far"; do
  ip -n "$space" addr add "10.78.0.$number/24" dev eth0
  ip -n "$space" addr add "2001:db8:78::$number/64" dev eth0
  ip -n "$space" link set eth0 up
  ip -n "$space" link set eth0 gso_max_segs 1
  number=$((number + 1))
done

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=server.example \
  -keyout "$work/key" -out "$work/certificate" 2>"$work/openssl"
for port in 443 853; do
  server "tls$port" openssl s_server -accept "$port" -cert "$work/certificate" -key "$work/key" \
    -alpn http/1.1,dot -www
done
server dnsmasq dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user=root \
  --pid-file="$work/dnsmasq.pid" --address=/example.org/192.0.2.77 --address=/example.org/2001:db8::77 \
  --cname=www.alias.test,a.example.org --host-record=many.test,192.0.2.1,2001:db8::1
server stun /usr/bin/python3 tests/lab/stun.py serve 10.78.0.2 2001:db8:78::2
for port in 443 853 5349 53 3478; do
  listens t "$port"
done

ip netns exec "$near" tcpdump -Z root -i any -y LINUX_SLL2 -B 16384 --immediate-mode -U -w "$work/live.pcap" \
  'port not 5353' 2>"$work/tcpdump" &
running+=($!)
recorder=$!
for _ in $(seq 100); do
  ! grep -q "listening on" "$work/tcpdump" || break
  sleep 0.1
done

seq -f 'host%.0f.example.org A' 1 150 >"$work/questions"
seq -f 'host%.0f.example.org AAAA' 1 150 >>"$work/questions"
for address in 10.78.0.2 2001:db8:78::2; do
  client dnsperf -s "$address" -d "$work/questions" -n 1 -Q 1000 -t 1
  client dnsperf -s "$address" -d "$work/questions" -n 1 -Q 1000 -t 1 -e -m tcp
  client dig "@$address" +noedns www.alias.test A
  client dig "@$address" +nocookie many.test ANY
  client dig "@$address" +tcp +keepopen www.alias.test A many.test AAAA other.test TXT
  client dig "@$address" -x 192.0.2.1
done

# Each client once as it is and once in segments of 300 octets: the server's end asks for them.
for segments in whole small; do
  if [ "$segments" = small ]; then
    ip -n "$far" route replace 10.78.0.0/24 dev eth0 src 10.78.0.2 proto kernel scope link advmss 300
    ip -n "$far" -6 route replace 2001:db8:78::/64 dev eth0 proto kernel metric 256 advmss 300
  fi
  for host in 10.78.0.2 '[2001:db8:78::2]'; do
    for option in '--tls-max 1.2' '--tlsv1.3' '--http1.1' '--no-alpn'; do
      # shellcheck disable=SC2086
      beside curl -sk --max-time 3 -o /dev/null $option --connect-to "::$host:443" "https://www.$segments.example/"
    done
    beside curl -sk --max-time 3 -o /dev/null "https://$host/"
    for option in '' '-tls1_2' '-alpn dot' '-alpn h2,x-none' '-noservername' '-groups P-521:X25519'; do
      # shellcheck disable=SC2086
      beside openssl s_client $option -connect "$host:443" -servername "s-client.$segments.example"
    done
  done
  for address in 10.78.0.2 2001:db8:78::2; do
    beside kdig "@$address" +tls +tls-sni="dot.$segments.example" +time=1 +retry=0 name.example
    beside kdig "@$address" +tls +time=1 +retry=0 name.example
    beside kdig "@$address" +https=/dns-query +tls-sni="doh.$segments.example" +time=1 +retry=0 name.example
    beside kdig "@$address" +quic +time=1 +retry=0 name.example
    beside /usr/bin/python3 tests/lab/stun.py ask "$address"
    beside /usr/bin/python3 tests/lab/stun.py ask --ice "$address"
    beside /usr/bin/python3 tests/lab/stun.py ask --tcp "$address"
    beside /usr/bin/python3 tests/lab/stun.py ask --tls "$address"
    beside /usr/bin/python3 tests/lab/stun.py alike "$address"
  done
  wait "${clients[@]}"
  clients=()
done
sleep 0.5
kill -INT "$recorder"
wait "$recorder" || true
grep -q '^0 packets dropped' "$work/tcpdump" || {
  echo "the recording has gaps: $(tail -n 1 "$work/tcpdump")"
  exit 1
}

status=0
/usr/bin/python3 tests/differential_compare.py "$facts" "$work/live.pcap" >"$work/names" || status=1
cat "$work/names"
/usr/bin/python3 tests/differential_hellos.py "$facts" - "$work/live.pcap" >"$work/encrypted" || status=1
cat "$work/encrypted"
# Fewer than the clients were started would be a comparison of nothing.
hellos=$(sed -n 's/^live.pcap: \([0-9]*\) hellos$/\1/p' "$work/encrypted")
[ "${hellos:-0}" -ge 56 ] || {
  echo "only ${hellos:-0} hellos of 60 were recorded"
  status=1
}
tail -qn 1 "$work/names" "$work/encrypted" |
  awk '{ passed += $1; failed += $3 } END { print passed " passed, " failed " failed" }'
[ -z "${KEEP:-}" ] || cp "$work/live.pcap" "$work/clients" "$KEEP"
[ "$status" -eq 0 ]
