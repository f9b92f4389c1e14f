# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The scenarios: what was set up, what was done, what leaktop must say. Names are the scenario's own,
# so that no cache and no other scenario answers for it.

# shellcheck disable=SC2034 # run.sh lists them
declare -A SAYS=() RUNS=()
SCENARIOS=()
says() {
    SCENARIOS+=("$1")
    SAYS[$1]=$2
    # shellcheck disable=SC2034
    RUNS[$1]=scenario_${1//-/_}
}

# pair NAME INNOCENT GUILTY: two scenarios of one function, which differ in one cause: it is called
# with the word innocent or guilty.
pair() {
    says "$1-innocent" "$2"
    says "$1-guilty" "$3"
    RUNS[$1-innocent]=scenario_${1//-/_} RUNS[$1-guilty]=scenario_${1//-/_}
}

says no-vpn "nothing is up: unprotected, no leak"
scenario_no_vpn() {
    watch 3
    ask --type A,AAAA one.no-vpn.example.net two.no-vpn.example.net
    visit www.no-vpn.example.org
    watched
    expect verdict=unprotected exit=4 expectation=none dns=off ipv6=off disconnect=off \
        left=6 leaks=none role.eth0=uplink web4=eth0 web6=eth0 used="$ROUTER4" \
        active:public4="$HOME4" active:public6="$USER6" active:egress='203.0.113.53|2001:db8:2::53'
}

says wireguard "WireGuard carries both families and the DNS"
scenario_wireguard() {
    wireguard_up
    resolver "$TUNNEL4"
    watch 3
    ask --type A,AAAA one.wireguard.example.net two.wireguard.example.net
    visit www.wireguard.example.org
    watched
    expect verdict=ok exit=0 expectation=vpn dns=ok ipv6=ok disconnect=off left=0 probes=0 \
        leaks=none role.wg0=tunnel role.eth0=uplink web4=wg0 web6=wg0 used="$TUNNEL4" \
        active:public4="$VPN4" active:public6="$VPN6" active:public-ip=ok \
        active:egress="$VPN4|$VPN6"
}

says resolver-at-router "the tunnel is up, /etc/resolv.conf still names the router"
scenario_resolver_at_router() {
    wireguard_up
    resolver "$ROUTER4"
    watch 3
    ask --type A,AAAA one.router.example.net two.router.example.net
    visit www.router.example.org
    on user dig +tries=1 +time=1 twice.router.example.net >/dev/null
    on user dig +tries=1 +time=1 twice.router.example.net >/dev/null
    watched
    expect verdict=leak exit=1 dns=leak ipv6=ok left=8 leaks=all web4=wg0 forwarded=- \
        active:public4="$VPN4" active:egress='203.0.113.53|2001:db8:2::53'
}

says ipv6-outside "an IPv4-only tunnel; the IPv6 resolver and IPv6 sites leave by eth0"
scenario_ipv6_outside() {
    wireguard_up 4
    resolver "$TUNNEL4" "$ROUTER6"
    watch 3
    ask --type A,AAAA inside.ipv6.example.net
    ask --server "$ROUTER6" --type A,AAAA one.ipv6.example.net two.ipv6.example.net
    visit -6 www.ipv6.example.org
    watched
    expect verdict=leak exit=1 dns=leak ipv6=leak left=4 leaks=all web4=wg0 web6=eth0 \
        active:public4="$VPN4" active:public6="$USER6" active:public-ip=leak
}

says ipv6-web-outside "an IPv4-only tunnel carries the DNS, IPv6 sites leave by eth0"
scenario_ipv6_web_outside() {
    wireguard_up 4
    resolver "$TUNNEL4"
    watch 3
    visit -6 www.ipv6-web.example.org
    sleep 0.5
    watched
    expect verdict=leak exit=1 dns=ok ipv6=leak left=0 probes=0 leaks=none web4=wg0 web6=eth0
}

says ipv6-appears "the router begins to hand out IPv6 beside an IPv4-only tunnel"
scenario_ipv6_appears() {
    user_ipv6 off
    wireguard_up 4
    resolver "$TUNNEL4"
    watch 4
    visit www.before-ipv6.example.org
    user_ipv6 on
    resolver "$TUNNEL4" "$ROUTER6"
    visit -6 www.new-ipv6.example.org
    ask --server "$ROUTER6" --type A,AAAA one.new-ipv6.example.net
    watched
    expect verdict=leak exit=1 dns=leak ipv6=leak disconnect=off left=2 probes=0 leaks=all \
        web4=wg0 web6=eth0
}

says ipv6-lost "a tunnel for both families loses its IPv6 routes"
scenario_ipv6_lost() {
    wireguard_up
    resolver "$TUNNEL4"
    watch 4
    visit www.before-lost.example.org
    on user ip -6 route del ::/1 dev wg0
    on user ip -6 route del 8000::/1 dev wg0
    visit -6 www.lost.example.org
    ask --server "$ROUTER6" --type A,AAAA one.lost.example.net
    watched
    expect verdict=leak exit=1 dns=leak ipv6=leak disconnect=leak left=2 probes=0 leaks=all \
        web4=wg0 web6=eth0
}

says own-resolver "a program with a resolver of its own is bound to the uplink"
scenario_own_resolver() {
    wireguard_up
    resolver "$TUNNEL4"
    watch 3
    ask --as ownresolver --device eth0 --server 9.9.9.9 --type A,AAAA one.own.example.net \
        two.own.example.net
    visit www.own.example.org
    watched
    expect verdict=leak exit=1 dns=leak left=4 probes=0 leaks=all process-or-none=ownresolver web4=wg0 \
        used=9.9.9.9
}

says both-ways "the same names are asked by the tunnel and by the uplink at once"
scenario_both_ways() {
    local i one two
    wireguard_up
    resolver "$TUNNEL4"
    watch 3
    for i in 1 2 3; do
        on user "$LAB_HERE/ask.py" --device eth0 --server "$ROUTER4" "name$i.both.example.net" &
        one=$!
        on user "$LAB_HERE/ask.py" --server "$TUNNEL4" "name$i.both.example.net" &
        two=$!
        wait "$one" "$two"
    done
    watched
    expect verdict=leak exit=1 dns=leak left=3 probes=0 leaks=all used="$TUNNEL4" used="$ROUTER4"
}

says dns-over-tcp "the uplink carries DNS over TCP, several questions in one connection"
scenario_dns_over_tcp() {
    wireguard_up
    resolver "$TUNNEL4"
    watch 3
    ask --as tcpresolver --tcp --device eth0 --server "$ROUTER4" --type A,AAAA,HTTPS \
        one.tcp.example.net two.tcp.example.net
    on user dig +tcp +tries=1 +time=1 @"$ROUTER4" three.tcp.example.net >/dev/null
    watched
    expect verdict=leak exit=1 dns=leak left=7 leaks=all has-process=tcpresolver
}

says public-resolver-inside "9.9.9.9 is asked inside the tunnel: no leak"
scenario_public_resolver_inside() {
    wireguard_up
    resolver 9.9.9.9
    watch 3
    ask --type A,AAAA one.public.example.net two.public.example.net
    visit www.public.example.org
    watched
    expect verdict=ok exit=0 dns=ok ipv6=ok left=0 probes=0 leaks=none used=9.9.9.9 \
        active:egress="198.51.100.99|2001:db8:99::99"
}

says wg-quick "the real wg-quick: policy routing, resolvconf"
scenario_wg_quick() {
    wg_quick_up "$TUNNEL4"
    watch 3
    ask --type A,AAAA one.quick.example.net two.quick.example.net
    visit www.quick.example.org
    watched
    expect verdict=ok exit=0 expectation=vpn dns=ok ipv6=ok left=0 probes=0 leaks=none \
        role.wg0=tunnel role.eth0=uplink web4=wg0 web6=wg0 active:public4="$VPN4"
}

says wg-quick-lan-resolver "wg-quick's suppress_prefixlength lets a resolver on the LAN past it"
scenario_wg_quick_lan_resolver() {
    wg_quick_up
    resolver "$ROUTER4"
    watch 3
    ask --type A,AAAA one.trap.example.net
    visit www.trap.example.org
    watched
    expect verdict=leak exit=1 dns=leak ipv6=ok left=4 leaks=all web4=wg0 web6=wg0
}

says openvpn "OpenVPN with redirect-gateway def1, and a script that applies its DNS"
scenario_openvpn() {
    openvpn_up
    watch 3
    ask --type A,AAAA one.openvpn.example.net two.openvpn.example.net
    visit -4 www.openvpn.example.org
    watched
    expect verdict=ok exit=0 expectation=vpn dns=ok ipv6=ok left=0 probes=0 leaks=none \
        role.tun0=tunnel role.eth0=uplink web4=tun0 web6=tun0 used="$OPENVPN4" \
        active:public4="$VPN4" active:egress="$VPN4|$VPN6"
}

says openvpn-dns-ignored "OpenVPN pushes a resolver and nothing applies it"
scenario_openvpn_dns_ignored() {
    openvpn_up no
    watch 3
    ask --type A,AAAA one.ignored.example.net
    visit -4 www.ignored.example.org
    watched
    expect verdict=leak exit=1 dns=leak ipv6=ok left=3\|4 leaks=all web4=tun0
}

says burst "a thousand names at once by the uplink: none missed, none merged"
scenario_burst() {
    wireguard_up
    resolver "$TUNNEL4"
    watch 3
    ask --as burst --wait 0.2 --device eth0 --server "$ROUTER4" --count 1000 burst.example.net
    visit www.burst.example.org
    watched
    expect verdict=leak exit=1 dns=leak left=1000 probes=0 leaks=all process-or-none=burst
}

says masked "--mask: the report holds no name"
scenario_masked() {
    local name
    OPTIONS=(--mask)
    wireguard_up
    resolver "$ROUTER4"
    watch 3
    ask --type A,AAAA one.masked.example.net
    watched
    expect verdict=leak exit=1 dns=leak left=2
    for name in passive active; do
        ! grep -q 'masked\|192\.0\.2\.66' "$HERE/$name.json" || echo "$name: hides nothing"
    done
}

says expected-and-absent "-e vpn, and none is up: each look-up is a leak"
scenario_expected_and_absent() {
    OPTIONS=(--expect vpn)
    watch 2
    ask --type A,AAAA one.absent.example.net
    watched
    expect verdict=leak exit=1 expectation=vpn dns=leak left=2 probes=0 leaks=all web4=eth0
}

says connect "the VPN comes up while it is watched: what left before is no leak"
scenario_connect() {
    watch 3
    ask --type A,AAAA before.connect.example.net
    resolver "$TUNNEL4"
    wireguard_up
    ask --type A,AAAA after.connect.example.net
    watched
    expect verdict=ok exit=0 expectation=vpn dns=ok ipv6=ok disconnect=off left=2 leaks=none web4=wg0
}

says bootstrap "the VPN client asks for its server's name while the tunnel is down: no leak"
scenario_bootstrap() {
    on user resolvconf -a eth0 <<<"nameserver $ROUTER4"
    openvpn_up yes vpn.example.org
    watch 4 passive
    ask before.bootstrap.example.net
    openvpn_down
    openvpn_up yes vpn.example.org
    ask --type A,AAAA after.bootstrap.example.net
    watched
    # openresolv keeps the router's resolver as the second: worth a warning, and nothing more.
    expect verdict=warn exit=0 expectation=vpn dns=warn disconnect=off\|ok left=1\|2 leaks=none \
        web4=tun0
}

says drop "the tunnel drops and nothing holds: look-ups go on by the uplink"
scenario_drop() {
    wireguard_up
    resolver "$TUNNEL4"
    watch 4
    ask --type A,AAAA before.drop.example.net
    wireguard_drop
    ask --wait 0.3 --type A,AAAA stuck.drop.example.net
    resolver "$ROUTER4"
    ask --type A,AAAA after.drop.example.net
    visit www.drop.example.org
    watched
    expect verdict=leak exit=1 expectation=vpn dns=leak disconnect=leak left=6 probes=0 leaks=all \
        web4=eth0
}

says drop-reconnect "the same, and it comes back: the leak stays, quiet since"
scenario_drop_reconnect() {
    wireguard_up
    resolver "$TUNNEL4"
    watch 5
    ask before.reconnect.example.net
    wireguard_drop
    resolver "$ROUTER4"
    ask --type A,AAAA meanwhile.reconnect.example.net
    resolver "$TUNNEL4"
    wireguard_up
    ask --type A,AAAA after.reconnect.example.net
    watched
    expect verdict=leak exit=1 expectation=vpn dns=leak disconnect=leak left=2 probes=0 leaks=all \
        web4=wg0
}

says kill-switch "the tunnel drops, a firewall holds back what tries to leave"
scenario_kill_switch() {
    wireguard_up
    resolver "$TUNNEL4"
    kill_switch
    watch 4
    ask --type A,AAAA before.held.example.net
    wireguard_drop
    ask --wait 0.3 --type A,AAAA one.held.example.net
    ask --wait 0.3 --server "$ROUTER4" --type A,AAAA two.held.example.net
    ask --wait 0.3 --server "$ROUTER6" --tcp three.held.example.net
    watched
    expect verdict=unknown exit=3 expectation=vpn dns=unknown disconnect=ok left=0 probes=0 leaks=none
}

says kill-switch-reconnect "the same, and it comes back: nothing leaked"
scenario_kill_switch_reconnect() {
    wireguard_up
    resolver "$TUNNEL4"
    kill_switch
    watch 5
    ask before.back.example.net
    wireguard_drop
    ask --wait 0.3 --type A,AAAA one.back.example.net two.back.example.net
    wireguard_up
    ask --type A,AAAA after.back.example.net
    watched
    expect verdict=ok exit=0 expectation=vpn dns=ok ipv6=ok disconnect=ok left=0 probes=0 \
        leaks=none web4=wg0
}

says drop-no-route "the tunnel drops and there is no other way out"
scenario_drop_no_route() {
    wireguard_up
    resolver "$TUNNEL4"
    on user ip route del default
    on user ip -6 route del default
    watch 4
    ask before.noroute.example.net
    wireguard_drop
    ask --wait 0.3 --type A,AAAA one.noroute.example.net
    ask --wait 0.3 --server 9.9.9.9 two.noroute.example.net
    watched
    expect verdict=unknown exit=3 expectation=vpn dns=unknown disconnect=ok\|unknown left=0 probes=0 \
        leaks=none web4=-
}

says subnet-tunnel "a tunnel to one subnet only: no protection, and no leak"
scenario_subnet_tunnel() {
    wireguard_up subnet
    watch 3
    ask --type A,AAAA one.subnet.example.net
    ask --server "$TUNNEL4" inside.subnet.example.net
    visit www.subnet.example.org
    watched
    expect verdict=unprotected exit=4 expectation=none left=4 leaks=none role.wg0=overlay \
        role.eth0=uplink web4=eth0 web6=eth0
}

says no-ipv6 "a machine without IPv6"
scenario_no_ipv6() {
    user_ipv6 off
    wireguard_up 4
    resolver "$TUNNEL4"
    watch 3
    ask --type A,AAAA one.noipv6.example.net
    visit www.noipv6.example.org
    watched
    expect verdict=ok exit=0 dns=ok ipv6=off left=0 probes=0 leaks=none web4=wg0 web6=- \
        active:public4="$VPN4" active:public6=-
}

says silent "a tunnel is up, nothing is looked up and nothing is sent: unknown"
scenario_silent() {
    wireguard_up
    resolver "$TUNNEL4"
    watch 1 passive
    watched
    expect verdict=unknown exit=3 expectation=vpn dns=unknown left=0 probes=0 leaks=none
}

says container-past "a container's look-ups are forwarded past the tunnel"
scenario_container_past() {
    wireguard_up
    resolver "$TUNNEL4"
    on user sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
    on user ip route add default via "$ROUTER4" dev eth0 table 100
    on user ip rule add iif guests lookup 100 pref 50
    watch 3
    on guest "$LAB_HERE/ask.py" --server 9.9.9.9 --type A,AAAA one.past.example.net two.past.example.net
    ask inside.past.example.net
    watched
    expect verdict=leak exit=1 dns=leak left=4 probes=0 leaks=all forwarded="$GUEST4" process=- \
        role.guests=inner
}

says container-masqueraded "the same behind the machine's own address"
scenario_container_masqueraded() {
    wireguard_up
    resolver "$TUNNEL4"
    on user sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
    on user ip route add default via "$ROUTER4" dev eth0 table 100
    on user ip rule add iif guests lookup 100 pref 50
    on user nft -f - <<<'table ip nat { chain out { type nat hook postrouting priority 100;
        ip saddr 10.88.0.0/24 masquerade; }; }'
    watch 3
    on guest "$LAB_HERE/ask.py" --server 9.9.9.9 --type A,AAAA one.nat.example.net two.nat.example.net
    ask inside.nat.example.net
    watched
    expect verdict=leak exit=1 dns=leak left=4 probes=0 leaks=all process=-
}

