# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Before and after the tunnel; the networks of addresses.
# shellcheck disable=SC2153 # RUNNING is run.sh's

STATE=/var/lib/leaktop # of a service: the lab's leaktop is started by root, for nobody

# report NAME SECONDS OPTION...: the report as text, in $HERE/NAME.txt. SUDO: the number of a person
report() {
    local name=$1 seconds=$(($2 * PACE))
    shift 2
    on user env -u SUDO_UID -u SUDO_GID -u SUDO_USER ${SUDO:+"SUDO_UID=$SUDO"} timeout 100 "$LEAKTOP" --once \
        --duration "$seconds" "${OPTIONS[@]}" "$@" >"$HERE/$name.txt" 2>"$HERE/$name.err" </dev/null
    # shellcheck disable=SC2004 # a name, not a number
    STATUS[$name]=$?
    grep -E 'Sanitizer|runtime error' "$HERE/$name.err"
    return 0
}

# row NAME STATE ROW REGEX [NO-REGEX]: a row of before and after, and the line below it
row() {
    local found
    found=$(grep -A1 -E "^  . $2 +$3 " "$HERE/$1.txt" | tr -s '\n ' ' ')
    [[ $found =~ $4 ]] || echo "$1: no row '$2 $3' with '$4': ${found:-none}; there is: $(
        grep -A1 -E "^  . [a-z]+ +$3 " "$HERE/$1.txt" | tr -s '\n ' ' ')"
}

holds() { # holds NAME REGEX: the report as text does
    grep -qE -- "$2" "$HERE/$1.txt" || echo "$1: '$2' is missing"
}

lacks() {
    ! grep -qE -- "$2" "$HERE/$1.txt" || echo "$1: '$2' should not be there"
}

# What is kept is the user's alone, and holds no name that was looked up.
state_is_private() {
    local wrong
    wrong=$(on user find "$STATE" \( -type d ! -perm 700 -o -type f ! -perm 600 -o ! -user nobody \) -print)
    [[ -z $wrong ]] || echo "not private: $wrong"
    wrong=$(on user grep -rhoE 'example\.(net|org)|dnscheck|akahelp|myaddr|cymru\.com|whoami' "$STATE")
    [[ -z $wrong ]] || echo "names on disk: $wrong"
}

files_of() { # files_of PATTERN: so many files are kept
    on user sh -c "ls $STATE 2>/dev/null" | grep -c "$1"
}

# before: no VPN yet, and what is seen then is kept
taken_before() {
    report before 3
    [[ ${STATUS[before]} -eq 4 ]] || echo "before: exit ${STATUS[before]}"
    holds before 'baseline +taken before the tunnel: 2 public addresses, [12] egress and 1 config'
    [[ $(files_of '^network-.*json$') -eq 1 && $(files_of new) -eq 0 ]] ||
        echo "kept: $(on user ls -la "$STATE")"
    state_is_private
}

says before-same "the ISP's resolver before, and with the VPN up still the ISP's: leak"
scenario_before_same() {
    visit www.before-same.example.org
    taken_before
    wireguard_up
    report after 3
    [[ ${STATUS[after]} -eq 1 ]] || echo "after: exit ${STATUS[after]}"
    holds after '^before / after, .*of an earlier run'
    row after ok 'web IPv4' "eth0 to $ROUTER4 -> wg0 .*takes the tunnel"
    row after ok 'web IPv6' 'eth0 to .* -> wg0 .*takes the tunnel'
    row after leak 'DNS IPv4' "$ROUTER4 -> $ROUTER4 by eth0 .*the same: .*leak"
    row after leak 'egress resolver' '(203.0.113.53|2001:db8:2::53).*the same: now as before .*by eth0: leak'
    row after ok 'public IPv4' "$HOME4.* -> $VPN4 .*changed"
    row after ok 'public IPv6' "$USER6.* -> $VPN6 .*changed"
    row after warn configured "$ROUTER4 -> $ROUTER4 by eth0 .*the same: .*outside the tunnel"
    report masked 3 --mask
    lacks masked "$HOME4|$VPN4 |$USER6"
    state_is_private
}

