#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Leaktop's tests of names in the lab, with a resolver that is 40 ms off, for bench.py egress: a
# report of each test on standard output, one line each.
#
# usage: egress.sh MILLISECONDS RUNS     as root
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
lab_up
services_up
on net ip addr replace 198.51.100.70/32 dev lo
start net delay.log "$lab/../bench/delay.py" 198.51.100.70 9.9.9.9 "$2"
wait_for grep -q ready "$LAB/delay.log" || fail "delay: $(cat "$LAB/delay.log")"
wireguard_up 46
resolver 198.51.100.70
for ((i = 0; i < $3; i++)); do
    for kind in standard extended; do
        printf '[probe]\ntest = %s\n' "$kind" >"$LAB/leaktop.conf"
        nsenter -t "${MACHINE[user]}" -n -m -- env -u SUDO_UID -u SUDO_GID -u SUDO_USER \
            "${LEAKTOP:-$lab/../../leaktop}" --once --json --duration 3 --config "$LAB/leaktop.conf" \
            </dev/null 2>/dev/null | tr -d '\n'
        echo
    done
done
