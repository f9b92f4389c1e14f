# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # run.sh reads them
# Every routing that people have: what leaves is judged by where it really left.

# uplink_table: table 100 leads out by the uplink
uplink_table() {
    on user ip route replace default via "$ROUTER4" dev eth0 table 100
    on user ip -6 route replace default via "$ROUTER6" dev eth0 table 100
}

# split_judged FORM PROGRAM: names of the program are the only ones that leave
split_judged() {
    watched
    if [[ $1 == innocent ]]; then
        expect verdict=ok exit=0 dns=ok left=0 leaks=none web4=wg0
    else
        expect verdict=leak exit=1 dns=leak left=2 leaks=all interface=eth0 process-or-none="$2" \
            used=9.9.9.9 web4=wg0
    fi
}

split_asks() { # split_asks PREFIX COMMAND...: the one program, and another
    local prefix=$1
    shift
    watch 2 passive
    on user "$@" "$LAB_HERE/ask.py" --as splitter --type A,AAAA "one.$prefix.example.net" >/dev/null
    ask --as other "two.$prefix.example.net"
}

pair split-user "one user's packets are no exception" "one user's packets are routed past the tunnel"
scenario_split_user() {
    in_tunnel innocent
    resolver 9.9.9.9
    uplink_table
    [[ $1 == innocent ]] || on user ip rule add uidrange 4711-4711 lookup 100 pref 50
    split_asks peruser setpriv --reuid 4711 --clear-groups
    split_judged "$1" splitter
}

pair split-mark "a mark that no rule knows" "a marked packet is routed past the tunnel"
scenario_split_mark() {
    in_tunnel innocent
    resolver 9.9.9.9
    uplink_table
    [[ $1 == innocent ]] || on user ip rule add fwmark 0x51 lookup 100 pref 50
    on user nft -f - <<<'table ip split {
        chain marks { type route hook output priority -150; meta skuid 4711 meta mark set 0x51; }
        chain nat { type nat hook postrouting priority 100; oifname "eth0" masquerade; }; }'
    split_asks mark setpriv --reuid 4711 --clear-groups
    split_judged "$1" splitter
}

pair split-cgroup "a control group whose packets nobody marks" \
    "a control group's packets are marked and routed past the tunnel"
scenario_split_cgroup() {
    local group root=/sys/fs/cgroup
    group=leaktop-lab-$(openssl rand -hex 4) # the machine's other programs see it
    on user mount -t cgroup2 none "$root" || skip "no cgroup2 here"
    # shellcheck disable=SC2064 # now
    trap "clean; on user rmdir '$root/$group'; on user umount '$root'" EXIT
    on user mkdir "$root/$group" || skip "no control group can be made"
    in_tunnel innocent
    resolver 9.9.9.9
    uplink_table
    [[ $1 == innocent ]] || on user ip rule add fwmark 0x51 lookup 100 pref 50
    on user nft -f - <<END || skip "the firewall here knows no control groups"
table ip split { chain marks { type route hook output priority -150;
        socket cgroupv2 level 1 "$group" meta mark set 0x51; }
    chain nat { type nat hook postrouting priority 100; oifname "eth0" masquerade; }; }
END
    # shellcheck disable=SC2016
    split_asks cgroup sh -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$root/$group"
    split_judged "$1" splitter
}

# A second cable to the same router, as Wi-Fi beside Ethernet.
second_uplink() {
    link user wlan0 home lan2
    addresses user wlan0 192.168.2.2/24
    addresses home lan2 192.168.2.1/24
    on user ip route add default via 192.168.2.1 dev wlan0 metric 600
}

pair two-uplinks "two uplinks, and both are outer ways of the tunnel" \
    "a resolver is reached by the second uplink"
scenario_two_uplinks() {
    second_uplink
    in_tunnel innocent
    resolver 9.9.9.9
    [[ $1 == innocent ]] || on user ip route add 9.9.9.9/32 via 192.168.2.1 dev wlan0
    ROUTER_LINK=lan2 watch 2 passive
    ask --as asker --type A,AAAA one.uplinks.example.net
    USER_MAC=$(on user cat /sys/class/net/wlan0/address)
    watched
    if [[ $1 == innocent ]]; then
        expect verdict=ok exit=0 dns=ok left=0 leaks=none role.eth0=uplink role.wlan0=uplink web4=wg0
    else
        expect verdict=leak exit=1 dns=leak left=2 leaks=all interface=wlan0 role.wlan0=uplink \
            process-or-none=asker
    fi
}

# OpenVPN with its server inside WireGuard: the host route that it makes leads out of WireGuard, and
# is put right.
nested_up() {
    local half
    in_tunnel innocent
    for half in 0.0.0.0/1 128.0.0.0/1; do on user ip route del "$half" dev wg0; done
    for half in ::/1 8000::/1; do on user ip -6 route del "$half" dev wg0; done
    on user ip route replace 10.64.0.0/24 dev wg0
    openvpn_up no "$TUNNEL4"
    on user ip route del "$TUNNEL4/32"
    resolver "$OPENVPN4"
}

pair nested "OpenVPN inside WireGuard carries the names" \
    "a resolver is reached past both of them"
