# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A resolver on this machine stands between the program that asks and the network.

# Four kinds of program ask the stub for names below $1.
ask_stub() {
    ask --as asker --type A,AAAA "one.$1"
    on user getent ahostsv4 "two.$1" >/dev/null
    on user dig +tries=1 +time=1 "three.$1" >/dev/null
    on user curl -s -4 -o /dev/null --max-time 2 "https://four.$1/"
}

pair stub-dnsmasq "dnsmasq on this machine forwards into the tunnel" \
    "dnsmasq forwards past it: the rows name who asked"
scenario_stub_dnsmasq() {
    in_tunnel "$1" 9.9.9.9
    stub_dnsmasq --server=9.9.9.9
    watch 2 passive
    ask_stub dnsmasq.example.net
    judged "$1" dns=leak has-process=asker processes=asker\|getent\|dig\|curl used=9.9.9.9 \
        used=127.0.0.1
}

pair stub-unbound "unbound on this machine forwards into the tunnel" \
    "unbound forwards past it: the rows name who asked"
scenario_stub_unbound() {
    in_tunnel "$1" 9.9.9.9
    stub_unbound 'forward-zone:' ' name: "."' ' forward-addr: 9.9.9.9'
    watch 2 passive
    ask_stub unbound.example.net
    judged "$1" dns=leak has-process=asker processes=asker\|getent\|dig\|curl used=9.9.9.9 \
        used=127.0.0.1
}

pair recursive "unbound walks the root inside the tunnel" "unbound walks the root past the tunnel"
scenario_recursive() {
    in_tunnel "$1" 198.41.0.4 192.5.6.30 198.51.100.53
    stub_unbound 'server:' ' do-ip6: no'
    watch 2 passive
    ask --as asker one.recursive.example.org two.recursive.example.com
    judged "$1" dns=leak used=198.51.100.53
}

pair all-servers "dnsmasq asks two resolvers at once, both inside the tunnel" \
    "dnsmasq asks two at once, one of them past the tunnel"
scenario_all_servers() {
    in_tunnel "$1" 9.9.9.9
    stub_dnsmasq --all-servers --server=9.9.9.9 --server="$TUNNEL4"
    watch 2 passive
    ask --as asker --type A,AAAA one.allservers.example.net
    judged "$1" dns=leak left=2 process-or-none=asker used=9.9.9.9
}

pair stub-resolved "systemd-resolved forwards into the tunnel" \
    "systemd-resolved forwards past it: the rows name who asked"
scenario_stub_resolved() {
    in_tunnel "$1" 9.9.9.9
    resolved_up Cache=no
    resolvectl dns wg0 9.9.9.9
    resolvectl domain wg0 '~.'
    wait_for answers 127.0.0.53 || fail "resolved: $(tail -3 "$LAB/resolved.log")"
    # Bound to its link it would stay inside: the guilty one is asked on eth0.
    if [[ $1 == guilty ]]; then
        resolvectl revert wg0
        resolvectl dns eth0 9.9.9.9
        resolvectl domain eth0 '~.'
    fi
    watch 2 passive
    ask_stub resolved.example.net
    judged "$1" dns=leak has-process=asker processes=asker\|getent\|dig\|curl used=9.9.9.9
}
