#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The demo: its story in a pipe with the verdict of each step, and on a screen, where each step is named
# among the events and q ends it.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
leaktop=${LEAKTOP:-$PWD/leaktop}
passed=0
failed=0
work=$(mktemp -d)
socket=ltdemo$$
trap 'tmux -L "$socket" kill-server 2>/dev/null; rm -rf "$work"' EXIT

verdict() { # NAME STATUS DETAIL
  if [ "$2" -eq 0 ]; then
    passed=$((passed + 1))
    echo "ok   $1"
  else
    failed=$((failed + 1))
    echo "FAIL $1: $3"
  fi
}

timeout 180 contrib/demo/demo.sh "$leaktop" </dev/null 2>&1 | cat >"$work/story"
steps=$(grep -c '^===' "$work/story")
[ "$steps" -ge 5 ]
verdict "in a pipe: five steps" $? "$steps steps: $(tail -n 3 "$work/story")"
# The first line of each step's report.
mapfile -t lines < <(awk '/^===/ { getline; print }' "$work/story")
expect=('+ OK' 'X LEAK  dns:' 'X LEAK .*ipv6' 'X LEAK .*disconnect' '')
for i in 0 1 2 3; do
  grep -q "^${expect[i]}" <<<"${lines[i]:-}"
  verdict "step $((i + 1)) says ${expect[i]}" $? "${lines[i]:-nothing}"
done
grep -qF 'the tunnel is back' "$work/story"
verdict "the tunnel comes back" $? "not told"

t() { env -u TMUX TERM=xterm-256color LC_ALL=C.UTF-8 tmux -L "$socket" -f /dev/null "$@"; }
wait_for() { # TEXT SECONDS
  for _ in $(seq $((10 * $2))); do
    t capture-pane -p >"$work/screen" 2>/dev/null
    grep -qF -- "$1" "$work/screen" && return 0
    sleep 0.1
  done
  return 1
}
t new-session -d -x 100 -y 30 "contrib/demo/demo.sh $leaktop; echo \"ended with \$?\"; exec sleep 60"
wait_for 'VPN is up' 30
verdict "on a screen: the first step is named" $? "$(cat "$work/screen")"
wait_for 'new DHCP lease' 30
verdict "on a screen: the second step is named" $? "$(cat "$work/screen")"
wait_for 'X LEAK' 15
verdict "on a screen: the leak is the verdict" $? "$(cat "$work/screen")"
t send-keys q
wait_for 'ended with 0' 15
verdict "q ends it" $? "$(cat "$work/screen")"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
