# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Programs that go by a real Tor client, well and badly.

says tor-socks5h "curl hands Tor the name: nothing is looked up here"
scenario_tor_socks5h() {
    tor_client_up
    watch 4 passive
    on user curl -s --max-time 5 --socks5-hostname "$TOR_SOCKS" http://www.socks5h.example.net/ip >"$HERE/ip"
    watched
    grep -qx '198.51.100.11[45]' "$HERE/ip" || echo "the page was not reached by Tor: $(cat "$HERE/ip")"
    expect verdict=unprotected exit=4 dns=off left=0 leaks=none
}
