# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The public address: services that lie, hang and say something else, and what a network makes of it.
# shellcheck disable=SC2153,SC2154 # STATUS and RUNNING are run.sh's

manners() { # manners LINE...: of the services, see web_manners.py
    printf '%s\n' "$@" >"$LAB/web.manners"
}

# address_report NAME SECONDS OPTION...: one report, without any other test
address_report() {
    local name=$1 seconds=$(($2 * PACE))
    shift 2
    on user env -u SUDO_UID -u SUDO_GID -u SUDO_USER timeout 100 "$LEAKTOP" --once --json \
        --duration "$seconds" "${OPTIONS[@]}" "$@" >"$HERE/$name.json" 2>"$HERE/$name.err" </dev/null
    # shellcheck disable=SC2004,SC2034 # a name, not a number
    STATUS[$name]=$?
    grep -E 'Sanitizer|runtime error' "$HERE/$name.err"
    return 0
}

# public_ip NAME STATE REGEX [NO-REGEX]: what the check says, summary and evidence
public_ip() {
    "$LAB_HERE/public_ip.py" "$HERE/$1.json" "${@:2}" || echo "($1)"
}

only_ipv4() { # half as many services
    user_ipv6 off
    wireguard_up 4
    resolver "$TUNNEL4"
}

says public-three-agree "three services agree, each has its row"
scenario_public_three_agree() {
    manners
    in_tunnel innocent
    address_report agree 3
    public_ip agree ok '3 of 3 services said' 'disagree|timed out'
    public_ip agree ok ': 192\.0\.2\.66, asked by wg0 in '
    public_ip agree ok ': 2001:db8:3::66, asked by wg0 in '
}

says public-one-lies "one service says another address: they disagree, and the lie is named"
scenario_public_one_lies() {
    manners 'first:1 say:198.51.100.7'
    only_ipv4
    address_report lie 3
    public_ip lie warn 'IPv4: the services disagree: 192\.0\.2\.66 and 198\.51\.100\.7'
    public_ip lie warn ': 198\.51\.100\.7, asked by wg0'
    manners 'first:3 say:10.1.2.3'
    address_report private 3
    public_ip private ok 'the answer names a private address' '10\.1\.2\.3'
}

says public-one-hangs "one service hangs: what the others say is there long before it times out"
scenario_public_one_hangs() {
    manners 'first:1 hang'
    only_ipv4
    address_report early 3 # it times out after 6 s
    public_ip early ok '2 of 3 services said 192\.0\.2\.66' 'timed out'
    public_ip early ok 'no answer yet'
    manners 'first:1 slow'
    address_report late $((9 / PACE + 1))
    public_ip late ok '3 of 4 services said 192\.0\.2\.66'
    public_ip late ok ': timed out \(after 6'
}

# What all services do at once, and the word on the row.
PUBLIC_WRONG=(
    'html|a web page instead of an address'
    'portal|status 302, a redirect that is not followed'
    'redirect|status 302, a redirect that is not followed'
    'empty|empty answer'
    'error|status 503'
    'types|is no address|names no address'
    'numbers|is no address|no JSON|names no address'
    'nested|is no address|names no address|no JSON'
    'huge|the answer is too long'
    'claimed|the answer is too long'
    'untrusted|TLS: the certificate is not trusted'
    'expired|TLS: the certificate has expired'
    'say:192.168.77.1|the answer names a private address'
    'say:127.0.0.1|is no address'
    'close|TLS: the handshake failed|closed without an answer|the connection broke'
)
says public-all-wrong "every service says something else: not known, with the reason, in 15 ways"
scenario_public_all_wrong() {
    local one manner
    only_ipv4
    for one in "${PUBLIC_WRONG[@]}"; do
        manner=${one%%|*}
        manners "* $manner"
        address_report "$manner" 2
        public_ip "$manner" unknown "${one#*|}" ' said '
        public_ip "$manner" unknown 'IPv4: no answer from 6 services'
    done
}

