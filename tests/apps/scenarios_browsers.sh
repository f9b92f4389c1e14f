# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Real browsers, set to DNS over HTTPS or not, inside the tunnel and past it.

# BROWSER-MODE-WAY
for browser in firefox chromium; do
    for mode in off automatic secure; do
        for way in inside outside; do
            says "$browser-$mode-$way" "$browser, DNS over HTTPS $mode, $way the tunnel"
            # shellcheck disable=SC2034,SC2004 # run.sh looks there; a name is no number
            RUNS[$browser-$mode-$way]=scenario_browser
        done
    done
done

declare -A PROCESS=([firefox]=firefox-esr [chromium]=chromium)
# Seconds in which a browser starts, shows the page and all that this fetches.
declare -A BROWSER_TAKES=([firefox]=8 [chromium]=5)

# browser_gone NAME...: before leaktop's time is over, or it would ask on after that
browser_gone() {
    sleep 0.5 # what is on its way
    person_gone "$@"
}

scenario_browser() {
    local name=${HERE##*/} browser mode way own=warn outside seconds
    browser=${name%%-*} mode=${name#*-} way=${name##*-}
    mode=${mode%-*}
    seconds=${BROWSER_TAKES[$browser]}
    # Its first five seconds are plain.
    [[ $browser-$mode != chromium-automatic ]] || seconds=10
    wireguard_up
    resolver 9.9.9.9
    secure_known
    person ana
    OPTIONS+=(-U ana)
    "${browser}_set" ana "$mode"
    [[ $way == inside ]] || past_tunnel 9.9.9.9 "$SECURE4" "$SECURE6" 198.51.100.80 2001:db8:80::80
    watch "$seconds" passive
    tunnel_sees
    start_browser ana "$browser" \
        "http://www.$name.example.net/?more=one.$name.example.net,two.$name.example.net"
    visited "two.$name.example.net" /loaded || echo "the page did not come"
    [[ $browser-$mode != chromium-automatic ]] || sleep 6
    browser_gone ana
    both_watched
    [[ $mode != off ]] || own=off
    if [[ $way == inside ]]; then
        expect verdict=ok exit=0 dns=ok apps=ok browser-dns="$own" left=0 leaks=none \
            "browser.$browser=$mode" "attributed.${PROCESS[$browser]}=." \
            "app-user.${PROCESS[$browser]}=ana"
    else
        outside="browser-dns=leak"
        [[ $mode != off ]] || outside="left.doh=0"
        expect verdict=leak exit=1 dns=leak apps=warn "$outside" leaks=all interface=eth0 \
            "process=${PROCESS[$browser]}" "browser.$browser=$mode" \
            "attributed.${PROCESS[$browser]}=." "app-user.${PROCESS[$browser]}=ana"
    fi
}
