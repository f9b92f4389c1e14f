# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Kill switches as VPN clients and guides lay them: read and said, whole and for IPv4 alone.

# looked_at TEXT ...: what the row disconnect says while the tunnel is up, and that it judges nothing by it
looked_at() {
    local text words=()
    watch 2 passive
    visit www.killswitch.example.org
    watched
    for text; do words+=("says.disconnect=${text// /_}"); done
    expect disconnect=off "${words[@]}" left=0 leaks=none
}

HELD_4="nothing that was found would hold IPv6"

pair killswitch-mullvad "a table as Mullvad lays it" "the same for IPv4 alone"
scenario_killswitch_mullvad() {
    local family=inet more=""
    [[ $1 == innocent ]] || { family=ip; more=", IPv4 alone"; }
    wireguard_up
    resolver "$TUNNEL4"
    on user nft -f - <<END
table $family mullvad { chain output { type filter hook output priority 0; policy drop;
    oif "lo" accept
    ip daddr $VPN4 udp dport 51820 accept
    oifname "wg0" accept
    reject; }; }
END
    looked_at "looks armed: nftables table $family mullvad .Mullvad. drops what leaves by anything but lo, wg0$more" \
        ${more:+"$HELD_4"}
}

pair killswitch-wg-quick "the rule of wg-quick's manual as PostUp, both families" "for IPv4 alone"
scenario_killswitch_wg_quick() {
    local family families=(ip ip6)
    [[ $1 == innocent ]] || families=(ip)
    wireguard_up
    resolver "$TUNNEL4"
    # As iptables-nft and ip6tables-nft lay it.
    for family in "${families[@]}"; do
        on user nft -f - <<END
table $family filter { chain OUTPUT { type filter hook output priority 0; policy accept;
    oifname != "wg0" meta mark != 0xca6c fib daddr type != local counter reject; }; }
END
    done
    if [[ $1 == innocent ]]; then
        looked_at "looks armed: nftables table ip filter drops what leaves by anything but wg0, IPv4 alone" \
            "looks armed: nftables table ip6 filter drops what leaves by anything but wg0, IPv6 alone"
    else
        looked_at "table ip filter drops what leaves by anything but wg0, IPv4 alone" "$HELD_4"
    fi
}

pair killswitch-iptables "the common recipe: policy drop, lo and the tunnel pass" \
    "with a line that lets the uplink pass"
scenario_killswitch_iptables() {
    local family gap="" found="looks armed"
    [[ $1 == innocent ]] || { gap='oifname "eth0" accept;' found="looks open, for an uplink is among them"; }
    wireguard_up
    resolver "$TUNNEL4"
    for family in ip ip6; do
        on user nft -f - <<END
table $family filter { chain OUTPUT { type filter hook output priority 0; policy drop;
    oifname "lo" accept; oifname "wg*" accept; $gap
    udp dport 51820 accept; }; }
END
    done
    looked_at "$found: nftables table ip filter drops what leaves by anything but lo, wg" \
        "$found: nftables table ip6 filter" "1 rule of it lets some pass"
}

pair killswitch-none "rules that hold a part are none" "a black hole behind the default route is one"
scenario_killswitch_none() {
    wireguard_up
    resolver "$TUNNEL4"
    on user nft -f - <<'END'
table inet part { chain OUTPUT { type filter hook output priority 0; policy accept;
    tcp dport 25 drop; ip daddr 203.0.113.99 drop; oifname "docker0" drop; meta skuid 12345 drop; };
    chain FORWARD { type filter hook forward priority 0; policy drop; }; }
END
    if [[ $1 == innocent ]]; then
        looked_at "kill switch: nothing that looks like one was found"
        return
    fi
    on user ip route add blackhole default metric 5000
    on user ip -6 route add unreachable default metric 5000
    looked_at "looks armed: the default route for IPv4 of table 254, metric 5000, is a black hole" \
        "looks armed: the default route for IPv6 of table 254, metric 5000, is unreachable"
}

says killswitch-later "a table that is laid, and goes, while leaktop watches"
scenario_killswitch_later() {
    wireguard_up
    resolver "$TUNNEL4"
    watch 4 passive
    on user nft 'add table inet windscribe'
    on user nft 'add chain inet windscribe out { type filter hook output priority 0; policy drop; }'
    on user nft 'add rule inet windscribe out oifname { "lo", "wg0" } accept'
    on user nft 'add table inet nordvpn'
    on user nft 'add chain inet nordvpn out { type filter hook output priority 0; policy drop; }'
    on user nft 'delete table inet nordvpn'
    watched
    expect says.disconnect=table_inet_windscribe_.Windscribe._drops_what_leaves_by_anything_but_those_of_a_set \
        quiet.disconnect=nordvpn left=0
}
