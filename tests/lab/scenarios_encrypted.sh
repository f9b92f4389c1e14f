# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Names that leave encrypted, and STUN. In each pair the one cause is a route: past_tunnel makes the
# server's addresses leave by the uplink, all else stays in the tunnel.

secure_known() {
    configure <<END
[encrypted-dns]
server = doh.example.org $SECURE4
server = doh.example.org $SECURE6
END
}

tls() { # tls ADDRESS NAME...
    on user kdig +tls +tls-ca="$LAB/ca.pem" +tls-hostname=dot.example.org +retry=0 +timeout=1 \
        "@$1" "${@:2}" >/dev/null
}

pair dot "kdig asks over TLS inside the tunnel" "kdig asks over TLS past the tunnel"
scenario_dot() {
    in_tunnel "$1" "$SECURE4" "$SECURE6"
    watch 2 passive
    tls "$SECURE4" one.dot.example.net
    tls "$SECURE6" two.dot.example.net AAAA
    judged "$1" dns=leak left=2 left.dot=2 process-or-none=kdig used="$SECURE4" used="$SECURE6"
}

pair dot-stubby "stubby forwards over TLS inside the tunnel" "stubby forwards over TLS past it"
scenario_dot_stubby() {
    in_tunnel "$1" "$SECURE4"
    stub_stubby "$SECURE4" dot.example.org
    watch 2 passive
    ask one.stubby.example.net
    judged "$1" dns=leak left=1\|2 left.dot=1\|2 used="$SECURE4"
}

pair dot-unbound "unbound forwards over TLS inside the tunnel" "unbound forwards over TLS past it"
scenario_dot_unbound() {
    in_tunnel "$1" "$SECURE4"
    stub_unbound 'forward-zone:' ' name: "."' ' forward-tls-upstream: yes' \
        " forward-addr: $SECURE4@853#dot.example.org"
    watch 2 passive
    ask one.forward.example.net
    judged "$1" dns=leak left.dot=1\|2 used="$SECURE4"
}

doh() { # doh URL NAME OPTION...: curl looks the name up there
    on user curl -s -o /dev/null --max-time 3 "${@:3}" --doh-url "$1" "https://$2/"
}

pair doh-name "curl asks a DoH host inside the tunnel" "curl asks a DoH host past it: its name is seen"
scenario_doh_name() {
    in_tunnel "$1" "$SECURE4" "$SECURE6"
    secure_known
    watch 2 passive
    doh https://doh.example.org/dns-query one.doh.example.net -4
    ask visited.doh.example.net
    judged "$1" dns=leak left.udp=0 left.tcp=0 used="$SECURE4"\|"$SECURE6" process-or-none=curl \
        says.dns=known_by_its_name
}

pair doh-address "DoH to a bare address inside the tunnel" "DoH to a bare address past it: no name is seen"
scenario_doh_address() {
    in_tunnel "$1" "$SECURE4"
    secure_known
    watch 2 passive
    doh "https://$SECURE4/dns-query" one.doha.example.net -4
    ask visited.doha.example.net
    judged "$1" dns=leak left.udp=0 left.tcp=0 used="$SECURE4" process-or-none=curl \
        says.dns=known_by_its_address_alone
}

says https-past-tunnel "HTTPS to a web server past the tunnel: no look-up, no DNS leak; the program is named"
scenario_https_past_tunnel() {
    wireguard_up
    resolver "$TUNNEL4"
    past_tunnel 198.51.100.80
    secure_known
    watch 2 passive
    visit -4 www.past.example.org
    visit -4 two.past.example.org
    watched
    expect verdict=warn exit=0 dns=ok apps=warn left=0 probes=0 leaks=none web4=wg0
}

pair doq "kdig's first flight of DNS over QUIC goes by the tunnel" "it goes past the tunnel"
scenario_doq() {
    in_tunnel "$1" "$SECURE4" "$SECURE6"
    watch 2 passive
    on user timeout 1 kdig +quic +retry=0 +timeout=1 "@$SECURE4" one.doq.example.net >/dev/null 2>&1
    ask visited.doq.example.net
    judged "$1" dns=leak left.doq=1 left.udp=0 process-or-none=kdig used="$SECURE4"
}

pair stun "STUN, UDP and TCP, v4 and v6, goes by the tunnel" "STUN goes past the tunnel: it learns the address"
scenario_stun() {
    in_tunnel "$1" "$STUN4" "$STUN6"
    watch 3 passive
    on user "$LAB_HERE/stun.py" ask --as talker "$STUN4"
    on user "$LAB_HERE/stun.py" ask --as talker "$STUN6"
    on user "$LAB_HERE/stun.py" ask --tcp --as talker "$STUN4"
    on user "$LAB_HERE/stun.py" ask --tcp --as talker "$STUN6"
    ask visited.stun.example.net
    watched
    if [[ $1 == innocent ]]; then
        expect verdict=ok exit=0 dns=ok webrtc=ok left=0 leaks=none left.stun=0
    else
        expect verdict=leak exit=1 dns=ok webrtc=leak left=0 left.stun=4 leaks=all interface=eth0 \
            process-or-none=talker "says.webrtc=$HOME4" "says.webrtc=$USER6"
    fi
}

says stun-lookalike "datagrams that resemble STUN leave past the tunnel: they are none"
scenario_stun_lookalike() {
    in_tunnel guilty "$STUN4" "$STUN6"
    watch 2 passive
    on user "$LAB_HERE/stun.py" alike "$STUN4" 4000
    on user "$LAB_HERE/stun.py" alike "$STUN6" 4000
    ask visited.alike.example.net
    watched
    expect verdict=ok exit=0 dns=ok webrtc=off left=0 leaks=none
}

pair dnscrypt "a DNSCrypt client gets its certificate and asks, inside the tunnel" \
    "the same past the tunnel"
scenario_dnscrypt() {
    in_tunnel "$1" "$SECURE4"
    dnscrypt_server
    watch 2 passive
    on user "$LAB_HERE/dnscrypt.py" "$SECURE4" 5443 2.dnscrypt-cert.lab.example \
        one.dnscrypt.example.net || echo "it was not answered"
    ask inside.dnscrypt.example.net
    judged "$1" dns=leak left.dnscrypt=2 used="$SECURE4"
}

pair split-hello "a hello to a DoH host in pieces, inside the tunnel" \
    "a hello to a DoH host in pieces, past the tunnel: seen all the same"
scenario_split_hello() {
    in_tunnel "$1" "$SECURE4"
    secure_known
    watch 2 passive
    on user "$LAB_HERE/hello.py" "$SECURE4" doh.example.org 3
    ask inside.pieces.example.net
    judged "$1" dns=leak left=1 left.doh=1 used="$SECURE4" says.dns=known_by_its_name
}
