#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One evening in the lab: a VPN is up, then things go wrong, then it is well again. On a terminal the
# dashboard shows it as it happens and `q` ends it; into a pipe the story is told in text, each step
# with what `leaktop --once` says of it. Nothing leaves this machine.
#
# usage: sudo contrib/demo/demo.sh [PROGRAM]    (./leaktop)
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/lab/lab.sh
. "$root/tests/lab/lab.sh"
[[ ${1:-} == --inside ]] || LEAKTOP=${1:-${LEAKTOP:-$root/leaktop}}
LEAKTOP=$(readlink -f "$LEAKTOP")
export LEAKTOP

STEPS=(clean resolver ipv6 drop back)
declare -A TOLD=(
    [clean]="20:00 the VPN is up; web and names go through it"
    [resolver]="20:40 a new DHCP lease puts the router's resolver back"
    [ipv6]="21:10 that is mended, but the ISP switches IPv6 on, and the VPN carries IPv4 only"
    [drop]="21:50 the tunnel drops; no kill switch holds, programs go on"
    [back]="22:00 the tunnel is back, for both families, with its own resolver"
)
SITES=(news shop mail maps video forum bank weather)

step_clean() {
    resolver "$TUNNEL4"
    wireguard_up 4
}
step_resolver() {
    resolver "$ROUTER4"
}
step_ipv6() {
    resolver "$TUNNEL4" "$ROUTER6"
    user_ipv6 on
}
step_drop() {
    wireguard_drop
    resolver "$ROUTER4"
}
step_back() {
    resolver "$TUNNEL4"
    wireguard_up 46
}

# What the person's programs do meanwhile: a few names of the evening, by different programs.
programs() {
    local site=${SITES[RANDOM % ${#SITES[@]}]}
    on user "$LAB_HERE/ask.py" --as browser --type A,AAAA "www.$site.example.org"
    on user curl -s -o /dev/null --max-time 2 "https://$site.example.net/"
    # A program that tries each resolver that is configured, as some do.
    if on user grep -q "$ROUTER6" /etc/resolv.conf; then
        on user "$LAB_HERE/ask.py" --as mailer --server "$ROUTER6" --type A,AAAA imap.example.com
        on user curl -6 -s -o /dev/null --max-time 2 "https://$site.example.com/"
    fi
} >/dev/null 2>&1

once() {
    nsenter -t "${MACHINE[user]}" -n -m -- "$LEAKTOP" --once "$@" </dev/null
}

told_in_text() {
    local step pid i
    echo "An evening with a VPN, in a laboratory of network namespaces."
    for step in "${STEPS[@]}"; do
        printf '\n=== %s ===\n' "${TOLD[$step]}"
        # It watches before the step is taken, so that it sees it happen.
        if [[ $step == clean ]]; then
            step_clean
            once --duration 5 &
        else
            once --duration 5 --expect vpn &
        fi
        pid=$!
        sleep 1
        [[ $step == clean ]] || "step_$step"
        for i in 1 2; do
            programs
            sleep 0.3
        done
        wait "$pid"
        echo "(exit status $?)"
    done
    printf '\nThe evening is over.\n'
}

# The same behind the dashboard; each step is a line for its event list.
played() {
    local step i
    sleep 2
    for step in "${STEPS[@]}"; do
        "step_$step"
        programs
        # After what leaktop itself says of it: a small screen shows the newest event alone.
        echo "${TOLD[$step]}" >&9
        for i in 1 2 3; do
            sleep 1
            programs
        done
        sleep 1
    done
    echo "The evening is over: q quits" >&9
    while :; do
        programs
        sleep 2
    done
} 2>/dev/null

on_screen() {
    local status player
    mkfifo -m 666 "$LAB/notes"
    exec 9<>"$LAB/notes"
    printf '[screen]\nnotes = %s\n' "$LAB/notes" >"$LAB/leaktop.ini"
    played </dev/null >/dev/null &
    player=$!
    nsenter -t "${MACHINE[user]}" -n -m -- "$LEAKTOP" --config "$LAB/leaktop.ini"
    status=$?
    kill "$player" 2>/dev/null
    return "$status"
}

if [[ ${1:-} == --inside ]]; then
    trap 'exit 130' INT
    [[ -x $LEAKTOP ]] || fail "$LEAKTOP: no such program; run make first"
    lab_up
    user_ipv6 off
    if [[ -t 0 && -t 1 ]]; then
        on_screen
    else
        told_in_text
    fi
    exit
fi
lab_enter "$root/contrib/demo/demo.sh" --inside
