# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A Tor network of the lab's own: three directory authorities and two exits, real tor programs on
# addresses of the machine `net`; and the client on the user's machine. To be sourced after
# tests/lab/lab.sh and services.sh.

TOR_DIR=$LAB/tor
TOR_AUTHORITIES=(198.51.100.111 198.51.100.112 198.51.100.113)
TOR_EXITS=(198.51.100.114 198.51.100.115)
TOR_OR=9001 TOR_DIRPORT=9030
TOR_SOCKS=127.0.0.1:9050 # of the client
TOR_CLIENT=

# What relays and clients of this network have in common.
tor_common() {
    cat <<'END'
TestingTorNetwork 1
AssumeReachable 1
AddressDisableIPv6 1
GeoIPFile /dev/null
GeoIPv6File /dev/null
PathsNeededToBuildCircuits 0.67
V3AuthNIntervalsValid 2
TestingV3AuthInitialVotingInterval 10
TestingV3AuthInitialVoteDelay 2
TestingV3AuthInitialDistDelay 2
V3AuthVotingInterval 20
V3AuthVoteDelay 4
V3AuthDistDelay 4
END
    cat "$TOR_DIR/authorities"
}

# tor_authority NAME ADDRESS: its keys, and its DirAuthority line
tor_authority() {
    local dir=$TOR_DIR/$1 ident print
    mkdir -p "$dir/keys"
    chmod 700 "$dir" "$dir/keys"
    (cd "$dir/keys" && echo lab | tor-gencert --create-identity-key -m 12 -a "$2:$TOR_DIRPORT" \
        --passphrase-fd 0) >"$dir/gencert" 2>&1 || fail "tor-gencert: $(tail -1 "$dir/gencert")"
    ident=$(awk '$1 == "fingerprint" { print $2 }' "$dir/keys/authority_certificate")
    print=$(tor --list-fingerprint --DataDirectory "$dir" --ORPort "$2:$TOR_OR" --Nickname "$1" \
        -f /dev/null --ignore-missing-torrc --hush \
        --DirAuthority "none 198.51.100.110:1 FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF" 2>/dev/null |
        tail -1 | cut -d' ' -f2- | tr -d ' ')
    [[ ${#print} -eq 40 ]] || fail "tor: no fingerprint of $1"
    echo "DirAuthority $1 orport=$TOR_OR no-v2 v3ident=$ident $2:$TOR_DIRPORT $print" \
        >>"$TOR_DIR/authorities"
}

# tor_relay NAME ADDRESS LINE...
tor_relay() {
    local name=$1 address=$2
    shift 2
    mkdir -p "$TOR_DIR/$name"
    chmod 700 "$TOR_DIR/$name"
    {
        tor_common
        printf '%s\n' "DataDirectory $TOR_DIR/$name" "Nickname $name" "Address $address" \
            "ORPort $address:$TOR_OR" "OutboundBindAddress $address" 'SocksPort 0' \
            'ContactInfo lab' 'Log notice stdout' "$@"
    } >"$TOR_DIR/$name.torrc"
    start net "tor-$name.log" tor -f "$TOR_DIR/$name.torrc" --defaults-torrc /dev/null --hush
}

# Start the relays, once in a world; they run until it ends. Ready some ten seconds later:
# tor_client_up waits for that.
tor_network_up() {
    local i
    [[ ! -e $TOR_DIR/up ]] || return 0
    command -v tor-gencert >/dev/null || skip "no tor"
    mkdir -p "$TOR_DIR"
    : >"$TOR_DIR/authorities"
    for i in "${TOR_AUTHORITIES[@]}" "${TOR_EXITS[@]}"; do addresses net lo "$i/32"; done
    for i in 0 1 2; do tor_authority "authority$i" "${TOR_AUTHORITIES[i]}"; done
    for i in 0 1 2; do
        tor_relay "authority$i" "${TOR_AUTHORITIES[i]}" 'AuthoritativeDirectory 1' \
            'V3AuthoritativeDirectory 1' "DirPort ${TOR_AUTHORITIES[i]}:$TOR_DIRPORT" \
            'ExitPolicy reject *:*' 'TestingDirAuthVoteExit *' 'TestingDirAuthVoteGuard *' \
            'TestingDirAuthVoteHSDir *'
    done
    echo 'nameserver 9.9.9.9' >"$TOR_DIR/resolv.conf"
    for i in 0 1; do
        tor_relay "exit$i" "${TOR_EXITS[i]}" 'ExitRelay 1' 'ExitPolicyRejectPrivate 0' \
            'ExitPolicy accept *:*' "ServerDNSResolvConfFile $TOR_DIR/resolv.conf" \
            'ServerDNSDetectHijacking 0' 'ServerDNSTestAddresses' 'ServerDNSAllowBrokenConfig 1'
    done
    touch "$TOR_DIR/up"
}

# tor_client_up [LINE...]: the client on the user's machine, as the user debian-tor where there is
# one: SOCKS on 9050, DNS on 127.0.0.1:9053, transparent TCP on 9040, more by lines of its torrc.
# It ends with the scenario, or by tor_client_down. Returns when it carries.
tor_client_up() {
    local dir=$TOR_DIR/client user=() i
    tor_network_up
    mkdir -p "$dir"
    chmod 700 "$dir"
    if on user id debian-tor >/dev/null 2>&1; then
        user=('User debian-tor')
        chown -R debian-tor: "$dir"
        chmod 755 "$TOR_DIR"
    fi
    {
        tor_common
        printf '%s\n' "DataDirectory $dir" "SocksPort $TOR_SOCKS" 'DNSPort 127.0.0.1:9053' \
            'TransPort 127.0.0.1:9040' 'AutomapHostsOnResolve 1' \
            'VirtualAddrNetworkIPv4 10.192.0.0/10' 'Log notice stdout' "${user[@]}" "$@"
    } >"$TOR_DIR/client.torrc"
    helper tor-client tor -f "$TOR_DIR/client.torrc" --defaults-torrc /dev/null --hush
    TOR_CLIENT=$STARTED
    # The first consensus takes a dozen seconds, and on a slow machine longer.
    for ((i = 0; i < 600; i++)); do
        tor_ready && return
        kill -0 "$TOR_CLIENT" 2>/dev/null || break
        sleep 0.1
    done
    fail "tor: $(tail -3 "$LAB/tor-client.log")"
}

# Not only a circuit: eight new ones carry, by either exit, or a program's own might not yet.
tor_ready() {
    local way
    grep -q 'Bootstrapped 100%' "$LAB/tor-client.log" || return
    for way in 1 2 3 4 5 6 7 8; do
        # Another user's name is another circuit (IsolateSOCKSAuth).
        on user curl -s -o /dev/null --max-time 3 --proxy-user "$EPOCHREALTIME:$way" \
            --socks5-hostname "$TOR_SOCKS" http://up.example.net/ip || return
    done
}

tor_client_down() {
    [[ -z $TOR_CLIENT ]] || stop "$TOR_CLIENT" INT
    TOR_CLIENT=
}