says before-changed "the VPN brings its own resolver: all has changed"
scenario_before_changed() {
    taken_before
    wireguard_up
    resolver "$TUNNEL4"
    report after 3
    [[ ${STATUS[after]} -eq 0 ]] || echo "after: exit ${STATUS[after]}"
    row after ok 'DNS IPv4' "$ROUTER4 -> $TUNNEL4 by wg0 .*changed: asked through the tunnel"
    row after ok 'egress resolver' "(203.0.113.53|2001:db8:2::53).* -> ($VPN4|$VPN6).*changed: another"
    row after ok 'public IPv4' "$HOME4.* -> $VPN4 .*changed"
    row after ok configured "$ROUTER4 -> $TUNNEL4 by wg0 .*changed"
    lacks after '^  [X!?] [a-z]+ +(web|DNS|egress|public|configured)'
}

says before-public "one public resolver before and after, now asked through the tunnel: no leak"
scenario_before_public() {
    resolver 9.9.9.9
    taken_before
    wireguard_up
    report after 3
    [[ ${STATUS[after]} -eq 0 ]] || echo "after: exit ${STATUS[after]}"
    row after ok 'DNS IPv4' '9.9.9.9 -> 9.9.9.9 by wg0 .*the same resolver, asked through the tunnel now'
    row after ok 'egress resolver' '(198.51.100.99|2001:db8:99::99).*the same resolver, asked through the tunnel now'
    lacks after 'leak +(DNS|egress)'
    # The same one, but past the tunnel: now it is one.
    on user ip route add 9.9.9.9/32 via "$ROUTER4" dev eth0
    report past 3
    row past leak 'DNS IPv4' '9.9.9.9 by eth0 .*leak'
    row past leak 'egress resolver' '(198.51.100.99|2001:db8:99::99).*now as before .*by eth0: leak'
}

says before-isp-inside "the ISP's resolver answers, asked through the tunnel: a hint and no leak"
scenario_before_isp_inside() {
    taken_before
    wireguard_up
    resolver 203.0.113.53
    report after 4
    # That it is the ISP's own network is known by its AS: of Team Cymru, asked in the tunnel.
    row after warn 'egress resolver' "AS64496.*your ISP's resolver answers although asked by the tunnel"
    lacks after '^  X leak'
}

says before-clients "wg-quick and OpenVPN leave the network the one that it was"
scenario_before_clients() {
    taken_before
    wg_quick_up "$TUNNEL4"
    report quick 2
    holds quick 'baseline +that of this network was taken on'
    row quick ok 'web IPv4' 'eth0 to .* -> wg0'
    on user wg-quick down "$LAB/wg0.conf" >/dev/null 2>&1
    resolver "$ROUTER4"
    user_uplink eth0
    openvpn_up no
    report openvpn 2
    holds openvpn 'baseline +that of this network was taken on'
    row openvpn ok 'web IPv4' 'eth0 to .* -> tun0'
    # A client that takes the default route away leaves the way to its server.
    on user ip route del default via "$ROUTER4"
    report away 2
    holds away 'baseline +that of this network was taken on'
    openvpn_down
}

says before-live "leaktop runs while the VPN comes up: the VPN's resolver is no baseline"
scenario_before_live() {
    tunnel_sees
    report live 12 &
    local running=$!
    sleep "$((3 * PACE))"
    wg_quick_up "$TUNNEL4"
    wait "$running"
    holds live "configured +$ROUTER4 -> $TUNNEL4 by wg0|configured +$ROUTER4 -> .*$TUNNEL4"
    row live ok 'DNS IPv4' "$ROUTER4 -> $TUNNEL4 by wg0"
    lacks live 'baseline +changed before'
    stop "$TUNNEL_TCPDUMP" INT
    [[ $(cymru_asked) -gt 0 ]] || echo "nobody was asked whose the new addresses are"
    # Those of before are nobody's business, least of all together with the VPN's.
    questions tunnel | grep -E '113\.0\.203\.|[12]\.0\.0\.0\.8\.b\.d\.0' | sed 's/^/asked about before: /'
    on user grep -rq "$TUNNEL4" "$STATE" && echo "the VPN's resolver is in the baseline"
    on user wg-quick down "$LAB/wg0.conf" >/dev/null 2>&1
    return 0
}

