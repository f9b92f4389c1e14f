#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scenarios in the lab, each held against what the router really saw.
#
# usage: tests/lab/run.sh [--list] [SCENARIO...]     a name may be a pattern: 'dot-*'
# LEAKTOP=FILE   the program to test (default ./leaktop)
# LAB_KEEP=DIR   copy captures, reports and logs of each scenario there
# LAB_WORLDS=N   so many labs beside each other, each with a share of the scenarios (default 3)
# LAB_SUITE=DIR  the scenarios of its files suite.sh and scenarios_*.sh instead; its functions suite_up,
#                which starts in each world what its scenarios, the arguments, need beside the lab's own
#                services, and suite_reset, called at the end of each scenario
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=tests/lab/lab.sh
. "$here/lab.sh"
# shellcheck source=tests/lab/services.sh
. "$here/services.sh"
# shellcheck source=tests/lab/scenarios.sh
. "$here/scenarios.sh"
suite_up() { :; }
suite_reset() { :; }
for file in "$here"/scenarios_*.sh; do
    # shellcheck source=/dev/null
    . "$file"
done
if [[ -n ${LAB_SUITE:-} ]]; then
    SCENARIOS=()
    for file in "$LAB_SUITE"/suite.sh "$LAB_SUITE"/scenarios_*.sh; do
        # shellcheck source=/dev/null
        . "$file"
    done
fi

LEAKTOP=$(readlink -f "${LEAKTOP:-$root/leaktop}")
export LEAKTOP
AGAIN=75    # exit status of a scenario that was too slow
SKIP=77     # and of one that this machine cannot run; it says why
PACE=1      # all durations times this; doubled where the machine turns out to be slow
SLOWEST=${SLOWEST:-16}
SHOWN=24    # lines of a scenario that failed
SCHEMA=$root/doc/report.schema.json

# ---- what a scenario says ----

leaktop() { # leaktop NAME OPTION...: in the background; RUNNING[NAME] is its pid
    local name=$1
    shift
    nsenter -t "${MACHINE[user]}" -n -m -- env -u SUDO_UID -u SUDO_GID -u SUDO_USER timeout 100 \
        "$LEAKTOP" --once --json "${OPTIONS[@]}" "$@" >"$HERE/$name.json" 2>"$HERE/$name.err" </dev/null &
    RUNNING[$name]=$!
}

packet_sockets() {
    on user sh -c 'wc -l </proc/net/packet'
}

capturing() {
    local had=$1 name=$2
    [[ $(packet_sockets) -gt $had ]] || ! kill -0 "${RUNNING[$name]}" 2>/dev/null
}

# router_sees FILE: tcpdump at the router's side of the user's cable (ROUTER_LINK: another one;
# ROUTER_FILTER: not all of it)
router_sees() {
    start home tcpdump.log tcpdump -i "${ROUTER_LINK:-lan}" -Z root --immediate-mode -U -s 4096 -B 16384 -w "$1" \
        "${ROUTER_FILTER:-}"
    TCPDUMP=$STARTED
    wait_for grep -q 'listening on' "$LAB/tcpdump.log" || fail "tcpdump does not start"
}

now_ms() {
    local now=$EPOCHREALTIME
    echo "${now%???}" | tr -d .,
}

# watch SECONDS [passive|both]: the router's capture and leaktop, with and without probes, are on
# when it returns. The one that is passive begins first and ends last, and so sees all.
watch() {
    local seconds=$(($1 * PACE)) which=${2:-both} had PASSIVE_MORE=1
    router_sees "$HERE/router.pcap"
    had=$(packet_sockets)
    [[ $which == both ]] || PASSIVE_MORE=0
    leaktop passive --passive --duration "$((seconds + PASSIVE_MORE * PACE)).2"
    wait_for capturing "$had" passive
    UNTIL=$(($(now_ms) + seconds * 1000))
    if [[ $which == both ]]; then
        had=$(packet_sockets)
        leaktop active --duration "$seconds"
        wait_for capturing "$had" active
    fi
    sleep "0.$((PACE > 1 ? 9 : 3))"
}

# On a machine this slow the scenario was not over in time: it proves nothing.
too_slow() {
    exit "$AGAIN"
}