says container-through "a container's look-ups are forwarded into the tunnel"
scenario_container_through() {
    wireguard_up
    resolver "$TUNNEL4"
    on user sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
    watch 3
    on guest "$LAB_HERE/ask.py" --server 9.9.9.9 --type A,AAAA one.through.example.net
    ask inside.through.example.net
    watched
    expect verdict=ok exit=0 dns=ok left=0 probes=0 leaks=none role.guests=inner
}

says container-bridge "a container's port, a bridge and the uplink are one look-up"
scenario_container_bridge() {
    bridge_port br0 guests 10.88.0.1/24
    wireguard_up
    resolver "$TUNNEL4"
    on user sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
    on user ip route add default via "$ROUTER4" dev eth0 table 100
    on user ip rule add iif br0 lookup 100 pref 50
    watch 3
    on guest "$LAB_HERE/ask.py" --server 9.9.9.9 --type A,AAAA one.bridge.example.net
    watched
    expect verdict=leak exit=1 dns=leak left=2 probes=0 leaks=all forwarded="$GUEST4" \
        role.guests=inner role.br0=inner
}

says uplink-bridge "the uplink is a bridge: a look-up on it and on its port is one"
scenario_uplink_bridge() {
    bridge_port br0 eth0 "$USER4/24" "$USER6/64"
    user_uplink br0
    watch 3
    ask --type A,AAAA one.bridged.example.net
    visit www.bridged.example.org
    watched
    expect verdict=unprotected exit=4 left=4 leaks=none role.br0=uplink web4=br0 web6=br0
}

