# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Real browsers, set to DNS over HTTPS or not, inside the tunnel and past it.

# BROWSER-MODE-WAY
for browser in firefox chromium; do
    for mode in off automatic secure; do
        for way in inside outside; do
            says "$browser-$mode-$way" "$browser, DNS over HTTPS $mode, $way the tunnel"
            # shellcheck disable=SC2034 # run.sh looks there
            RUNS["$browser-$mode-$way"]=scenario_browser
        done
    done
done

declare -A PROCESS=([firefox]=firefox-esr [chromium]=chromium)
# Seconds in which a browser starts, shows the page and all that this fetches.
declare -A BROWSER_TAKES=([firefox]=10 [chromium]=5)

# browser_gone NAME...: before leaktop's time is over, or it would ask on after that
browser_gone() {
    sleep 0.5 # what is on its way
    person_gone "$@"
}

page_of() { # page_of PERSON BROWSER NAME [PATH]: and two other hosts that it fetches from
    start_browser "$1" "$2" "http://www.$3.example.net${4:-/?}more=one.$3.example.net,two.$3.example.net"
}

# page_came NAME [HOST PATH]: all of it did, and something else; on a machine this slow another try is
# made with more time
page_came() {
    visited "two.$1.example.net" /loaded && { [[ $# -lt 3 ]] || visited "$2" "$3"; } && return
    [[ $PACE -ge $SLOWEST ]] || too_slow
    echo "the page of $1 did not come whole"
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
    page_of ana "$browser" "$name"
    page_came "$name"
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

for browser in firefox chromium; do
    for way in inside outside; do
        says "$browser-webrtc-$way" "a page makes an RTCPeerConnection in $browser: STUN $way the tunnel"
        # shellcheck disable=SC2034
        RUNS["$browser-webrtc-$way"]=scenario_browser_webrtc
    done
done
scenario_browser_webrtc() {
    local name=${HERE##*/} browser way who=ana
    browser=${name%%-*} way=${name##*-}
    wireguard_up
    resolver 9.9.9.9
    person ana
    OPTIONS+=(-U ana)
    if [[ $way == outside ]]; then
        who=ben
        person ben
        outside_for uidrange 4712-4712
    fi
    "${browser}_set" "$who" off
    # shellcheck disable=SC2004
    watch "$((${BROWSER_TAKES[$browser]} + 1))" passive
    tunnel_sees
    page_of "$who" "$browser" "$name" "/webrtc?stun=stun.example.org&"
    page_came "$name" "www.$name.example.net" '/candidate?.*srflx'
    browser_gone "$who"
    both_watched
    if [[ $way == inside ]]; then
        expect verdict=ok exit=0 dns=ok apps=ok webrtc=ok left=0 left.stun=0 leaks=none \
            "attributed.${PROCESS[$browser]}=."
    else
        expect verdict=leak exit=1 dns=leak apps=warn webrtc=leak leaks=all interface=eth0 \
            "process=${PROCESS[$browser]}" "says.webrtc=$HOME4" "attributed.${PROCESS[$browser]}=."
        grep -q ' stun ' "$HERE/truth" || echo "no STUN left at all"
    fi
}

says two-browsers "Chromium of one person inside, Firefox of another outside by a rule for its user"
scenario_two_browsers() {
    wireguard_up
    resolver 9.9.9.9
    person ana
    person ben
    OPTIONS+=(-U ana)
    chromium_set ana off
    firefox_set ben off
    outside_for uidrange 4712-4712
    watch "${BROWSER_TAKES[firefox]}" passive
    tunnel_sees
    page_of ben firefox of-ben
    page_of ana chromium of-ana
    page_came of-ana
    page_came of-ben
    browser_gone ana ben
    both_watched
    expect verdict=leak exit=1 dns=leak apps=warn leaks=all interface=eth0 process=firefox-esr \
        says.apps='outside_the_tunnel:_firefox-esr;_inside:_chromium' \
        app-user.firefox-esr=ben app-user.chromium=ana \
        'attributed.chromium=of-ana' "attributed.firefox-esr=of-ben|^$(hostname)\$"
}

says same-browser-two-people "Chromium of two people, one of whom leaves by a rule for their user"
scenario_same_browser_two_people() {
    wireguard_up
    resolver 9.9.9.9
    person ana
    person ben
    OPTIONS+=(-U ana)
    chromium_set ana off
    chromium_set ben off
    outside_for uidrange 4712-4712
    watch "${BROWSER_TAKES[chromium]}" passive
    tunnel_sees
    page_of ben chromium of-ben-2
    page_of ana chromium of-ana-2
    page_came of-ana-2
    page_came of-ben-2
    browser_gone ana ben
    both_watched
    expect verdict=leak exit=1 dns=leak apps=warn leaks=all interface=eth0 process=chromium \
        attributed.chromium=of- says.apps='chromium_.ben.:_9_of_9_look-ups_outside' \
        says.apps='chromium_.ana.:_9_look-ups_in_the_tunnel'
}

says own-person-outside "Firefox, and leaktop, of a person whom a rule lets past the tunnel: unprotected"
scenario_own_person_outside() {
    wireguard_up
    resolver 9.9.9.9
    person ana
    OPTIONS+=(-U ana)
    firefox_set ana off
    outside_for uidrange 4711-4711
    watch "${BROWSER_TAKES[firefox]}" passive
    tunnel_sees
    page_of ana firefox of-herself
    page_came of-herself
    browser_gone ana
    both_watched
    expect verdict=unprotected exit=4 dns=off leaks=none web4=eth0 attributed.firefox-esr=.
}

says split-tunnel "Chromium in a group that a firewall's mark and masquerading let past the tunnel"
scenario_split_tunnel() {
    wireguard_up
    resolver 9.9.9.9
    person ana
    OPTIONS+=(-U ana)
    chromium_set ana off
    on user nft -f - <<'END'
table inet split {
    chain out { type route hook output priority mangle; meta skgid 4799 meta mark set 0x64; }
    chain nat { type nat hook postrouting priority srcnat; meta mark 0x64 oifname "eth0" masquerade; }
}
END
    on user sh -c 'echo 2 >/proc/sys/net/ipv4/conf/eth0/rp_filter
        echo 1 >/proc/sys/net/ipv4/conf/all/src_valid_mark'
    outside_for fwmark 0x64
    watch "${BROWSER_TAKES[chromium]}" passive
    tunnel_sees
    BROWSER_GROUP=4799 page_of ana chromium split
    page_came split
    browser_gone ana
    both_watched
    expect verdict=leak exit=1 dns=leak apps=warn leaks=all interface=eth0 process=chromium \
        app-user.chromium=ana attributed.chromium=.
}

says browser-in-namespace "Chromium in a network namespace of its own, which is forwarded past the tunnel"
scenario_browser_in_namespace() {
    wireguard_up
    resolver "$TUNNEL4"
    person ana
    OPTIONS+=(-U ana)
    chromium_set ana off
    on user sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
    rm -rf "$LAB/etc-guest"
    cp -a "$LAB/etc" "$LAB/etc-guest"
    echo 'nameserver 9.9.9.9' >"$LAB/etc-guest/resolv.conf"
    on guest mount --bind "$LAB/etc-guest" /etc
    outside_for from "$GUEST4"
    watch "${BROWSER_TAKES[chromium]}" passive
    BROWSER_AT=guest page_of ana chromium in-namespace
    page_came in-namespace
    browser_gone ana
    on guest umount /etc
    watched
    expect verdict=leak exit=1 dns=leak leaks=all interface=eth0 forwarded="$GUEST4"
}

pair firefox-fell-back "Firefox falls back to plain DNS in silence, inside the tunnel" \
    "Firefox falls back to plain DNS in silence, outside the tunnel"
scenario_firefox_fell_back() {
    local name=${HERE##*/}
    wireguard_up
    resolver 9.9.9.9
    secure_known
    person ana
    OPTIONS+=(-U ana)
    firefox_set ana automatic
    # Its server is silent: nothing confirms it.
    on user nft -f - <<END
table inet silent { chain out { type filter hook output priority 0;
    ip daddr $SECURE4 drop; ip6 daddr $SECURE6 drop; }; }
END
    [[ $1 == innocent ]] || past_tunnel 9.9.9.9
    watch "${BROWSER_TAKES[firefox]}" passive
    tunnel_sees
    page_of ana firefox "$name"
    page_came "$name"
    browser_gone ana
    both_watched
    if [[ $1 == innocent ]]; then
        expect verdict=ok exit=0 dns=ok apps=ok browser.firefox=automatic left=0 leaks=none \
            browser-dns=off says.browser-dns='by_plain_DNS_in_the_tunnel$' attributed.firefox-esr=.
    else
        expect verdict=leak exit=1 dns=leak apps=warn browser.firefox=automatic leaks=all left.doh=0 \
            says.browser-dns='by_plain_DNS_outside_the_tunnel$' process=firefox-esr attributed.firefox-esr=.
    fi
}

for browser in firefox chromium; do
    says "$browser-own-server" "$browser asks a server that only its settings name, past the tunnel"
    # shellcheck disable=SC2034
    RUNS["$browser-own-server"]=scenario_own_server
done
scenario_own_server() {
    local name=${HERE##*/} browser
    browser=${name%%-*}
    wireguard_up
    resolver "$TUNNEL4"
    person ana
    OPTIONS+=(-U ana)
    "${browser}_set" ana secure
    past_tunnel "$SECURE4" "$SECURE6"
    watch "${BROWSER_TAKES[$browser]}" passive
    tunnel_sees
    page_of ana "$browser" "$name"
    page_came "$name"
    browser_gone ana
    both_watched
    expect verdict=leak exit=1 dns=leak browser-dns=leak apps=warn leaks=all left.udp=0 interface=eth0 \
        "process=${PROCESS[$browser]}" "attributed.${PROCESS[$browser]}=."
}
