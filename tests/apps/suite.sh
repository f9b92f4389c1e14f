# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the scenarios with real browsers and Tor need beside the lab's own services.

APPS_HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/apps/tor.sh
. "$APPS_HERE/tor.sh"
# shellcheck source=tests/apps/browsers.sh
. "$APPS_HERE/browsers.sh"

# shellcheck disable=SC2034 # run.sh heeds it
SLOWEST=8 # browsers take long as it is

suite_up() {
    start net pages.out "$APPS_HERE/pages.py" "$LAB/pages.log" 198.51.100.80 2001:db8:80::80
    wait_for grep -q ready "$LAB/pages.out" || fail "pages: $(cat "$LAB/pages.out")"
    # It takes a while, which others need not wait for.
    [[ $* != *tor-* ]] || ! command -v tor-gencert >/dev/null || tor_network_up
}

suite_reset() {
    person_gone ana ben
    rm -rf "$LAB/etc/firefox" "$LAB/etc/chromium"
    : >"$LAB/pages.log"
}

# tunnel_sees: tcpdump at the far end of wg0, where what went inside comes out
tunnel_sees() {
    start vpn tcpdump-inside.log tcpdump -i wgs0 -Z root --immediate-mode -U -s 4096 -B 16384 \
        -w "$HERE/inside.pcap"
    HELPERS+=("$STARTED")
    TCPDUMP_INSIDE=$STARTED
    wait_for grep -q 'listening on' "$LAB/tcpdump-inside.log" || fail "tcpdump does not start"
}

# both_watched: as watched; what went inside is compared as well
both_watched() {
    watched
    stop "$TCPDUMP_INSIDE" INT
    "$LAB_HERE/truth.py" "$HERE/inside.pcap" 10.64.0.2,fd64::2 >"$HERE/truth-inside" || exit 2
}
