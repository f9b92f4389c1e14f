# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What is set warns before the first name leaks; what is set and not asked does not.

pair config-file "resolv.conf names the VPN's resolver" \
    "it names the router, past the tunnel: a warning before anything was asked"
scenario_config_file() {
    wireguard_up
    if [[ $1 == innocent ]]; then resolver "$TUNNEL4"; else resolver "$ROUTER4"; fi
    config_judged "$1" "$ROUTER4"
}

# config_judged innocent|guilty RESOLVER: passive, so that leaktop's own names leak nothing
config_judged() {
    watch 3 passive
    if [[ $1 == innocent ]]; then
        ask --server "$TUNNEL4" inside.config.example.net
        visit www.config.example.org
    fi
    watched
    if [[ $1 == guilty ]]; then
        expect verdict=warn exit=0 dns=warn says.dns="$2 would be asked by eth0" left=0 leaks=none
    else
        expect verdict=ok exit=0 dns=ok left=0 leaks=none
    fi
}

says config-fourth "a fourth nameserver past the tunnel: the C library reads three"
scenario_config_fourth() {
    wireguard_up
    resolver "$TUNNEL4" "$TUNNEL4" "$TUNNEL4" "$ROUTER4"
    config_judged innocent
}

pair config-resolved "systemd-resolved: the tunnel's link takes all names" \
    "the uplink's link is a default route for names, too: each name may go to both"
scenario_config_resolved() {
    wireguard_up
    resolved_up
    resolvectl dns eth0 "$ROUTER4"
    resolvectl dns wg0 "$TUNNEL4"
    [[ $1 == guilty ]] || resolvectl domain wg0 '~.'
    config_judged "$1" "$ROUTER4"
}

says config-resolved-later "systemd-resolved is told a resolver of the uplink while leaktop watches"
scenario_config_resolved_later() {
    wireguard_up
    resolved_up
    resolvectl dns wg0 "$TUNNEL4"
    watch 3 passive
    visit www.later.example.org
    resolvectl dns eth0 "$ROUTER4"
    watched
    expect verdict=warn dns=warn says.dns="$ROUTER4 would be asked by eth0" left=0 leaks=none
}

pair config-replaced "resolv.conf is replaced by one with the VPN's resolver" \
    "a DHCP client replaces resolv.conf while the tunnel is up"
scenario_config_replaced() {
    local now=$ROUTER4
    [[ $1 == guilty ]] || now=$TUNNEL6
    wireguard_up
    resolver "$TUNNEL4"
    watch 3 passive
    ask --server "$TUNNEL4" inside.replaced.example.net
    printf 'nameserver %s\n' "$now" >"$LAB/etc/resolv.conf.new"
    mv "$LAB/etc/resolv.conf.new" "$LAB/etc/resolv.conf"
    sleep 0.5
    watched
    if [[ $1 == guilty ]]; then
        expect verdict=warn dns=warn says.dns="$ROUTER4 would be asked by eth0" left=0 leaks=none
    else
        expect verdict=ok dns=ok left=0 leaks=none
    fi
}

says config-dangling "resolv.conf leads to nothing: said, and no name leaks"
scenario_config_dangling() {
    wireguard_up
    watch 3 passive
    rm "$LAB/etc/resolv.conf"
    ln -s /run/none/resolv.conf "$LAB/etc/resolv.conf"
    ask --server "$TUNNEL4" inside.dangling.example.net
    watched
    rm "$LAB/etc/resolv.conf"
    expect verdict=ok dns=ok says.dns='a dangling link to /run/none/resolv.conf' left=0 leaks=none
}

pair config-dnsmasq "dnsmasq on this machine forwards into the tunnel" \
    "its only server is the router: a warning before it asks"
scenario_config_dnsmasq() {
    local to=$TUNNEL4
    [[ $1 == innocent ]] || to=$ROUTER4
    wireguard_up
    printf 'no-resolv\nserver=%s\n' "$to" >"$LAB/etc/dnsmasq.conf"
    stub_dnsmasq --conf-file=/etc/dnsmasq.conf
    config_judged "$1" "$ROUTER4"
}

pair config-unbound "unbound on this machine forwards into the tunnel" \
    "it forwards all names to the router: a warning before it asks"
scenario_config_unbound() {
    local to=$TUNNEL4
    [[ $1 == innocent ]] || to=$ROUTER4
    wireguard_up
    mkdir -p "$LAB/etc/unbound/unbound.conf.d"
    printf 'forward-zone:\n name: "."\n forward-addr: %s\n' "$to" \
        >"$LAB/etc/unbound/unbound.conf.d/corp.conf"
    stub_unbound 'forward-zone:' ' name: "."' " forward-addr: $to"
    config_judged "$1" "$ROUTER4"
}

says config-networkmanager "NetworkManager's own dnsmasq forwards to the router: its bus tells, no file does"
scenario_config_networkmanager() {
    networkmanager_up dns=dnsmasq
    wireguard_up
    config_judged guilty "$ROUTER4"
}
