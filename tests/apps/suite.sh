# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the scenarios with real browsers and Tor need beside the lab's own services.

APPS_HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/apps/tor.sh
. "$APPS_HERE/tor.sh"

suite_up() {
    start net pages.out "$APPS_HERE/pages.py" "$LAB/pages.log" 198.51.100.80 2001:db8:80::80
    wait_for grep -q ready "$LAB/pages.out" || fail "pages: $(cat "$LAB/pages.out")"
}
