# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Who asks the world in the end: pools, redirections, resolvers that give the client away, bad ones.

# egress_resolver NAME LISTEN -- OUTGOING...: on the network, for this scenario
egress_resolver() {
    local name=$1 address
    shift
    for address; do [[ $address == -- ]] || on net ip addr replace "$address/32" dev lo; done
    lab_unbound net "$name" "$@"
    HELPERS+=("$STARTED")
    wait_for on net "$LAB_HERE/ask.py" --linger 0 --wait 0.3 --server "$1" up.example.org ||
        fail "$name: $(tail -3 "$LAB/$name.log")"
}

# Who asked the zones' authority for a text that tells who asked since $1, joined by '|': what
# leaktop must list.
askers_since() {
    awk -v since="$1" '$1 >= since && $2 == "zone" && $6 == 16 &&
        $5 !~ /opendns|quad9|powerdns|asn.cymru|ipv6/ { print $4 }' "$LAB/authority.log" |
        sort -u | paste -sd'|'
}

test_at_start() { # test_at_start standard|extended|public
    configure <<<$'[probe]\ntest = '"$1"
}

pair egress-pool "four egress resolvers behind one address, asked inside the tunnel" \
    "the same pool asked past the tunnel: all four are listed"
scenario_egress_pool() {
    local since=$EPOCHREALTIME seen
    egress_resolver pool 198.51.100.60 -- 198.51.100.61 198.51.100.62 198.51.100.63 198.51.100.64
    in_tunnel "$1" 198.51.100.60
    resolver 198.51.100.60
    test_at_start extended
    watch 4
    visit www.pool.example.org
    watched
    seen=$(askers_since "$since" | tr '|' '\n' | grep -E '^198\.51\.100\.6[1-4]$' | paste -sd'|')
    # All four, but for a chance of one in three hundred.
    [[ $(tr '|' '\n' <<<"$seen" | wc -l) -ge 3 ]] || echo "the authority saw $seen"
    if [[ $1 == innocent ]]; then
        expect verdict=ok exit=0 left=0 probes=0 leaks=none active:egress-all="$seen" \
            active:says.dns='egress_resolver_198\.51\.100\.6[1-4]_\(AS64500_LAB-PUBLIC' \
            active:says.dns='left_by_wg0_at_[0-9:.]+_to_198\.51\.100\.60_over_udp;_asked_of_the_authority_by_198\.51\.100\.6[1-4].*;_answered_after'
    else
        expect verdict=leak exit=1 dns=leak active:egress-all="$seen" \
            active:says.dns='left_by_eth0_at_[0-9:.]+_to_198\.51\.100\.60_over_udp;_asked_of_the_authority'
    fi
}

says egress-client-subnet "the resolver tells the authority a part of the client's address"
scenario_egress_client_subnet() {
    UNBOUND_MORE=$' module-config: "subnetcache iterator"\n send-client-subnet: 198.51.100.53' \
        egress_resolver subnet 198.51.100.66 -- 198.51.100.67
    grep -q 'unknown module\|error' "$LAB/subnet.log" && skip "unbound without subnetcache"
    wireguard_up
    resolver 198.51.100.66
    test_at_start extended
    watch 4
    visit www.subnet-told.example.org
    watched
    expect verdict=ok exit=0 left=0 probes=0 leaks=none active:egress-all=198.51.100.67 \
        active:says.dns='198\.51\.100\.67_.*told_the_authority_of_192\.0\.2\.0/24_\(client_subnet\)' \
        active:says.dns='does_not_validate_DNSSEC'
}

# The router sends all of port 53 to its own resolver, until the scenario ends.
redirected() {
    # shellcheck disable=SC2016
    helper_home redirect sh -c 'trap "nft delete table ip redirected; exit" TERM
        nft -f - <<END && echo ready
        table ip redirected { chain pre { type nat hook prerouting priority -100;
            iifname "lan" meta l4proto { tcp, udp } th dport 53 dnat to $0; }; }
END
        sleep 1000 & wait' "$ROUTER4"
    wait_for grep -q ready "$LAB/redirect.log" || fail "redirect: $(cat "$LAB/redirect.log")"
}

helper_home() { # as helper, on the router
    local name=$1
    shift
    start home "$name.log" "$@"
    HELPERS+=("$STARTED")
}