end_of() {
    sed -n '/"end":/ { s/.*"end": *"\([^"]*\)".*/\1/p; q }' "$HERE/$1.json"
}

# Wait for both reports.
watched() {
    local name
    [[ $(now_ms) -lt $((UNTIL - 300)) ]] || too_slow
    for name in "${!RUNNING[@]}"; do
        wait "${RUNNING[$name]}"
        STATUS[$name]=$?
    done
    if [[ -n ${RUNNING[active]:-} && -s $HERE/active.json && -s $HERE/passive.json &&
        $(end_of passive) < $(end_of active) ]]; then too_slow; fi
    sleep 0.1
    stop "$TCPDUMP" INT
    grep -q '^0 packets dropped by kernel' "$LAB/tcpdump.log" ||
        echo "the router's own capture is not whole: $(tail -1 "$LAB/tcpdump.log")"
    "$here/truth.py" "$HERE/router.pcap" "$USER_MAC" >"$HERE/truth" || exit 2
}

# verify NAME EXPECTATION...: "passive:" and "active:" before one say of which report it is
verify() {
    local name=$1 options=() expectation wanted=()
    shift
    for expectation; do
        case $expectation in
        "$name":*) wanted+=("${expectation#*:}") ;;
        active:* | passive:*) ;;
        *) wanted+=("$expectation") ;;
        esac
    done
    [[ $name != active ]] || options+=(--own)
    [[ $name != file* ]] || options+=(--file)
    [[ ! -e $HERE/truth-inside ]] || options+=(--inside "$HERE/truth-inside")
    "$here/verify.py" --schema "$SCHEMA" --report "$HERE/$name.json" --truth "$HERE/truth" \
        --status "${STATUS[$name]}" "${options[@]}" "${wanted[@]}" >"$HERE/$name.wrong" 2>&1
    case $? in
    0) ;;
    1) sed "s/^/$name: /" "$HERE/$name.wrong" ;;
    *) echo "$name: the comparison itself failed: $(tail -1 "$HERE/$name.wrong")" ;;
    esac
    if [[ -s $HERE/$name.err ]]; then
        grep -E 'Sanitizer|runtime error' "$HERE/$name.err" | sed "s/^/$name: /"
    fi
}

expect() {
    local name
    for name in "${!RUNNING[@]}"; do verify "$name" "$@"; done
}

# judged FORM GUILTY-EXPECTATION...: what both reports must say. ALSO: of both forms
judged() {
    local form=$1
    shift
    watched
    if [[ $form == innocent ]]; then
        expect verdict=ok exit=0 dns=ok ipv6=ok left=0 probes=0 leaks=none web4=wg0 ${ALSO:+"$ALSO"}
    else
        expect verdict=leak exit=1 interface=eth0 leaks=all web4=wg0 ${ALSO:+"$ALSO"} "$@"
    fi
}

# configure <<END: the rest of the configuration file that leaktop gets
configure() {
    cat >"$HERE/leaktop.conf"
    OPTIONS+=(--config "$HERE/leaktop.conf")
}

skip() { # skip REASON
    echo "$1"
    exit "$SKIP"
}

ask() { # ask OPTION... NAME...: by a program with a resolver of its own
    on user "$LAB_HERE/ask.py" "$@" >/dev/null 2>&1
}

visit() { # visit OPTION... NAME: by the system's resolver, then HTTPS
    on user curl -s -o /dev/null --max-time 3 "${@:1:$#-1}" "https://${!#}/"
}

# ---- one after the other ----

scenario() (
    HERE=$LAB/run/$1
    declare -A RUNNING=() STATUS=()
    OPTIONS=() # of leaktop, more than usual
    TCPDUMP=
    OPENVPN_CLIENT=
    mkdir -p "$HERE"
    # shellcheck disable=SC2317 # called by the trap
    clean() {
        local pid
        # timeout hands it on to leaktop; what it cannot catch would leave that one running.
        for pid in "${RUNNING[@]}"; do stop "$pid"; done
        [[ -z $TCPDUMP ]] || stop "$TCPDUMP"
        helpers_stop
        suite_reset
        user_reset
    }
    trap clean EXIT
    "${RUNS[$1]}" "${1##*-}"
)

