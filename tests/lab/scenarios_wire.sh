# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Every shape that a question has on the wire, and what others put there.

NOBODY4=198.51.100.77 # never answers

pair record-types "PTR, SRV, HTTPS, no recursion, TCP, IPv6, unanswered: inside the tunnel" \
    "the same past the tunnel: each is a leak"
scenario_record_types() {
    in_tunnel "$1" 9.9.9.9 2620:fe::fe "$NOBODY4"
    watch 3 passive
    ask --server 9.9.9.9 --type PTR 34.2.0.192.in-addr.arpa
    ask --server 9.9.9.9 --type SRV _ldap._tcp.types.example.net
    ask --server 2620:fe::fe --type HTTPS,SVCB,TXT,ANY types.example.net
    ask --server 9.9.9.9 --no-recursion plain.types.example.net
    ask --server 9.9.9.9 --tcp --type A,MX tcp.types.example.net
    ask --server "$NOBODY4" --wait 0.2 unanswered.types.example.net
    judged "$1" dns=leak left=10 used="$NOBODY4" used=2620:fe::fe
}

pair interception "a resolver is asked, and it is the one that asks the world" \
    "the router hands port 53 to the ISP's resolver: said as interception"
scenario_interception() {
    resolver "$SELF4"
    [[ $1 == innocent ]] || on home nft -f - <<<"table ip intercept { chain in {
        type nat hook prerouting priority -100;
        iifname \"lan\" udp dport 53 ip daddr != $ROUTER4 dnat to 203.0.113.53; }; }"
    watch 3
    ask --type A,AAAA one.intercept.example.net
    watched
    [[ $1 == innocent ]] || on home nft delete table ip intercept
    expect verdict=unprotected exit=4 left=2 leaks=none used="$SELF4"
    if [[ $1 == innocent ]]; then
        expect active:egress="$SELF4" active:quiet.dns=interception
    else
        expect active:egress='203.0.113.53|2001:db8:2::53' active:says.dns=interception
    fi
}

stranger_answers() { # stranger_answers SOURCE: who asks 9.9.9.9
    start home forge.out "$LAB_HERE/forge.py" stranger lan 9.9.9.9 "$1"
    HELPERS+=("$STARTED")
    wait_for grep -q ready "$LAB/forge.out"
}

pair stranger "the answer comes from who was asked" "the answer comes from somebody else: said so"
scenario_stranger() {
    in_tunnel guilty 9.9.9.9
    [[ $1 == innocent ]] || {
        on home nft -f - <<<'table ip silent { chain through {
            type filter hook forward priority 0; ip daddr 9.9.9.9 drop; }; }'
        stranger_answers 192.168.1.77
    }
    watch 2 passive
    ask --server 9.9.9.9 --wait 0.5 one.stranger.example.net
    watched
    [[ $1 == innocent ]] || on home nft delete table ip silent
    expect verdict=leak exit=1 dns=leak left=1 leaks=all used=9.9.9.9
    if [[ $1 == innocent ]]; then
        expect quiet.dns=not_asked
    else
        expect says.dns=an_address_that_was_not_asked
    fi
}

pair injection "one answer to a question" \
    "somebody on the way answers too, and differently: said so"
scenario_injection() {
    in_tunnel guilty 9.9.9.9
    [[ $1 == innocent ]] || stranger_answers 9.9.9.9
    watch 2 passive
    ask --server 9.9.9.9 one.injection.example.net
    watched
    expect verdict=leak exit=1 dns=leak left=1 leaks=all used=9.9.9.9
    if [[ $1 == innocent ]]; then
        ! grep -q 'answered twice' "$HERE/passive.json" || echo "an answer is called one too many"
    else
        expect text=answered_twice,_differently
    fi
}

pair flood "a neighbour sends 50,000 look-alikes: none is this machine's" \
    "among 50,000 look-alikes this machine leaks once: it is in the ledger"
scenario_flood() {
    in_tunnel innocent
    ROUTER_FILTER="ether src $USER_MAC" watch 4 passive
    on home "$LAB_HERE/forge.py" flood lan "$USER_MAC" "$USER4" 25000
    [[ $1 == innocent ]] || ask --as asker --server "$ROUTER4" one.flood.example.net
    on home "$LAB_HERE/forge.py" flood lan "$USER_MAC" "$USER4" 25000
    ask inside.flood.example.net
    ALSO=malformed=some judged "$1" dns=leak left=1 process-or-none=asker
}

says bulk "a large download: what stands behind the hellos does not pass the filter"
scenario_bulk() {
    watch 3 passive
    [[ $(on user curl -s -o /dev/null -w '%{size_download}' -4 --max-time 3 \
        https://bulk.example.org/bulk) == 33554432 ]] || echo "the download is not whole"
    watched
    expect verdict=unprotected exit=4 left=1 leaks=none packets-below=100
}

says tunnel-on-port-53 "WireGuard's far end listens on port 53: 5 MB inside it are no look-ups"
scenario_tunnel_on_port_53() {
    on vpn nft add table ip port53
    on vpn nft 'add chain ip port53 in { type nat hook prerouting priority -100; }'
    on vpn nft add rule ip port53 in udp dport 53 ip daddr "$VPN4" redirect to :51820
    wireguard_up
    on user wg set wg0 peer "$WG_SERVER" endpoint "$VPN4:53"
    resolver "$TUNNEL4"
    watch 4
    ask --type A,AAAA one.port53.example.net two.port53.example.net
    on user dd if=/dev/zero bs=1000 count=5000 status=none 2>/dev/null |
        on user timeout 5 bash -c "cat >/dev/udp/198.51.100.77/9" || true
    visit www.port53.example.org
    watched
    on vpn nft delete table ip port53
    expect verdict=ok exit=0 expectation=vpn dns=ok left=0 probes=0 leaks=none web4=wg0 web6=wg0 \
        used="$TUNNEL4"
}