says local-names "a name is broadcast on the local link: a warning, no leak"
scenario_local_names() {
    wireguard_up
    resolver "$TUNNEL4"
    watch 3
    ask --wait 0.2 --device eth0 --server 224.0.0.251 --port 5353 --type PTR _ipp._tcp.local
    visit www.broadcast.example.org
    watched
    expect verdict=ok exit=0 dns=ok local-names=warn left=0 probes=0 leaks=none
}

# judge_file NAME OPTION...: leaktop on a capture file
judge_file() {
    local name=$1
    shift
    on user env -u SUDO_UID -u SUDO_GID timeout 20 "$LEAKTOP" --once --json -t wg0 -u eth0 "$@" \
        >"$HERE/$name.json" 2>"$HERE/$name.err"
    STATUS["$name"]=$?
}

says capture-file "-r: the same leaks from a capture of any, from standard input, cut short"
scenario_capture_file() {
    local any size name
    wireguard_up
    resolver "$TUNNEL4"
    router_sees "$HERE/router.pcap"
    start user any.log tcpdump -i any -y LINUX_SLL2 -Z root --immediate-mode -U -w "$HERE/any.pcap"
    any=$STARTED
    wait_for grep -q 'listening on' "$LAB/any.log"
    ask --type A,AAAA inside.file.example.net
    ask --device eth0 --server "$ROUTER4" --type A,AAAA one.file.example.net two.file.example.net
    ask --tcp --device eth0 --server "$ROUTER6" three.file.example.net
    on user ping -c 2 -i 0.2 -s 1000 "$ROUTER4" >/dev/null
    sleep 0.2
    stop "$any" INT
    stop "$TCPDUMP" INT
    "$LAB_HERE/truth.py" "$HERE/router.pcap" "$USER_MAC" >"$HERE/truth"
    size=$(stat -c %s "$HERE/any.pcap")
    head -c $((size - 500)) "$HERE/any.pcap" >"$HERE/cut.pcap" # in the middle of the last ping
    chmod 644 "$HERE"/*.pcap
    judge_file file -r "$HERE/any.pcap"
    judge_file file-input -r - <"$HERE/any.pcap"
    judge_file file-cut -r "$HERE/cut.pcap"
    on user tshark -r "$HERE/any.pcap" -F pcapng -w - 2>/dev/null >"$HERE/any.pcapng"
    judge_file file-pcapng -r "$HERE/any.pcapng"
    for name in file file-input file-cut file-pcapng; do
        verify "$name" verdict=leak exit=1 expectation=vpn dns=leak left=5 leaks=all \
            used="$TUNNEL4" role.wg0=tunnel role.eth0=uplink
    done
    verify file-cut 'text=cut_short|truncated'
    judge_file file-foreign -r "$LAB_HERE/run.sh"
    [[ ${STATUS[file-foreign]} -eq 2 ]] ||
        echo "file-foreign: exit: expected 2, got ${STATUS[file-foreign]}"
    grep -q run.sh "$HERE/file-foreign.err" ||
        echo "file-foreign: standard error does not name the file: $(head -1 "$HERE/file-foreign.err")"
    judge_file file-absent -r "$HERE/absent.pcap"
    [[ ${STATUS[file-absent]} -eq 2 ]] ||
        echo "file-absent: exit: expected 2, got ${STATUS[file-absent]}"
}
