# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Programs that go by a real Tor client, well and badly; each of them with Tor expected, and with
# nothing expected. What the router saw is the truth: whoever left a name to Tor sent no look-up.

ONION=abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx.onion

# torn NAME TEXT: two scenarios of one function, called with the word expected or unexpected
torn() {
    local form
    for form in expected unexpected; do
        says "$1-$form" "$2; Tor is $form"
        # shellcheck disable=SC2034 # run.sh looks there
        RUNS["$1-$form"]=scenario_${1//-/_}
    done
}

# tor_watch FORM SECONDS: the client runs, and leaktop
tor_watch() {
    tor_client_up 'DNSPort 127.0.0.1:53'
    [[ $1 != expected ]] || OPTIONS+=(--expect tor)
    watch "$2" passive
}

# A program of its own name, which is curl.
fetch() { # fetch NAME OPTION... URL: by it, on the user's machine; what came
    local name=$1
    shift
    [[ -x $LAB/bin/$name ]] || {
        mkdir -p "$LAB/bin"
        cp "$(command -v curl)" "$LAB/bin/$name"
    }
    on user "$LAB/bin/$name" -s --max-time 6 "$@"
}

by_exit() { # by_exit ADDRESS HOW: it is an exit's
    [[ $1 == 198.51.100.11[45] ]] || echo "$2 did not reach the page by Tor: '$1'"
}

torn tor-names "curl by SOCKS5h and SOCKS4a, torsocks, tor-resolve and dig at DNSPort: all by Tor"
scenario_tor_names() {
    local port
    tor_watch "$1" 6
    by_exit "$(fetch by-5h --socks5-hostname "$TOR_SOCKS" http://www.by-5h.example.net/ip)" SOCKS5h
    by_exit "$(fetch by-4a --socks4a "$TOR_SOCKS" http://www.by-4a.example.net/ip)" SOCKS4a
    by_exit "$(on user torsocks "$LAB/bin/by-5h" -s --max-time 6 http://www.torsocks.example.net/ip)" torsocks
    on user tor-resolve www.tor-resolve.example.net >"$HERE/resolved"
    grep -q '^198\.51\.100\.80$' "$HERE/resolved" || echo "tor-resolve: $(cat "$HERE/resolved")"
    for port in 53 9053; do
        on user dig +short +tries=1 +time=5 -p "$port" @127.0.0.1 "www.$port.example.net" >"$HERE/dug"
        grep -q '^198\.51\.100\.80$' "$HERE/dug" || echo "DNSPort $port: $(cat "$HERE/dug")"
    done
    watched
    if [[ $1 == expected ]]; then
        expect verdict=ok exit=0 expectation=tor dns=ok apps=ok left=0 leaks=none
    else
        expect verdict=unprotected exit=4 dns=off apps=off left=0 leaks=none
    fi
    # torsocks has Tor resolve the name, and then gives it the address.
    expect says.apps='by-5h.*:_.*2_names_handed' says.apps='by-4a.*:_1_name_handed' \
        says.apps='tor-resolve.*:_1_name' says.apps='dig.*:_2_names' \
        quiet.apps='had_looked_up_itself'
}

torn tor-addresses "curl by SOCKS5 and SOCKS4 looks the name up first, and hands Tor the address"
scenario_tor_addresses() {
    tor_watch "$1" 4
    by_exit "$(fetch by-5 -4 --socks5 "$TOR_SOCKS" http://www.by-5.example.net/ip)" SOCKS5
    by_exit "$(fetch by-4 --socks4 "$TOR_SOCKS" http://www.by-4.example.net/ip)" SOCKS4
    watched
    if [[ $1 == expected ]]; then
        expect verdict=leak exit=1 expectation=tor dns=leak apps=leak leaks=all interface=eth0 \
            processes='by-5|by-4' says.apps='outside_Tor:_by-'
    else
        expect verdict=unprotected exit=4 dns=off apps=warn leaks=none \
            says.apps='looked_names_up_before_asking_Tor:_by-'
    fi
    # -4 asks for A alone; SOCKS4 knows no other, and curl asks for both.
    expect says.apps='by-5.*handed_Tor_1_address_that_it_had_looked_up_itself.*www.by-5.example.net' \
        says.apps='by-4.*handed_Tor_1_address_that_it_had_looked_up_itself.*www.by-4.example.net' \
        attributed.by-5='by-5\.' attributed.by-4='by-4\.'
}

torn tor-transparent "a person whose TCP and DNS a firewall gives to TransPort and DNSPort"
scenario_tor_transparent() {
    person ana
    on user nft -f - <<'END'
table ip transparent { chain out { type nat hook output priority -100;
    meta skuid 4711 udp dport 53 redirect to :9053;
    meta skuid 4711 ip daddr != 127.0.0.0/8 tcp flags & (fin|syn|rst|ack) == syn redirect to :9040; }; }
table ip6 transparent { chain out { type filter hook output priority 0; meta skuid 4711 reject; }; }
END
    tor_watch "$1" 5
    mkdir -p "$LAB/bin"
    cp "$(command -v curl)" "$LAB/bin/unaware"
    by_exit "$(on user setpriv --reuid 4711 --regid 4711 --clear-groups \
        "$LAB/bin/unaware" -s --max-time 6 http://www.unaware.example.net/ip)" "the firewall's redirect"
    watched
    if [[ $1 == expected ]]; then
        expect verdict=ok exit=0 expectation=tor dns=ok apps=ok left=0 leaks=none \
            says.apps='by_Tor:_unaware'
    else
        expect verdict=unprotected exit=4 dns=off apps=off left=0 leaks=none
    fi
}

torn tor-beside "curl goes by Tor, Chromium beside it does not"
scenario_tor_beside() {
    person ana
    OPTIONS+=(-U ana)
    chromium_set ana off
    # shellcheck disable=SC2004 # a name, and no number
    tor_watch "$1" "$((${BROWSER_TAKES[chromium]} + 1))"
    page_of ana chromium "beside-$1"
    by_exit "$(fetch by-5h --socks5-hostname "$TOR_SOCKS" "http://www.by-$1.example.net/ip")" SOCKS5h
    page_came "beside-$1"
    browser_gone ana
    watched
    if [[ $1 == expected ]]; then
        expect verdict=leak exit=1 expectation=tor dns=leak apps=leak leaks=all interface=eth0 \
            process=chromium says.apps='outside_Tor:_chromium;_inside:_by-5h'
    else
        expect verdict=unprotected exit=4 dns=off apps=off leaks=none \
            says.apps='by_Tor:_by-5h' says.apps='chromium.*in_the_open,_not_by_Tor'
    fi
    expect "attributed.chromium=beside-$1" app-user.chromium=ana
}

torn tor-firefox-remote "Firefox with Tor as its SOCKS proxy, which is given the names"
scenario_tor_firefox_remote() {
    tor_firefox "$1" true
    if [[ $1 == expected ]]; then
        # Its own host's name, once, and of that name alone.
        expect expectation=tor leaks=all quiet.apps='handed_Tor_._address'
    else
        expect verdict=unprotected exit=4 dns=off leaks=none quiet.apps='handed_Tor_._address'
    fi
    ! grep -q example "$HERE/truth" || echo "a name left: $(grep -m1 example "$HERE/truth")"
}

torn tor-firefox-local "Firefox with Tor as its SOCKS proxy, and names looked up here"
scenario_tor_firefox_local() {
    tor_firefox "$1" false
    if [[ $1 == expected ]]; then
        expect verdict=leak exit=1 expectation=tor dns=leak apps=leak leaks=all interface=eth0 \
            process=firefox-esr
    else
        expect verdict=unprotected exit=4 dns=off apps=warn leaks=none \
            says.apps='looked_names_up_before_asking_Tor:_firefox-esr'
    fi
    expect attributed.firefox-esr=. says.apps='firefox-esr.*that_it_had_looked_up_itself'
}

tor_firefox() { # tor_firefox FORM REMOTE-DNS
    local name=${HERE##*/}
    person ana
    OPTIONS+=(-U ana)
    firefox_set ana off 'user_pref("network.proxy.type", 1);' \
        'user_pref("network.proxy.socks", "127.0.0.1");' 'user_pref("network.proxy.socks_port", 9050);' \
        'user_pref("network.proxy.socks_version", 5);' 'user_pref("network.dns.disableIPv6", true);' \
        "user_pref(\"network.proxy.socks_remote_dns\", $2);" \
        "user_pref(\"network.proxy.socks5_remote_dns\", $2);"
    # shellcheck disable=SC2004 # a name, and no number
    tor_watch "$1" "$((${BROWSER_TAKES[firefox]} + 1))"
    page_of ana firefox "$name"
    page_came "$name"
    browser_gone ana
    watched
}

torn tor-chromium-webrtc "Chromium goes by Tor; a page's STUN goes past it"
scenario_tor_chromium_webrtc() {
    local name=${HERE##*/}
    person ana
    OPTIONS+=(-U ana)
    chromium_set ana off '"ProxyMode": "fixed_servers"' "\"ProxyServer\": \"socks5://$TOR_SOCKS\""
    # shellcheck disable=SC2004 # a name, and no number
    tor_watch "$1" "$((${BROWSER_TAKES[chromium]} + 2))"
    page_of ana chromium "$name" "/webrtc?stun=$STUN4&"
    page_came "$name"
    sleep 1
    browser_gone ana
    watched
    grep -q ' stun ' "$HERE/truth" || echo "no STUN left"
    if [[ $1 == expected ]]; then
        expect verdict=leak exit=1 expectation=tor webrtc=leak leaks=all interface=eth0 process=chromium
    else
        expect verdict=unprotected exit=4 webrtc=off leaks=none
    fi
}

torn tor-onion "an onion name, asked of Tor and of the ordinary resolver"
scenario_tor_onion() {
    tor_watch "$1" 4
    fetch by-5h --socks5-hostname "$TOR_SOCKS" --max-time 1 "http://$ONION/" >/dev/null
    on user dig +tries=1 +time=1 "www.$ONION" >/dev/null
    watched
    expect verdict=leak exit=1 dns=leak left=1 leaks=all process-or-none=dig
    [[ $1 != expected ]] || expect says.dns=onion
}

pair tor-exit "leaktop asks through Tor whether its exit is one: it is" \
    "whoever listens on Tor's port is no exit, says the Tor project's service"
scenario_tor_exit() {
    OPTIONS+=(--expect tor)
    tor_client_up
    # The service knows the exits by their addresses; in the guilty form it saw another.
    [[ $1 == innocent ]] || echo 'check.torproject.org say:203.0.113.9' >"$LAB/web.manners"
    watch 8
    fetch by-5h --socks5-hostname "$TOR_SOCKS" "http://www.exit-$1.example.net/ip" >/dev/null
    watched
    expect passive:verdict=ok passive:quiet.apps=check.torproject.org left=0
    if [[ $1 == innocent ]]; then
        expect active:says.apps='through_Tor:_by_its_exit_198.51.100.11[45]'
    else
        expect active:says.apps='NOT_Tor,_but_203.0.113.9'
    fi
    ! grep -q torproject "$HERE/truth" || echo "that service's name was looked up beside Tor"
}