scenario_nested() {
    nested_up
    resolver 9.9.9.9
    [[ $1 == innocent ]] || past_tunnel 9.9.9.9
    watch 2 passive
    ask --as asker --type A,AAAA one.nested.example.net
    watched
    if [[ $1 == innocent ]]; then
        expect verdict=ok exit=0 dns=ok left=0 leaks=none role.tun0=tunnel role.eth0=uplink \
            web4=tun0 used=9.9.9.9
    else
        expect verdict=leak exit=1 dns=leak left=2 leaks=all interface=eth0 web4=tun0
    fi
}

says nested-outer "OpenVPN inside WireGuard: names go by the outer one, hidden from the network too"
scenario_nested_outer() {
    nested_up
    resolver "$TUNNEL4"
    watch 2 passive
    ask --as asker --type A,AAAA one.nestedouter.example.net
    watched
    expect verdict=ok exit=0 dns=ok left=0 leaks=none role.tun0=tunnel role.eth0=uplink web4=tun0
}

says mesh "a mesh without exit node: an overlay, no protection, its own resolver is no leak"
scenario_mesh() {
    on user ip tuntap add mesh0 mode tun
    addresses user mesh0 100.100.1.2/32
    on user ip link set mesh0 up
    on user ip route add 100.64.0.0/10 dev mesh0
    watch 2 passive
    ask --server 100.100.100.100 --wait 0.2 peer.mesh.example.net
    ask --type A,AAAA one.mesh.example.net
    watched
    on user ip link del mesh0
    expect verdict=unprotected exit=4 expectation=none left=2 leaks=none role.mesh0=overlay \
        role.eth0=uplink web4=eth0
}

pair macvlan "a macvlan beside the uplink, and names go by the tunnel" \
    "names leave by the macvlan"
scenario_macvlan() {
    on user ip link add link eth0 name macvlan0 type macvlan mode bridge || skip "no macvlan here"
    addresses user macvlan0 192.168.1.3/24
    on user ip link set macvlan0 up
    in_tunnel innocent
    resolver 9.9.9.9
    [[ $1 == innocent ]] || on user ip route add 9.9.9.9/32 via "$ROUTER4" dev macvlan0
    watch 2 passive
    ask --as asker --type A,AAAA one.macvlan.example.net
    USER_MAC=$(on user cat /sys/class/net/macvlan0/address)
    watched
    on user ip link del macvlan0
    if [[ $1 == innocent ]]; then
        expect verdict=ok exit=0 dns=ok left=0 leaks=none web4=wg0
    else
        expect verdict=leak exit=1 dns=leak left=2 leaks=all process-or-none=asker
    fi
}

says router-vpn "the VPN runs on the router: this machine cannot know, and says so"
scenario_router_vpn() {
    wireguard_peer
    on home wireguard-go wgr0 >"$LAB/wireguard-router.log" 2>&1 || fail "wireguard-go does not start"
    on home wg set wgr0 private-key "$LAB/wgc.key" peer "$WG_SERVER" endpoint "$VPN4:51820" \
        allowed-ips 0.0.0.0/0
    addresses home wgr0 10.64.0.2/32
    on home ip link set wgr0 mtu 1420 up
    on home ip route add 0.0.0.0/1 dev wgr0
    on home ip route add 128.0.0.0/1 dev wgr0
    on home ip route add "$VPN4/32" via 203.0.113.1
    on home nft -f - <<<'table ip routervpn { chain out { type nat hook postrouting priority 99;
        oifname "wgr0" masquerade; }; }'
    wait_for answers 9.9.9.9
    resolver 9.9.9.9
    watch 3
    ask --type A,AAAA one.routervpn.example.net
    watched
    on home nft delete table ip routervpn
    on home ip link del wgr0
    on home ip route del "$VPN4/32"
    expect verdict=unprotected exit=4 expectation=none left=2 leaks=none web4=eth0 \
        active:public4="$VPN4"
}

pair policy-holds "an IPsec policy without keys holds everything: nothing leaves" \
    "the policy is gone and the names leave"
scenario_policy_holds() {
    OPTIONS=(--expect vpn)
    user_ipv6 off
    [[ $1 == guilty ]] || on user ip xfrm policy add dir out src 0.0.0.0/0 dst 0.0.0.0/0 \
        tmpl src "$USER4" dst "$VPN4" proto esp mode tunnel || skip "the kernel has no IPsec policies"
    watch 2 passive
    ask --as asker --wait 0.3 --type A,AAAA one.policy.example.net
    watched
    on user ip xfrm policy flush
    if [[ $1 == innocent ]]; then
        expect verdict=unknown exit=3 left=0 leaks=none
    else
        expect verdict=leak exit=1 dns=leak left=2 leaks=all process-or-none=asker
    fi
}

pair strongswan "strongSwan in user space carries IPv4 and the DNS" \
    "a resolver is reached past strongSwan's tunnel"
scenario_strongswan() {
    user_ipv6 off
    resolver 9.9.9.9
    strongswan_up
    [[ $1 == innocent ]] || on user ip route add 9.9.9.9/32 via "$ROUTER4" dev eth0 table 220
    watch 2 passive
    ask --as asker --type A,AAAA one.strongswan.example.net
    watched
    if [[ $1 == innocent ]]; then
        expect verdict=ok exit=0 expectation=vpn dns=ok ipv6=off left=0 leaks=none \
            role.ipsec0=tunnel role.eth0=uplink web4=ipsec0 used=9.9.9.9
    else
        expect verdict=leak exit=1 dns=leak left=2 leaks=all interface=eth0 web4=ipsec0 \
            process-or-none=asker
    fi
}