says egress-redirected "the router redirects port 53: asked 9.9.9.9, and the ISP's resolver came"
scenario_egress_redirected() {
    redirected
    resolver 9.9.9.9 "$ROUTER4"
    test_at_start extended
    watch 4
    ask one.redirected.example.net
    watched
    expect verdict=unprotected exit=4 leaks=none active:egress-all='203.0.113.53|2001:db8:2::53' \
        active:says.dns='asked_9\.9\.9\.9_\(Quad9\).*_(203\.0\.113\.53|2001:db8:2::53)_\((ISP.s_network|AS64496_LAB-ISP).*interception_on_the_way' \
        active:says.dns='192\.168\.1\.1_forwards:'
}

says egress-elsewhere "9.9.9.9 asks the world from another address: said, and not called a leak"
scenario_egress_elsewhere() {
    wireguard_up
    resolver 9.9.9.9
    watch 3
    visit www.elsewhere.example.org
    watched
    expect verdict=ok exit=0 left=0 probes=0 leaks=none \
        active:egress-all='198.51.100.99|2001:db8:99::99' \
        active:says.dns='asked_9\.9\.9\.9_\(Quad9\),_and_.*_\(AS64500_LAB-PUBLIC.*or_another_address'
}

says egress-public "on key the well-known public resolvers are asked, by the way there is"
scenario_egress_public() {
    wireguard_up
    resolver "$TUNNEL4"
    test_at_start public
    watch 4 # OpenDNS is not there: it holds up nobody
    visit www.publics.example.org
    watched
    # Who runs the lab's public resolvers does not call itself as their operators' servers do.
    expect verdict=ok exit=0 left=0 probes=0 leaks=none \
        active:egress-all='198.51.100.99|2001:db8:99::99' \
        active:says.dns='somebody_on_the_way_answers_in_its_place'
}

# bad MANNER SECONDS EXPECTATION...: the tunnel's only resolver is a bad one
bad() {
    local manner=$1 seconds=$2
    shift 2
    on net ip addr replace 198.51.100.70/32 dev lo
    start net bad.log "$LAB_HERE/bad_resolver.py" "$manner=198.51.100.70"
    HELPERS+=("$STARTED")
    wait_for grep -q ready "$LAB/bad.log" || fail "bad resolver: $(cat "$LAB/bad.log")"
    wireguard_up
    resolver 198.51.100.70
    watch "$seconds"
    watched
    expect left=0 probes=0 leaks=none "$@"
}

says egress-bad-silent "the resolver never answers: unknown, and why"
scenario_egress_bad_silent() {
    bad silent 7 active:verdict=unknown active:exit=3 active:egress-all= \
        active:says.dns='probe_.*:_left_by_wg0_.*;_timed_out'
}

says egress-bad-late "the resolver answers after 3 s: its answers count"
scenario_egress_bad_late() {
    bad late 6 active:egress-all=198.51.100.70 active:says.dns='answered_after_3'
}

says egress-bad-twice "the resolver answers twice: counted once"
scenario_egress_bad_twice() {
    bad twice 3 active:egress-all=198.51.100.70 active:says.dns='answered_after'
}

says egress-bad-id "the resolver answers with a wrong message ID: nothing is believed"
scenario_egress_bad_id() {
    bad wrong-id 7 active:verdict=unknown active:exit=3 active:egress-all= \
        active:says.dns='probe_.*;_timed_out'
}

says egress-bad-nxdomain "the resolver knows no name: asked elsewhere, bounded, and said"
scenario_egress_bad_nxdomain() {
    bad nxdomain 4 active:verdict=unknown active:exit=3 active:egress-all= active:says.dns='NXDOMAIN'
}

says egress-bad-servfail "the resolver gives up: unknown, and why"
scenario_egress_bad_servfail() {
    bad servfail 4 active:verdict=unknown active:exit=3 active:egress-all= \
        active:says.dns='probe_.*;_SERVFAIL'
}

says egress-bad-truncates "the resolver cuts every answer: unknown, and why"
scenario_egress_bad_truncates() {
    bad truncates 7 active:verdict=unknown active:exit=3 active:egress-all= \
        active:says.dns='probe_.*;_.*'
}

says egress-bad-portal "a captive portal answers every name with one invented address"
scenario_egress_bad_portal() {
    bad portal 4 active:verdict=unknown active:exit=3 active:egress-all= \
        active:says.dns='nobody_tells_who_asks_the_world'
}