says before-elsewhere "the VPN is up in a network without a baseline: said, and nothing compared"
scenario_before_elsewhere() {
    taken_before
    addresses home lan 192.168.9.1/24
    on user ip addr flush dev eth0 scope global
    on user ip addr add 192.168.9.2/24 dev eth0
    on user ip route replace default via 192.168.9.1 dev eth0
    on user ip route replace "$VPN4/32" via 192.168.9.1 dev eth0
    ROUTER4=192.168.9.1 wireguard_up 4
    resolver "$TUNNEL4"
    report elsewhere 2
    holds elsewhere 'baseline +none was taken on this network'
    lacks elsewhere '^before / after'
    on home ip addr del 192.168.9.1/24 dev lan
}

says before-person "of a person who used sudo: kept below the home, the person's own"
scenario_before_person() {
    local kept=.local/state/leaktop wrong
    echo "ann:x:4321:4321::$HERE/ann:/bin/sh" >>"$LAB/etc/passwd"
    mkdir -p "$HERE/ann"
    chown 4321:4321 "$HERE/ann"
    SUDO=4321 report before 3
    wrong=$(find "$HERE/ann" ! -user 4321 -o -type d -path "*/$kept" ! -perm 700 -o -type f ! -perm 600)
    [[ -z $wrong ]] || echo "not ann's alone: $wrong"
    compgen -G "$HERE/ann/$kept/network-*.json" >/dev/null || echo "nothing is kept"
    [[ $(files_of .) -eq 0 ]] || echo "something is kept in $STATE"
    wireguard_up
    SUDO=4321 report after 2
    holds after '^before / after, .*of an earlier run'
    sed -i '/^ann:/d' "$LAB/etc/passwd"
}

says before-passive "--passive keeps what is set, and loses nothing that was known"
scenario_before_passive() {
    report still 2 --passive
    holds still 'baseline +taken before the tunnel: 0 public addresses, 0 egress and 1 configured'
    report before 3
    holds before 'baseline +changed before the tunnel: 2 public addresses'
    report again 2 --passive
    holds again "public IPv4 +$HOME4"
}

says before-damaged "files that are damaged, linked or too many, and a folder that is full"
scenario_before_damaged() {
    local file
    taken_before
    file=$STATE/$(on user ls "$STATE" | grep '^network-')
    on user sh -c "head -c 200 $file >$file.cut && cat $file.cut >$file && rm $file.cut"
    report cut 2 --passive
    holds cut 'baseline +the file with that of this network is damaged: it is not read'
    on user sh -c "rm $file; ln -s /etc/passwd $file"
    report linked 2 --passive
    holds linked 'baseline +the file with that of this network is a link: it is not read'
    on user test -L "$file" && echo "the link is still there"
    on user grep -q root /etc/passwd || echo "the link was followed and written"
    on user sh -c "echo '{}' >$file; chown root $file; chmod 644 $file"
    report foreign 2 --passive
    holds foreign 'belongs to somebody else: it is not read'
    on user sh -c "cd $STATE && for i in \$(seq 100); do
        echo '{}' >network-\$(printf %016x \$i).json; touch -d '2020-01-01' network-*\$i.json; done"
    on user rm "$file"
    report many 2 --passive
    [[ $(files_of '^network-.*json$') -eq 64 ]] || echo "$(files_of '^network-') files are kept"
    on user test -s "$file" || echo "the new one is not among them"
    on user sh -c "mount -t tmpfs -o size=4k,nr_inodes=8 tmpfs $STATE &&
        { dd if=/dev/zero of=$STATE/full bs=4k count=2 2>/dev/null; true; }"
    report full 2 --passive
    holds full 'the baseline cannot be kept for later: .*No space left'
    holds full '^before / after'
    [[ $(files_of '^network-') -eq 0 ]] || echo "a half-written file stays: $(on user ls -la "$STATE")"
    on user umount "$STATE"
}

# What the tunnel carried, and what left beside it.
tunnel_sees() {
    start vpn tunnel.log tcpdump -i wgs0 -Z root --immediate-mode -U -w "$HERE/tunnel.pcap" 'udp port 53'
    TUNNEL_TCPDUMP=$STARTED
    wait_for grep -q 'listening on' "$LAB/tunnel.log" || fail "tcpdump does not start"
    MARK=0
}

