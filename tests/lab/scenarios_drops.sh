# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Drops of every kind, each recognised by what became of the tunnel.

says drop-down "the tunnel's interface is set down"
scenario_drop_down() {
    wireguard_up
    resolver "$TUNNEL4"
    watch 4
    ask --type A,AAAA before.down.example.net
    on user ip link set wg0 down
    resolver "$ROUTER4"
    ask --type A,AAAA after.down.example.net
    watched
    expect verdict=leak exit=1 dns=leak disconnect=leak left=2 probes=0 leaks=all web4=eth0 \
        says.disconnect='wg0_dropped.*its_interface_is_down' \
        says.disconnect='left_meanwhile:_ask.py_\(root\)_2_look-ups'
}

says drop-killed "OpenVPN's client is killed: its interface goes with it"
scenario_drop_killed() {
    openvpn_up no
    resolver "$OPENVPN4"
    watch 4
    ask --type A before.killed.example.net
    stop "$OPENVPN_CLIENT" KILL
    resolver "$ROUTER4"
    ask --type A,AAAA after.killed.example.net
    watched
    expect verdict=leak exit=1 dns=leak disconnect=leak left=2 probes=0 leaks=all web4=eth0 \
        says.disconnect='tun0_dropped.*its_interface_was_deleted'
}

says drop-replaced "another program lays its own routes over the tunnel's"
scenario_drop_replaced() {
    local half
    wireguard_up
    resolver "$TUNNEL4"
    watch 4
    ask --type A,AAAA before.replaced.example.net
    for half in 0.0.0.0/1 128.0.0.0/1; do
        on user ip route replace "$half" via "$ROUTER4" dev eth0
    done
    resolver "$ROUTER4"
    ask --type A,AAAA after.replaced.example.net
    watched
    expect verdict=leak exit=1 dns=leak disconnect=leak left=2 probes=0 leaks=all web4=eth0 web6=wg0 \
        says.disconnect='lost_IPv4.*its_IPv4_route_gave_way_to_one_by_eth0'
}

says drop-silent-server "the server falls silent, and comes back: no drop, nothing leaks, and it is said"
scenario_drop_silent_server() {
    local name
    wireguard_up
    resolver "$TUNNEL4"
    watch 8
    ask before.silent.example.net
    on vpn nft add table inet silent
    on vpn nft add chain inet silent in '{ type filter hook input priority 0; }'
    on vpn nft add rule inet silent in udp dport 51820 drop
    for name in a b c d e f; do ask --wait 0.6 "$name.silent.example.net"; done
    on vpn nft delete table inet silent
    ask --wait 0.6 after.silent.example.net
    watched
    expect dns=ok disconnect=off left=0 leaks=none web4=wg0 text='nothing_answers_through_wg0' \
        text='wg0_answers_again_after'
}
