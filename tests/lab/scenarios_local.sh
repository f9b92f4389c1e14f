# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # run.sh reads them
# Names that the neighbours learn: a warning, never a DNS leak. And names that this machine cannot see.

# told FORM TRANSPORT EXPECTATION...: one ordinary name went by the tunnel besides
told() {
    local form=$1 transport=$2
    shift 2
    watched
    if [[ $form == innocent ]]; then
        expect verdict=ok exit=0 dns=ok local-names=ok left=0 leaks=none "left.$transport=0"
    else
        expect verdict=ok exit=0 dns=ok local-names=warn left=0 leaks=none "$@"
        grep -q " $transport " "$HERE/truth" || echo "the router saw no $transport"
    fi
}

pair mdns "no name is told to the neighbours" "avahi asks the neighbours, and tells its own name"
scenario_mdns() {
    command -v avahi-daemon >/dev/null || skip "no avahi-daemon"
    in_tunnel innocent
    if [[ $1 == guilty ]]; then
        dbus_up
        mkdir -p /run/avahi-daemon
        chown avahi:avahi /run/avahi-daemon
        printf '%s\n' '[server]' host-name=labhost allow-interfaces=eth0 '[publish]' \
            publish-workstation=no >"$LAB/avahi.conf"
    fi
    watch 4 passive
    if [[ $1 == guilty ]]; then
        helper avahi avahi-daemon -f "$LAB/avahi.conf" --no-chroot --no-rlimits --no-drop-root
        wait_for grep -q 'startup complete' "$LAB/avahi.log" || fail "avahi: $(tail -3 "$LAB/avahi.log")"
        on user timeout 1 avahi-resolve -4 -n printer.local
    fi >/dev/null 2>&1
    ask inside.mdns.example.net
    told "$1" mdns says.local-names=printer.local says.local-names=labhost.local
}

pair llmnr "systemd-resolved with LLMNR off asks no neighbour for a bare name" \
    "with LLMNR on it asks the neighbours"
scenario_llmnr() {
    local on=no
    [[ $1 == innocent ]] || on=yes
    in_tunnel innocent
    resolved_up Cache=no "LLMNR=$on"
    resolvectl dns wg0 "$TUNNEL4"
    resolvectl domain wg0 '~.'
    resolvectl llmnr eth0 "$on"
    sleep 0.5 # its own name is verified first
    watch 3 passive
    ask --wait 0.5 scanner
    ask inside.llmnr.example.net
    told "$1" llmnr says.local-names=scanner says.local-names=llmnr
}

pair nbns "a NetBIOS name is asked of nobody" "a NetBIOS name is broadcast"
scenario_nbns() {
    in_tunnel innocent
    watch 2 passive
    # The label is PRINTER, as RFC 1001 encodes it.
    [[ $1 == innocent ]] || ask --wait 0.2 --server 192.168.1.255 --port 137 --type NB \
        FAFCEJEOFEEFFCCACACACACACACACAAA
    ask inside.nbns.example.net
    told "$1" nbns says.local-names=PRINTER says.local-names=nbns
}

pair own-namespace "WireGuard in a namespace of its own: what asks there leaves encrypted" \
    "a program outside that namespace asks"
scenario_own_namespace() {
    OPTIONS=(--expect vpn)
    wireguard_up subnet
    on user ip link set wg0 netns "${MACHINE[guest]}"
    on guest ip addr add 10.64.0.2/32 dev wg0
    on guest ip link set wg0 up
    on guest ip route replace default dev wg0
    watch 2 passive
    on guest "$LAB_HERE/ask.py" --server "$TUNNEL4" inside.ownns.example.net >/dev/null ||
        echo "the namespace's tunnel does not carry"
    [[ $1 == innocent ]] || ask --as outsider outside.ownns.example.net
    watched
    on guest ip link del wg0
    on guest ip route replace default via 10.88.0.1
    if [[ $1 == innocent ]]; then
        expect verdict=unknown exit=3 left=0 leaks=none
    else
        expect verdict=leak exit=1 dns=leak left=1 leaks=all process-or-none=outsider
    fi
}
