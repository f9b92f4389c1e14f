# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # run.sh reads them
# What looks like a leak and is none; and how little more it takes to be one.

# split_dns FORM PREFIX [COMMAND...]: what is below corp.lab goes to the LAN on purpose, since COMMAND
split_dns() {
    watch 2 passive
    [[ $# -lt 3 ]] || "${@:3}"
    ask --as asker --type A,AAAA "www.$2.example.net"
    ask --as asker "intranet.$2.corp.lab"
    [[ $1 == innocent ]] || ask --as asker --server "$ROUTER4" "stray.$2.example.net"
    watched
    if [[ $1 == innocent ]]; then
        expect verdict=ok exit=0 dns=ok left=1 leaks=none web4=wg0
    else
        expect verdict=leak exit=1 dns=leak left=2 leaks-of="stray.$2.example.net" interface=eth0
    fi
}

pair split-dnsmasq "dnsmasq sends the names of one domain to the LAN's resolver" \
    "another name goes to the same resolver"
scenario_split_dnsmasq() {
    in_tunnel innocent
    printf '%s\n' "server=/corp.lab/$ROUTER4" "server=$TUNNEL4" no-resolv >"$LAB/etc/dnsmasq.conf"
    stub_dnsmasq --conf-file=/etc/dnsmasq.conf
    split_dns "$1" dnsmasq
}

pair split-unbound "unbound sends the names of one domain to the LAN's resolver" \
    "another name goes to the same resolver"
scenario_split_unbound() {
    in_tunnel innocent
    mkdir -p "$LAB/etc/unbound/unbound.conf.d"
    printf '%s\n' 'forward-zone:' ' name: "corp.lab"' " forward-addr: $ROUTER4" \
        >"$LAB/etc/unbound/unbound.conf.d/corp.conf"
    stub_unbound 'include: "/etc/unbound/unbound.conf.d/*.conf"' 'forward-zone:' ' name: "."' \
        " forward-addr: $TUNNEL4"
    split_dns "$1" unbound
}

pair split-resolved "systemd-resolved sends the names of one domain to the LAN's resolver" \
    "another name goes to the same resolver"
scenario_split_resolved() {
    in_tunnel innocent
    resolved_up Cache=no "DNS=$ROUTER4" 'Domains=~corp.lab'
    resolvectl dns wg0 "$TUNNEL4"
    resolvectl domain wg0 '~.'
    wait_for answers 127.0.0.53 || fail "resolved: $(tail -3 "$LAB/resolved.log")"
    split_dns "$1" resolved
}

pair split-link "systemd-resolved was told by its bus that one domain is the LAN's" \
    "another name goes to the same resolver"
scenario_split_link() {
    in_tunnel innocent
    resolved_up Cache=no
    resolvectl dns wg0 "$TUNNEL4"
    resolvectl domain wg0 '~.'
    resolvectl dns eth0 "$ROUTER4"
    resolvectl domain eth0 '~corp.lab'
    wait_for answers 127.0.0.53 || fail "resolved: $(tail -3 "$LAB/resolved.log")"
    split_dns "$1" link
}

pair split-late "systemd-resolved is told of the LAN's domain while leaktop runs" \
    "another name goes to the same resolver"
told_late() {
    resolvectl domain eth0 '~corp.lab'
    sleep 0.3 # its files are read a moment after they changed
}
scenario_split_late() {
    in_tunnel innocent
    resolved_up Cache=no
    resolvectl dns wg0 "$TUNNEL4"
    resolvectl domain wg0 '~.'
    resolvectl dns eth0 "$ROUTER4"
    resolvectl domain eth0 '~other.lab'
    wait_for answers 127.0.0.53 || fail "resolved: $(tail -3 "$LAB/resolved.log")"
    split_dns "$1" late told_late
}

pair bootstrap-openvpn "OpenVPN looks its server up before the tunnel is there" \
    "another program looks a name up meanwhile"
scenario_bootstrap_openvpn() {
    OPTIONS=(--expect vpn)
    watch 3 passive
    [[ $1 == innocent ]] || ask --as browser early.bootovpn.example.net
    openvpn_up no vpn.example.org
    resolver "$OPENVPN4"
    ask --type A,AAAA inside.bootovpn.example.net
    watched
    if [[ $1 == innocent ]]; then
        expect verdict=ok exit=0 expectation=vpn dns=ok left=1\|2 leaks=none web4=tun0
    else
        expect verdict=leak exit=1 dns=leak left=2\|3 leaks-of=early.bootovpn.example.net \
            process-or-none=browser
    fi
}

pair bootstrap-wg-quick "wg-quick's Endpoint is a name, looked up before the tunnel is there" \
    "another program looks a name up meanwhile"
scenario_bootstrap_wg_quick() {
    OPTIONS=(--expect vpn)
    watch 3 passive
    [[ $1 == innocent ]] || ask --as browser early.bootwg.example.net
    ENDPOINT=peer.example.org wg_quick_up
    resolver "$TUNNEL4"
    ask --type A,AAAA inside.bootwg.example.net
    watched
    if [[ $1 == innocent ]]; then
        expect verdict=ok exit=0 expectation=vpn dns=ok left=1\|2 leaks=none web4=wg0
    else
        expect verdict=leak exit=1 dns=leak left=2\|3 leaks-of=early.bootwg.example.net \
            process-or-none=browser
    fi
}

pair bootstrap-unknown "a client that nobody knows looks its server up; the tunnel comes up to that address" \
    "the same client looks another name up"
scenario_bootstrap_unknown() {
    OPTIONS=(--expect vpn)
    watch 3 passive
    ask --as strangeclient peer.example.org
    [[ $1 == innocent ]] || ask --as strangeclient updates.bootstrange.example.net
    wireguard_up
    resolver "$TUNNEL4"
    ask --type A,AAAA inside.bootstrange.example.net
    watched
    if [[ $1 == innocent ]]; then
        expect verdict=ok exit=0 expectation=vpn dns=ok left=1 leaks=none web4=wg0
    else
        expect verdict=leak exit=1 dns=leak left=2 leaks-of=updates.bootstrange.example.net \
            process-or-none=strangeclient
    fi
}

pair bootstrap-configured "a server named in the configuration is looked up before the tunnel is there" \
    "a name beside it is looked up"
scenario_bootstrap_configured() {
    OPTIONS=(--expect vpn)
    configure <<<$'[vpn]\nserver = gateway.bootconf.example.net'
    watch 3 passive
    ask --as strangeclient gateway.bootconf.example.net
    [[ $1 == innocent ]] || ask --as strangeclient www.bootconf.example.net
    wireguard_up
    resolver "$TUNNEL4"
    ask inside.bootconf.example.net
    watched
    if [[ $1 == innocent ]]; then
        expect verdict=ok exit=0 dns=ok left=1 leaks=none
    else
        expect verdict=leak exit=1 dns=leak left=2 leaks-of=www.bootconf.example.net
    fi
}

pair connectivity "the system's connectivity check asks past the tunnel" \
    "the same program asks there for an ordinary name"
scenario_connectivity() {
    in_tunnel innocent
    watch 2 passive
    ask --as NetworkManager --server "$ROUTER4" --type A,AAAA network-test.debian.org
    [[ $1 == innocent ]] || ask --as NetworkManager --server "$ROUTER4" www.connect.example.net
    ask inside.connect.example.net
    watched
    if [[ $1 == innocent ]]; then
        expect verdict=ok exit=0 dns=ok left=2 leaks=none
    else
        expect verdict=leak exit=1 dns=leak left=3 leaks-of=www.connect.example.net \
            process-or-none=NetworkManager
    fi
}

# intended FORM RULE: two look-ups that the rule fits, and in the guilty form one that it does not
intended() {
    local form=$1
    configure <<<$'[intended]\nrule = '"$2"
    in_tunnel innocent
    watch 2 passive
    ask --as backup --server "$ROUTER4" nas.intended.example.net
    ask --as backup --server "$ROUTER4" store.nas.intended.example.net
    [[ $form == innocent ]] || on user "${@:3}" >/dev/null 2>&1
    ask inside.intended.example.net
    watched
    if [[ $form == innocent ]]; then
        expect verdict=ok exit=0 dns=ok left=2 leaks=none
    else
        expect verdict=leak exit=1 dns=leak left=3 leaks-of=other.example.net interface=eth0
    fi
}

pair intended-name "a rule of the person's fits the names that leave" "another name leaves"
scenario_intended_name() {
    intended "$1" name:*.nas.intended.example.net \
        "$LAB_HERE/ask.py" --as backup --server "$ROUTER4" other.example.net
}

pair intended-program "a rule of the person's fits the program" "another program asks"
scenario_intended_program() {
    intended "$1" program:backup \
        "$LAB_HERE/ask.py" --as browser --server "$ROUTER4" other.example.net
}

pair intended-resolver "a rule of the person's fits the resolver" "another resolver is asked"
scenario_intended_resolver() {
    past_tunnel 9.9.9.9
    intended "$1" resolver:"$ROUTER4" \
        "$LAB_HERE/ask.py" --as backup --server 9.9.9.9 other.example.net
}
