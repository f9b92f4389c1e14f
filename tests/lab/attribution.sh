#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who asked: thousands of look-ups by programs that are gone at once, 20 of them at a time, by three
# users; to a resolver nearby and through two local ones; with what the kernel notes (cgroup BPF) and
# without it. Prints the shares; at least 99 % must be right with it, and none wrong in either way.
#   tests/lab/attribution.sh [PROGRAM [LOOK-UPS]]
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
program=$(realpath "${1:-./leaktop}")
count=${2:-2000}
declare -A resolver=([direct]=10.67.0.2 [dnsmasq]=127.0.0.1 [unbound]=127.0.0.2)
declare -A share=([direct]=$((count / 2)) [dnsmasq]=$((count / 4)) [unbound]=$((count / 4)))
ways=(direct dnsmasq unbound)
if [ "$(id -u)" -ne 0 ] || ! unshare --mount --net true 2>/dev/null; then
  echo "SKIP attribution: needs root and namespaces"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi
# A mount namespace of its own: names of namespaces and files in /etc are seen by nobody else.
if [ -z "${IN_WORLD:-}" ]; then
  IN_WORLD=1 exec unshare --mount --propagation private -- "$0" "$program" "$count"
fi

work=$(mktemp -d)
chmod 755 "$work"
passed=0
failed=0
skipped=0
pids=()

# Called by the trap.
# shellcheck disable=SC2317
cleanup() {
  kill -KILL "${pids[@]}" 2>/dev/null
  wait 2>/dev/null
  ip netns del here 2>/dev/null
  ip netns del there 2>/dev/null
  rm -rf "$work"
}
trap cleanup EXIT

verdict() { # NAME STATUS
  if [ "$2" -eq 0 ]; then
    passed=$((passed + 1))
    echo "ok   $1"
  else
    failed=$((failed + 1))
    echo "FAIL $1"
  fi
}

within() { # TENTHS COMMAND...
  local left=$1
  shift
  until "$@"; do
    [ "$((left -= 1))" -ge 0 ] || return 1
    sleep 0.1
  done
}

for name in ask-once ask-open ask-thread; do
  cc -O2 -pthread -o "$work/$name" tests/lab/ask-once.c || exit 2
done

# ---- two machines ----
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns
for name in here there; do
  ip netns add "$name"
  ip netns exec "$name" sysctl -qw net.ipv6.conf.default.accept_dad=0
  ip -n "$name" link set lo up
done
ip link add u0 netns here type veth peer name u0 netns there
ip -n here addr add 10.67.0.1/24 dev u0
ip -n there addr add 10.67.0.2/24 dev u0
ip -n here link set u0 up
ip -n there link set u0 up
ip -n here route add default via 10.67.0.2
printf 'hosts: files dns\n' >"$work/nsswitch.conf"
mount --bind "$work/nsswitch.conf" /etc/nsswitch.conf
printf 'nameserver 10.67.0.2\noptions timeout:2 attempts:1\n' >"$work/resolv.conf"
mount --bind "$work/resolv.conf" /etc/resolv.conf

serve=(dnsmasq --keep-in-foreground --conf-file=/dev/null --no-hosts --no-resolv --pid-file=
  --user=root --bind-interfaces --dns-forward-max=1000)
ip netns exec there "${serve[@]}" --address=/lab/10.67.0.2 --listen-address=10.67.0.2 &
pids+=($!)
ip netns exec here "${serve[@]}" --server=10.67.0.2 --cache-size=0 --listen-address=127.0.0.1 &
pids+=($!)
# Letters of either case at random, two threads at one port, nothing kept.
cat >"$work/unbound.conf" <<EOF
server:
  interface: 127.0.0.2
  do-daemonize: no
  username: ""
  chroot: ""
  pidfile: ""
  directory: "$work"
  module-config: "iterator"
  use-caps-for-id: yes
  num-threads: 2
  so-reuseport: yes
  cache-max-ttl: 0
  local-zone: "lab." nodefault
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: 10.67.0.2
EOF
ip netns exec here unbound -d -c "$work/unbound.conf" 2>"$work/unbound.err" &
pids+=($!)
answers() { ip netns exec here dig +tries=1 +time=1 "@$1" up.lab >/dev/null; }
for address in "${resolver[@]}"; do
  within 30 answers "$address" || { echo "no resolver at $address" >&2; exit 2; }
done

# ---- asking ----
watched() { # CONFIGURATION: ask in all ways under leaktop's eyes; its log is $work/$1.log
  local main way
  # Nothing is a tunnel here, so each look-up leaves outside it and is in the log.
  ip netns exec here "$program" --headless --passive --expect vpn --config "$work/$1.conf" \
    --log "$work/$1.log" >"$work/$1.out" 2>&1 </dev/null &
  main=$!
  pids+=("$main")
  within 50 grep -qs 'programs are named' "$work/$1.log" && sleep 0.3
  for way in "${ways[@]}"; do
    printf 'nameserver %s\noptions timeout:2 attempts:1\n' "${resolver[$way]}" >"$work/resolv.conf"
    ip netns exec here python3 tests/lab/askers.py ask "${share[$way]}" 20 "${resolver[$way]}" \
      "$1$way" "$work"
  done
  sleep 1.5
  kill -TERM "$main"
  wait "$main" 2>/dev/null
}

printf '[attribution]\nexact = yes\n' >"$work/exact.conf"
printf '[attribution]\nexact = no\n' >"$work/sockets.conf"

watched exact
if grep -q 'cgroup BPF' "$work/exact.log"; then
  for way in "${ways[@]}"; do
    python3 tests/lab/askers.py judge "$work/exact.log" "exact$way" "${share[$way]}" 99
    verdict "with BPF, $way: 99 % of programs and users are right, none is wrong" $?
  done
else
  skipped=$((skipped + ${#ways[@]}))
  grep -h 'programs are named' "$work/exact.log"
  echo "SKIP with BPF: this machine does not let it be loaded"
fi

watched sockets
for way in "${ways[@]}"; do
  python3 tests/lab/askers.py judge "$work/sockets.log" "sockets$way" "${share[$way]}"
  verdict "without BPF, $way: none is wrong" $?
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