questions() { # questions PCAP: about networks
    tcpdump -n -r "$HERE/$1.pcap" 2>/dev/null | grep 'TXT? .*cymru\.com'
}

cymru_asked() { # so many since the mark, in the tunnel
    echo "$(($(questions tunnel | wc -l) - MARK))"
}

mark() {
    MARK=$(questions tunnel | wc -l)
}

pair cymru "networks of addresses are asked for in the tunnel, by the VPN's resolver" \
    "no tunnel, or look-ups beside it: nobody is asked"
scenario_cymru() {
    local asked
    router_sees "$HERE/router.pcap"
    tunnel_sees
    if [[ $1 == innocent ]]; then
        wireguard_up
        resolver "$TUNNEL4"
        report first 3
        [[ $(cymru_asked) -gt 0 ]] || echo "nobody was asked"
        questions tunnel | grep -vE "> $TUNNEL4\.53: " | sed 's/^/not of the VPN: /'
        lacks first '^ *probe .*cymru'
        state_is_private
        mark
        leaktop active --duration "$((3 * PACE))"
        wait "${RUNNING[active]}"
        asked=$(grep -c '"asn": 64511' "$HERE/active.json")
        [[ $asked -ge 3 ]] || echo "only $asked addresses have an AS"
        [[ $(cymru_asked) -eq 0 ]] || echo "asked again although it is known"
        on user rm -rf "$STATE"
        configure <<<$'[network]\ncymru = no'
        report off 2
    else
        report open 3
        wireguard_up
        report beside 3
        resolver "$TUNNEL4"
        report passive 2 --passive
    fi
    sleep 0.1
    stop "$TUNNEL_TCPDUMP" INT
    stop "$TCPDUMP" INT
    questions router | sed 's/^/outside the tunnel: /'
    [[ $(cymru_asked) -eq 0 ]] || echo "asked $(cymru_asked) times although it may not be"
}

says network-database "networks of addresses from databases on this machine, whole and damaged"
scenario_network_database() {
    mkdir -p "$HERE/db"
    "$LAB_HERE/mmdb.pl" "$HERE/db" || fail "no databases"
    chmod -R a+rX "$HERE"
    on user sh -c "mkdir -p /var/lib/GeoIP && cp $HERE/db/GeoLite2-*.mmdb /var/lib/GeoIP/"
    router_sees "$HERE/router.pcap"
    leaktop active --duration "$((3 * PACE))"
    wait "${RUNNING[active]}"
    stop "$TCPDUMP" INT
    questions router | sed 's/^/asked although a database knows: /'
    # shellcheck disable=SC2016
    "$LAB_HERE/jsonhas.py" "$HERE/active.json" \
        'all(e["asn"] == 64496 and e["org"] == "Database ISP" and e["country"] == "BE" for e in r["resolvers"]["egress"]) and r["resolvers"]["egress"]' \
        'r["public_ip"]["ipv4"]["asn"] == 64496 and r["public_ip"]["ipv4"]["org"] == "Database ISP"'
    # A flat one that is named goes first; what it says is escaped.
    configure <<<"[network]
database = $HERE/db/ipinfo_lite.mmdb"
    on user rm -rf "$STATE"
    leaktop flat --duration "$((3 * PACE))"
    wait "${RUNNING[flat]}"
    "$LAB_HERE/jsonhas.py" "$HERE/flat.json" \
        'r["public_ip"]["ipv4"]["org"] == "Flat\\027[31m ISP" and r["public_ip"]["ipv4"]["country"] == "LU"'
    # Damaged in each way: no crash, and said.
    local n
    for n in 0 100 700 1000; do
        head -c "$n" "$HERE/db/GeoLite2-ASN.mmdb" >"$HERE/db/bad.mmdb"
        OPTIONS=()
        configure <<<"[network]
database = $HERE/db/bad.mmdb"
        report "cut$n" 2
        [[ ${STATUS[cut$n]} -eq 4 ]] || echo "cut at $n: exit ${STATUS[cut$n]}"
        holds "cut$n" 'probe +networks of addresses: .*bad.mmdb'
    done
    on user rm -rf /var/lib/GeoIP
}