main_inside() {
    local name status began passed=0 failed=0 skipped=0 why
    trap 'exit 130' INT
    [[ -x $LEAKTOP ]] || fail "$LEAKTOP: no such program; run make first"
    lab_up
    services_up
    suite_up "$@"
    for name; do
        began=$(now_ms)
        while :; do
            why=$(scenario "$name" 2>&1)
            status=$?
            [[ $status -eq $AGAIN && $PACE -lt $SLOWEST ]] || break
            PACE=$((PACE * 2))
        done
        if [[ $status -eq 0 && -z $why ]]; then
            passed=$((passed + 1))
            printf 'ok %-28s %5d ms  %s\n' "$name" "$(($(now_ms) - began))" "${SAYS[$name]}"
        elif [[ $status -eq $SKIP ]]; then
            skipped=$((skipped + 1))
            printf 'skip %s: %s\n' "$name" "$why"
        else
            failed=$((failed + 1))
            [[ $status -ne $AGAIN ]] || why+="the machine is too slow for it"
            [[ $status -eq 0 ]] || why+="${why:+$'\n'}the scenario ended with $status"
            [[ $(wc -l <<<"$why") -le $SHOWN ]] ||
                why=$(head -n "$SHOWN" <<<"$why")$'\n'"and more: LAB_KEEP=DIR keeps everything"
            printf 'FAIL %s: %s\n' "$name" "${why//$'\n'/$'\n'     }"
        fi
        if [[ -n ${LAB_KEEP:-} ]]; then
            mkdir -p "$LAB_KEEP" && cp -r "$LAB/run/$name" "$LAB_KEEP/"
        fi
    done
    [[ -z ${LAB_KEEP:-} ]] || cp "$LAB"/*.log "$LAB"/*.out "$LAB_KEEP/"
    echo "$passed passed, $failed failed, $skipped skipped" >>"${LAB_SUM:-/dev/stdout}"
    [[ $failed -eq 0 ]]
}

# beside WORLDS SCENARIO...: each world has its share; their last lines are added up
beside() {
    local worlds=$1 i=0 share=() pids=() passed=0 failed=0 skipped=0 p f s name sums
    shift
    for name; do
        share[i % worlds]+=" $name"
        i=$((i + 1))
    done
    sums=$(mktemp -d)
    # shellcheck disable=SC2064 # these, whatever is called so then
    trap "rm -rf '$sums'" EXIT
    trap 'kill "${pids[@]}" 2>/dev/null' TERM HUP INT
    for ((i = 0; i < worlds; i++)); do
        # shellcheck disable=SC2086 # names have no blanks
        LAB_SUM=$sums/$i lab_enter "$here/run.sh" --inside ${share[i]} </dev/null &
        pids+=("$!")
    done
    for i in "${pids[@]}"; do wait "$i"; done
    for ((i = 0; i < worlds; i++)); do
        if [[ -s $sums/$i ]]; then
            read -r p f s <<<"$(tr -cd '0-9 \n' <"$sums/$i")"
        else
            echo "FAIL world $i: it ended before its time"
            p=0 f=1 s=0
        fi
        passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    done
    echo "$passed passed, $failed failed, $skipped skipped"
    [[ $failed -eq 0 ]]
}

if [[ ${1:-} == --inside ]]; then
    shift
    main_inside "$@"
    exit
fi
if [[ ${1:-} == --list ]]; then
    for name in "${SCENARIOS[@]}"; do printf '%-28s %s\n' "$name" "${SAYS[$name]}"; done
    exit
fi
chosen=()
for pattern in "${@:-*}"; do
    before=${#chosen[@]}
    for name in "${SCENARIOS[@]}"; do
        # shellcheck disable=SC2053 # a pattern it is
        [[ $name != $pattern ]] || chosen+=("$name")
    done
    [[ ${#chosen[@]} -gt $before ]] ||
        { echo "run.sh: no scenario '$pattern'; see --list" >&2; exit 2; }
done
worlds=${LAB_WORLDS:-3}
[[ ${#chosen[@]} -ge $worlds ]] || worlds=${#chosen[@]}
if [[ $worlds -gt 1 ]]; then
    beside "$worlds" "${chosen[@]}"
else
    lab_enter "$here/run.sh" --inside "${chosen[@]}"
fi
