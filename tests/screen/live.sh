#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The program itself in a real terminal, on real packets in network namespaces made here.
#
# usage: tests/screen/live.sh [PATTERN]    (as root; PATTERN picks tests by name)
# LEAKTOP=FILE   the program to test (default ./leaktop)
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
LEAKTOP=$(readlink -f "${LEAKTOP:-leaktop}")
export LEAKTOP
prefix=ltlive$$
export LIVE_PREFIX=$prefix PYTHONDONTWRITEBYTECODE=1

for need in python3 tmux ip; do
  command -v "$need" >/dev/null || { echo "FAIL live: $need is missing"; echo "0 passed, 1 failed"; exit 1; }
done
if [ "$(id -u)" -ne 0 ] || [ ! -x "$LEAKTOP" ]; then
  echo "FAIL live: needs root and a built leaktop"
  echo "0 passed, 1 failed"
  exit 1
fi

work=$(mktemp -d)
export LIVE_HOME=$work
cleanup() {
  local space pids
  # tmux takes its sockets from here, so nobody else's server can be meant.
  TMUX_TMPDIR=$work tmux -L "$prefix" kill-server 2>/dev/null
  for space in $(ip netns list | awk -v p="$prefix" 'index($1, p) == 1 { print $1 }'); do
    pids=$(ip netns pids "$space")
    # shellcheck disable=SC2086
    [ -z "$pids" ] || kill -KILL $pids 2>/dev/null
    ip netns del "$space"
    rm -rf "/etc/netns/$space"
  done
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

timeout -k 5 180 python3 tests/screen/live.py "${1:-}"