says public-all-hang "every service hangs: not known, and the report is not late"
scenario_public_all_hang() {
    local began
    manners '* hang'
    only_ipv4
    began=$(now_ms)
    address_report hang 2
    [[ $(($(now_ms) - began)) -lt $((4000 + 2000 * PACE)) ]] ||
        echo "it took $(($(now_ms) - began)) ms"
    public_ip hang unknown 'no answer yet' ' said '
}

says public-proxy "every answer came through the same proxy; one alone is the service's own"
scenario_public_proxy() {
    manners '* via:gate.example'
    only_ipv4
    address_report all 3
    public_ip all ok 'proxy: gate\.example passed every answer on'
    manners 'first:2 via:cdn.example'
    address_report two 3
    public_ip two ok '3 of 3' 'proxy'
}

# wg0 by the name that Mullvad's program gives it; its own service is then always asked
public_mullvad() {
    local half
    wireguard_up 4
    on user sh -c 'ip link set wg0 down && ip link set wg0 name wg0-mullvad && ip link set wg0-mullvad up'
    on user ip route replace "$VPN4/32" via "$ROUTER4" dev eth0
    for half in 0.0.0.0/1 128.0.0.0/1; do on user ip route add "$half" dev wg0-mullvad; done
    resolver "$TUNNEL4"
    wait_for answers "$TUNNEL4" || fail "the tunnel does not carry under its new name"
}

pair public-provider "Mullvad's tunnel by its name, and Mullvad says so, too" \
    "Mullvad's tunnel by its name, and Mullvad says that it is not"
scenario_public_provider() {
    user_ipv6 off
    public_mullvad
    if [[ $1 == innocent ]]; then
        manners '* yes'
        address_report mullvad 3
        public_ip mullvad ok 'Mullvad says: you are using it'
    else
        manners
        address_report mullvad 3
        public_ip mullvad warn 'Mullvad says that you are not using it'
    fi
    on user ip link del wg0-mullvad
}

says public-no-vpn "no tunnel: what a provider says is a fact, and no warning"
scenario_public_no_vpn() {
    manners
    address_report none 3
    public_ip none off 'nothing is expected' 'warn|says that you are not using it'
    public_ip none off "IPv6: it is an address of this machine itself"
}

says public-nat64 "no IPv4 but through a NAT64: the IPv4 address is found all the same"
scenario_public_nat64() {
    manners
    UNBOUND_MORE=' module-config: "dns64 iterator"
 dns64-prefix: 64:ff9b::/96' lab_unbound net dns64 2001:db8:99::64 -- 203.0.113.53 2001:db8:2::53
    HELPERS+=("$STARTED")
    addresses net lo 2001:db8:99::64/128
    addresses home lo 64:ff9b::c633:6450/128
    start home nat64.log "$LAB_HERE/relay.py" 64:ff9b::c633:6450 443 198.51.100.80 443
    HELPERS+=("$STARTED")
    wait_for grep -q ready "$LAB/nat64.log" || fail "relay: $(cat "$LAB/nat64.log")"
    on user ip addr flush dev eth0 scope global 2>/dev/null
    on user ip -4 route flush default
    on user ip -6 addr replace "$USER6/64" dev eth0
    on user ip -6 route replace default via "$ROUTER6" dev eth0
    resolver 2001:db8:99::64
    wait_for answers 2001:db8:99::64 || fail "DNS64 does not answer"
    address_report nat64 4
    public_ip nat64 off 'IPv4: reached over IPv6, through a NAT64'
    # check.torproject.org, if it is among them, has IPv6 itself: its word is of the other family
    public_ip nat64 off 'IPv4: 3 of [34] services said 203\.0\.113\.2'
    on net ip addr del 2001:db8:99::64/128 dev lo
    on home ip addr del 64:ff9b::c633:6450/128 dev lo
}