says egress-hung-beside "one of two configured resolvers hangs: the other one's answers are there"
scenario_egress_hung_beside() {
    on net ip addr replace 198.51.100.70/32 dev lo
    start net bad.log "$LAB_HERE/bad_resolver.py" silent=198.51.100.70
    HELPERS+=("$STARTED")
    wait_for grep -q ready "$LAB/bad.log" || fail "bad resolver: $(cat "$LAB/bad.log")"
    wireguard_up
    resolver "$TUNNEL4" 198.51.100.70
    watch 3
    visit www.beside.example.org
    watched
    expect verdict=ok exit=0 left=0 probes=0 leaks=none active:egress="$VPN4|$VPN6" \
        active:says.dns="answered_after"
}

# Knot with the configuration of contrib/whoami-authority, for own.example
knot_up() {
    local dir=$LAB/knot from=$LAB_HERE/../../contrib/whoami-authority file
    command -v knotd >/dev/null || skip "no knotd"
    mkdir -p "$dir/run" "$dir/db"
    on net ip addr replace 198.51.100.54/32 dev lo
    on net ip addr replace 2001:db8:54::54/128 dev lo
    for file in knot.conf probe.zone who.zone; do
        sed -e 's/probe\.example\.org/own.example/g; s/203\.0\.113\.10/198.51.100.54/g' \
            -e "s/2001:db8::10/2001:db8:54::54/g; s|/run/knot|$dir/run|; s|/etc/knot|$dir|" \
            -e "s|/var/lib/knot|$dir/db|; s|^server:|&\n    user: root|; s/target: syslog/target: stderr/" \
            "$from/$file" >"$dir/$file"
    done
    start net knotd.log knotd -c "$dir/knot.conf"
    HELPERS+=("$STARTED")
    wait_for on net dig +tries=1 +time=1 @198.51.100.54 up.own.example A ||
        fail "knotd: $(tail -3 "$LAB/knotd.log")"
}

says egress-own-authority "an authority of the person's own: Knot's whoami module, names below its zone"
scenario_egress_own_authority() {
    knot_up
    wireguard_up
    resolver "$TUNNEL4"
    configure <<<$'[probe]\ntest = extended\nzone = own.example'
    watch 4
    visit www.own-authority.example.org
    watched
    expect verdict=ok exit=0 left=0 probes=0 leaks=none active:egress-all="$VPN4|$VPN6" \
        active:says.dns='probe_[a-z2-7]{16}\.own\.example:_left_by_wg0_at_.*;_asked_of_the_authority_by_(192\.0\.2\.66|2001:db8:3::66)_\(VPN.s\);_answered'
}

# leak_service KEY HOST: it is asked beside, and what it says is what the authority saw.
leak_service() {
    local since=$EPOCHREALTIME
    wireguard_up
    resolver "$TUNNEL4"
    configure <<<$'[probe]\ntest = extended\nservice = '"$1"
    watch 4
    visit "www.${1//./-}.example.org"
    watched
    expect verdict=ok exit=0 left=0 probes=0 leaks=none active:egress-all="$VPN4|$VPN6" \
        active:says.dns="told_by_a_leak_test_service" active:quiet.dns=";_$1:"
    awk -v since="$since" -v host="$2" '$1 >= since && index($3, host) && $5 == 200 { n++ }
        END { exit n < 1 }' "$LAB/web.log" || echo "no good answer of $2 in web.log"
}

says egress-service-mullvad "a leak test service beside: Mullvad's"
scenario_egress_service_mullvad() { leak_service mullvad .dnsleak.am.i.mullvad.net; }

says egress-service-ipleak "a leak test service beside: ipleak.net, whose names share a session"
scenario_egress_service_ipleak() { leak_service ipleak.net .ipleak.net; }

says egress-service-ip-api "a leak test service beside: ip-api.com"
scenario_egress_service_ip_api() { leak_service ip-api.com .edns.ip-api.com; }

says egress-service-bash-ws "a leak test service beside: bash.ws, an ID, look-ups and a result"
scenario_egress_service_bash_ws() { leak_service bash.ws bash.ws; }

says egress-mixed-case "a resolver on this machine walks the root in mixed letter case: captured, and said"
scenario_egress_mixed_case() {
    wireguard_up
    stub_unbound 'server:' ' do-ip6: no' ' use-caps-for-id: yes'
    watch 3
    visit www.mixed-case.example.org
    watched
    expect verdict=ok exit=0 left=0 probes=0 leaks=none active:egress-all="$VPN4" \
        active:says.dns='over_udp_in_mixed_letter_case;_asked_of_the_authority_by_192\.0\.2\.66'
}
