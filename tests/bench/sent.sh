#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Leaktop alone on the lab's machine with a WireGuard tunnel, and all that goes through it, for
# bench.py sent.
#
# usage: sent.sh SECONDS OUT.pcap [CONFIG-LINE...]     as root
set -u
lab=$(cd "$(dirname "${BASH_SOURCE[0]}")/../lab" && pwd)
# shellcheck source=tests/lab/lab.sh
. "$lab/lab.sh"
# shellcheck source=tests/lab/services.sh
. "$lab/services.sh"
if [[ ${1:-} != --inside ]]; then
    lab_enter "$0" --inside "$@"
    exit
fi
seconds=$2 out=$3
shift 3
lab_up
services_up
wireguard_up 46
resolver "$TUNNEL4"
sleep 1
printf '%s\n' "$@" >"$LAB/leaktop.conf"
start user tcpdump.log tcpdump -i wg0 -Z root --immediate-mode -U -w "$out"
seen=$STARTED
wait_for grep -q 'listening on' "$LAB/tcpdump.log" || fail "tcpdump does not start"
nsenter -t "${MACHINE[user]}" -n -m -- env -u SUDO_UID -u SUDO_GID -u SUDO_USER \
    "${LEAKTOP:-$lab/../../leaktop}" --headless --config "$LAB/leaktop.conf" >"$LAB/headless.out" 2>&1 </dev/null &
watched=$!
sleep "$seconds"
kill "$watched"
wait "$watched"
stop "$seen" INT
