# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The lab: functions to be sourced inside the throw-away world that `lab_enter` makes.
#
#   user --eth0-- home (NAT, dnsmasq) -- net (root, zones, ISP and public resolvers, web) -- vpn
#   guest --- user: a container behind the user's machine
#
# A machine is a process that holds a network namespace and a mount namespace. All of it, its
# processes and files included, lies in one process and mount namespace: when the first process of
# it ends, in whichever way, the kernel takes everything away. Nothing has a name outside.

LAB_HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB=/run/leaktop-lab # on a tmpfs of this world's own
declare -A MACHINE=()
LAB_PIDS=()

# Addresses. Documentation ranges, and public resolvers' own, which mean these machines here only.
USER4=192.168.1.2 USER6=2001:db8:1::2
ROUTER4=192.168.1.1 ROUTER6=2001:db8:1::1
HOME4=203.0.113.2
VPN4=192.0.2.66 VPN6=2001:db8:3::66
TUNNEL4=10.64.0.1 TUNNEL6=fd64::1
OPENVPN4=10.8.0.1
GUEST4=10.88.0.2

# Run "$@" in a world of its own and return its exit status. Whoever is killed takes it along.
lab_enter() {
    local pid status
    [[ $EUID -eq 0 ]] || { echo "the lab needs root: sudo $0" >&2; return 2; }
    # A shell's background command ignores the interrupt key; what runs inside shall not.
    setpriv --pdeathsig KILL env --default-signal=INT,QUIT \
        unshare --mount --net --pid --fork --kill-child=KILL --mount-proc -- "$@" <&0 &
    pid=$!
    trap 'kill -KILL "$pid" 2>/dev/null' TERM HUP
    trap ':' INT # the world inside gets it from the terminal as well, and ends by itself
    while :; do
        wait "$pid"
        status=$?
        kill -0 "$pid" 2>/dev/null || break
    done
    trap - TERM HUP INT
    return "$status"
}

fail() {
    echo "lab: $*" >&2
    exit 2
}

# Try a command until it succeeds, at most 15 s and more where the command itself takes long.
wait_for() {
    local i
    for ((i = 0; i < 300; i++)); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.05
    done
    echo "lab: gave up waiting for: $*" >&2
    return 1
}

on() { # on MACHINE COMMAND...
    local machine=$1
    shift
    nsenter -t "${MACHINE[$machine]}" -n -m -- "$@"
}

start() { # start MACHINE LOG COMMAND...: in the background; STARTED is its pid
    local machine=$1 log=$2
    shift 2
    : >"$LAB/$log" # or who waits for a line of it finds that of the last run
    nsenter -t "${MACHINE[$machine]}" -n -m -- "$@" >"$LAB/$log" 2>&1 </dev/null &
    STARTED=$!
    LAB_PIDS+=("$STARTED")
}

stop() { # stop PID [SIGNAL]: and wait for its end
    kill "-${2:-TERM}" "$1" 2>/dev/null
    wait "$1" 2>/dev/null
    return 0
}

make_machine() {
    local name=$1
    unshare --net --mount --propagation private -- sleep infinity </dev/null >/dev/null 2>&1 &
    MACHINE[$name]=$!
    LAB_PIDS+=("$!")
    wait_for lab_other_net "$!" || fail "no namespace for $name"
    on "$name" sh -c 'mount -t sysfs sysfs /sys && mkdir -p /run/wireguard /run/resolvconf &&
        mount -t tmpfs tmpfs /run/wireguard && mount -t tmpfs tmpfs /run/resolvconf' ||
        fail "cannot mount in $name"
    # What programs keep between runs stays in here.
    mkdir -p "$LAB/lib/$name/up" "$LAB/lib/$name/work"
    on "$name" mount -t overlay overlay /var/lib -o \
        "lowerdir=/var/lib,upperdir=$LAB/lib/$name/up,workdir=$LAB/lib/$name/work" ||
        fail "no /var/lib of its own in $name"
    # Without it an IPv6 address is of no use for its first second.
    on "$name" sh -c 'cd /proc/sys/net/ipv6/conf && echo 0 >default/accept_dad &&
        echo 0 >all/accept_dad && echo 0 >default/accept_ra && echo 0 >default/router_solicitations'
    on "$name" ip link set lo up
}

lab_other_net() {
    [[ $(readlink "/proc/$1/ns/net") != "$(readlink /proc/self/ns/net)" &&
        $(readlink "/proc/$1/ns/mnt") != "$(readlink /proc/self/ns/mnt)" &&
        $(cat "/proc/$1/comm") == sleep ]]
}

# link MACHINE NAME MACHINE NAME: a cable between two machines
link() {
    ip link add "$2" netns "${MACHINE[$1]}" type veth peer name "$4" netns "${MACHINE[$3]}"
    on "$1" ip link set "$2" up
    on "$3" ip link set "$4" up
}

addresses() { # addresses MACHINE NAME ADDRESS/PREFIX...
    local machine=$1 device=$2 address
    shift 2
    for address; do
        on "$machine" ip addr add "$address" dev "$device" || fail "$machine $device $address"
    done
}

forwarding() {
    on "$1" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
        echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
}

lab_certificates() {
    local names
    cd "$LAB" || exit 2
    ec() { openssl ecparam -name prime256v1 -genkey -noout -out "$1" 2>/dev/null; }
    ec ca.key
    openssl req -new -x509 -key ca.key -out ca.pem -days 30 -subj '/CN=lab CA' \
        -addext basicConstraints=critical,CA:TRUE 2>/dev/null || fail "no certificate"
    names=$("$LAB_HERE/web.py" --hosts | sed 's/^/DNS:/' | paste -sd,)
    leaf() { # leaf NAME EXTENSIONS
        ec "$1.key"
        openssl req -new -key "$1.key" -subj "/CN=$1" 2>/dev/null |
            openssl x509 -req -CA ca.pem -CAkey ca.key -set_serial "0x$(openssl rand -hex 8)" \
                -days 30 -extfile <(printf '%s\n' "$2") -out "$1.pem" 2>/dev/null ||
            fail "no certificate for $1"
    }
    leaf web "subjectAltName=$names"
    # Two that no program may believe: of nobody's authority, and of yesterday.
    ec untrusted.key
    openssl req -new -x509 -key untrusted.key -out untrusted.pem -days 30 -subj '/CN=untrusted' \
        -addext "subjectAltName=$names" 2>/dev/null || fail "no certificate that is not trusted"
    ec expired.key
    openssl req -new -key expired.key -subj /CN=expired 2>/dev/null |
        openssl x509 -req -CA ca.pem -CAkey ca.key -set_serial 0x77 -days -1 \
            -extfile <(echo "subjectAltName=$names") -out expired.pem 2>/dev/null ||
        fail "no certificate that has expired"
    leaf ovpn-server $'extendedKeyUsage=serverAuth\nkeyUsage=digitalSignature,keyAgreement'
    leaf ovpn-client $'extendedKeyUsage=clientAuth\nkeyUsage=digitalSignature,keyAgreement'
    cd / || exit 2
}

# A tree of files that the user's machine may change as it likes: /etc, copied.
lab_user_files() {
    on user sh -c "mkdir -p $LAB/etc && cp -a /etc/. $LAB/etc/ && mount --bind $LAB/etc /etc" ||
        fail "no /etc for the user's machine"
    cp "$LAB/ca.pem" "$LAB/etc/ssl/certs/ca-certificates.crt"
    printf 'resolv_conf=/etc/resolv.conf\n' >"$LAB/etc/resolvconf.conf"
    printf 'hosts: files dns\n' >"$LAB/etc/nsswitch.conf"
    printf '127.0.0.1 localhost\n::1 localhost\n' >"$LAB/etc/hosts"
    rm -f "$LAB/etc/resolv.conf"
    resolver "$ROUTER4"
}

lab_unbound() { # lab_unbound MACHINE NAME LISTEN... -- OUTGOING... ; UNBOUND_MORE: lines of `server`
    local machine=$1 name=$2 conf=$LAB/$2.conf address
    shift 2
    {
        echo "server:"
        while [[ $1 != -- ]]; do
            echo " interface: $1"
            shift
        done
        shift
        for address; do
            echo " outgoing-interface: $address"
            [[ $address != *:* ]] || echo " do-ip6: yes"
        done
        [[ $* == *:* ]] || echo " do-ip6: no"
        cat <<END
 ip-freebind: yes
 access-control: 0.0.0.0/0 allow
 access-control: ::/0 allow
 module-config: "iterator"
 root-hints: "$LAB/root.hints"
 username: ""
 chroot: ""
 directory: ""
 pidfile: ""
 use-syslog: no
 logfile: ""
 num-threads: 1
 so-reuseport: no
 minimal-responses: yes
 do-not-query-localhost: no
${UNBOUND_MORE:-}
remote-control:
 control-enable: no
END
    } >"$conf"
    start "$machine" "$name.log" unbound -d -p -c "$conf"
}

lab_daemons() {
    printf '%s\n' '. 3600 NS a.root-servers.net.' \
        'a.root-servers.net. 3600 A 198.41.0.4' \
        'a.root-servers.net. 3600 AAAA 2001:503:ba3e::2:30' >"$LAB/root.hints"
    start net authority.out "$LAB_HERE/authority.py" "$LAB/authority.log" \
        root=198.41.0.4,2001:503:ba3e::2:30 tld=192.5.6.30,2001:503:a83e::2:30 \
        zone=198.51.100.53,2001:db8:53::53 web=198.51.100.80,2001:db8:80::80
    start net web.out "$LAB_HERE/web.py" "$LAB/web.log" "$LAB/web.pem" "$LAB/web.key" \
        198.51.100.80 2001:db8:80::80
    lab_unbound net isp 203.0.113.53 2001:db8:2::53 -- 203.0.113.53 2001:db8:2::53
    lab_unbound net public 9.9.9.9 149.112.112.112 1.1.1.1 1.0.0.1 8.8.8.8 8.8.4.4 \
        2620:fe::fe 2606:4700:4700::1111 2001:4860:4860::8888 -- 198.51.100.99 2001:db8:99::99
    lab_unbound vpn inside "$TUNNEL4" "$TUNNEL6" "$OPENVPN4" -- "$VPN4" "$VPN6"
    start home dnsmasq.log dnsmasq --keep-in-foreground --conf-file=/dev/null --user=root \
        --no-resolv --no-hosts --cache-size=0 --pid-file= --bind-interfaces --interface=lan \
        --listen-address="$ROUTER4" --listen-address="$ROUTER6" --server=203.0.113.53
    start vpn openvpn-server.log openvpn --dev tuns0 --dev-type tun --topology subnet \
        --server 10.8.0.0 255.255.255.0 --proto udp4 --port 1194 --dh none --ca "$LAB/ca.pem" \
        --cert "$LAB/ovpn-server.pem" --key "$LAB/ovpn-server.key" --keepalive 5 30 \
        --push "dhcp-option DNS $OPENVPN4" --duplicate-cn --verb 3
}

lab_wireguard_server() {
    (umask 077 && wg genkey >"$LAB/wgs.key" && wg genkey >"$LAB/wgc.key")
    WG_SERVER=$(wg pubkey <"$LAB/wgs.key")
    WG_CLIENT=$(wg pubkey <"$LAB/wgc.key")
    on vpn wireguard-go wgs0 >"$LAB/wireguard-server.log" 2>&1 || fail "wireguard-go does not start"
    on vpn wg set wgs0 listen-port 51820 private-key "$LAB/wgs.key"
    addresses vpn wgs0 "$TUNNEL4/24" "$TUNNEL6/64"
    on vpn ip link set wgs0 mtu 1420 up
    on vpn ip route add 10.88.0.0/24 dev wgs0
}

# Forget the last session, or the next handshake waits.
wireguard_peer() {
    on vpn wg set wgs0 peer "$WG_CLIENT" remove
    on vpn wg set wgs0 peer "$WG_CLIENT" allowed-ips 10.64.0.2/32,10.88.0.0/24,fd64::2/128
}

# Inside the world: make the machines and start what runs on them.
lab_up() {
    local machine
    umask 022 # leaktop gives up root, and reads what lies here
    mount -t tmpfs -o mode=755 tmpfs /run || fail "no /run of its own"
    mkdir -p "$LAB" /run/lock
    chmod 755 "$LAB"
    ip link set lo up
    for machine in user home net vpn guest; do make_machine "$machine"; done
    link user eth0 home lan
    link home wan net home
    link vpn wan net vpn
    link user guests guest eth0
    forwarding home
    forwarding net
    forwarding vpn
    addresses user eth0 "$USER4/24" "$USER6/64"
    addresses home lan "$ROUTER4/24" "$ROUTER6/64"
    addresses home wan "$HOME4/24" 2001:db8:2::2/64
    addresses net home 203.0.113.1/24 2001:db8:2::1/64
    addresses net vpn 192.0.2.1/24 2001:db8:3::1/64
    addresses vpn wan "$VPN4/24" "$VPN6/64"
    addresses net lo 198.41.0.4/32 192.5.6.30/32 198.51.100.53/32 198.51.100.80/32 \
        198.51.100.99/32 203.0.113.53/32 9.9.9.9/32 149.112.112.112/32 1.1.1.1/32 1.0.0.1/32 \
        8.8.8.8/32 8.8.4.4/32 2001:503:ba3e::2:30/128 2001:503:a83e::2:30/128 2001:db8:53::53/128 \
        2001:db8:80::80/128 2001:db8:99::99/128 2001:db8:2::53/128 2620:fe::fe/128 \
        2606:4700:4700::1111/128 2001:4860:4860::8888/128
    on home ip route add default via 203.0.113.1
    on home ip -6 route add default via 2001:db8:2::1
    on vpn ip route add default via 192.0.2.1
    on vpn ip -6 route add default via 2001:db8:3::1
    on net ip -6 route add 2001:db8:1::/48 via 2001:db8:2::2
    on home ip route add 10.88.0.0/24 via "$USER4"
    addresses user guests 10.88.0.1/24
    addresses guest eth0 "$GUEST4/24"
    on guest ip route add default via 10.88.0.1
    on home nft -f - <<<'table ip nat { chain out { type nat hook postrouting priority 100;
        oifname "wan" masquerade; }; }'
    on vpn nft -f - <<<'table ip nat { chain out { type nat hook postrouting priority 100;
        oifname "wan" masquerade; }; }
        table ip6 nat { chain out { type nat hook postrouting priority 100;
        oifname "wan" masquerade; }; }'
    lab_certificates
    lab_user_files
    lab_wireguard_server
    lab_daemons
    user_uplink eth0
    # shellcheck disable=SC2034
    USER_MAC=$(on user cat /sys/class/net/eth0/address)
    wait_for grep -q ready "$LAB/authority.out" || fail "authority: $(cat "$LAB/authority.out")"
    wait_for grep -q ready "$LAB/web.out" || fail "web: $(cat "$LAB/web.out")"
    # Asked once through each, the resolvers know the way down from the root.
    wait_for on user "$LAB_HERE/ask.py" --linger 0 --server "$ROUTER4" up.example.org ||
        fail "the ISP's resolver does not answer"
    wait_for on user "$LAB_HERE/ask.py" --linger 0 --server 9.9.9.9 up.example.org ||
        fail "the public resolver does not answer"
    wait_for on vpn "$LAB_HERE/ask.py" --linger 0 --server "$TUNNEL4" up.example.org ||
        fail "the VPN's resolver does not answer"
}

# ---- the user's machine ----

resolver() { # resolver ADDRESS...: written in place, by hand
    printf 'nameserver %s\n' "$@" >"$LAB/etc/resolv.conf"
}

user_uplink() { # user_uplink NAME
    on user ip route replace default via "$ROUTER4" dev "$1"
    on user ip -6 route replace default via "$ROUTER6" dev "$1"
}

user_ipv6() { # user_ipv6 off|on: as if the router handed out none, or began to
    local off=0
    [[ $1 == on ]] || off=1
    # shellcheck disable=SC2016
    on user sh -c 'for i in all default eth0 guests; do
        echo "$1" >/proc/sys/net/ipv6/conf/$i/disable_ipv6; done' sh "$off"
    [[ $1 == on ]] || return 0
    on user ip -6 addr replace "$USER6/64" dev eth0
    on user ip -6 route replace default via "$ROUTER6" dev eth0
}

# wireguard_up [4|46] : tunnel wg0 as the web route, by hand; "subnet": it carries one subnet only
wireguard_up() {
    local what=${1:-46} half
    wireguard_peer
    on user wireguard-go wg0 >"$LAB/wireguard-client.log" 2>&1 || fail "wireguard-go does not start"
    on user wg set wg0 private-key "$LAB/wgc.key" peer "$WG_SERVER" endpoint "$VPN4:51820" \
        allowed-ips "0.0.0.0/0,::/0" persistent-keepalive 25
    on user ip addr add 10.64.0.2/32 dev wg0
    [[ $what == 4 ]] || on user ip addr add fd64::2/128 dev wg0
    on user ip link set wg0 mtu 1420 up
    if [[ $what == subnet ]]; then
        on user ip route add 10.64.0.0/24 dev wg0
        return
    fi
    on user ip route replace "$VPN4/32" via "$ROUTER4" dev eth0
    for half in 0.0.0.0/1 128.0.0.0/1; do on user ip route add "$half" dev wg0; done
    [[ $what == 4 ]] || for half in ::/1 8000::/1; do on user ip -6 route add "$half" dev wg0; done
    wait_for on user "$LAB_HERE/ask.py" --linger 0 --wait 0.3 --device wg0 --server "$TUNNEL4" \
        up.example.org || fail "the tunnel does not carry"
}

wireguard_drop() {
    on user ip link del wg0
}

# The program's own: policy routing, firewall, resolvconf. wg_quick_up [DNS] ; ENDPOINT: its name
wg_quick_up() {
    wireguard_peer
    (
        umask 077
        cat >"$LAB/wg0.conf" <<END
[Interface]
PrivateKey = $(cat "$LAB/wgc.key")
Address = 10.64.0.2/32, fd64::2/128
${1:+DNS = $1}
[Peer]
PublicKey = $WG_SERVER
Endpoint = ${ENDPOINT:-$VPN4}:51820
AllowedIPs = 0.0.0.0/0, ::/0
END
    )
    on user wg-quick up "$LAB/wg0.conf" >"$LAB/wg-quick.log" 2>&1 ||
        fail "wg-quick: $(cat "$LAB/wg-quick.log")"
    wait_for on user "$LAB_HERE/ask.py" --linger 0 --wait 0.3 --device wg0 --server "$TUNNEL4" \
        up.example.org || fail "the tunnel does not carry"
}

# openvpn_up [yes|no [SERVER]]: does a script apply the DNS that the server pushes? IPv6 goes into the
# tunnel as well and is refused there: this server carries none.
openvpn_up() {
    local apply=()
    [[ ${1:-yes} == no ]] ||
        apply=(--script-security 2 --up /etc/openvpn/update-resolv-conf
            --down /etc/openvpn/update-resolv-conf)
    start user openvpn-client.log openvpn --client --dev tun0 --proto udp4 --nobind \
        --remote "${2:-$VPN4}" 1194 --ca "$LAB/ca.pem" --cert "$LAB/ovpn-client.pem" \
        --key "$LAB/ovpn-client.key" --redirect-gateway def1 ipv6 --block-ipv6 \
        --ifconfig-ipv6 fd15:53b6:dead::2/64 fd15:53b6:dead::1 --verb 3 "${apply[@]}"
    OPENVPN_CLIENT=$STARTED
    wait_for grep -q 'Initialization Sequence Completed' "$LAB/openvpn-client.log" ||
        fail "openvpn: $(tail -5 "$LAB/openvpn-client.log")"
}

openvpn_down() {
    [[ -z ${OPENVPN_CLIENT:-} ]] || stop "$OPENVPN_CLIENT"
    OPENVPN_CLIENT=
}

# bridge_port BRIDGE PORT ADDRESS/PREFIX...: the port's addresses are the bridge's from now on
bridge_port() {
    local bridge=$1 port=$2
    shift 2
    on user ip link add "$bridge" type bridge
    on user ip addr flush dev "$port" scope global
    on user ip link set "$port" master "$bridge"
    on user ip link set "$bridge" up
    addresses user "$bridge" "$@"
}

# What a kill switch of the firewall kind does: nothing but the tunnel and its outer packets.
kill_switch() {
    on user nft -f - <<END
table inet killswitch { chain out { type filter hook output priority 0; policy drop;
    oifname "lo" accept
    oifname "wg0" accept
    ip daddr $VPN4 udp dport 51820 accept
    meta l4proto icmpv6 accept; }; }
END
}

# As it was after lab_up.
user_reset() {
    openvpn_down
    [[ ! -e $LAB/networkmanager-was-here ]] || networkmanager_gone
    # shellcheck disable=SC2016
    on user sh -c '
        for link in wg0 br0 wlan0 mesh0 macvlan0; do ip link del $link; done
        ip xfrm policy flush
        rm -f /etc/dnsmasq.conf /etc/unbound/unbound.conf.d/corp.conf
        rm -rf /var/lib/leaktop; rm -f '"$LAB/web.manners"'
        nft flush ruleset
        ip rule flush; ip rule add from all lookup main pref 32766
        ip rule add from all lookup default pref 32767
        ip -6 rule flush; ip -6 rule add from all lookup main pref 32766
        for table in main 51820 100; do
            ip route flush table $table scope global; ip -6 route flush table $table proto boot
        done
        echo 0 >/proc/sys/net/ipv4/ip_forward
        echo 0 >/proc/sys/net/ipv4/conf/all/src_valid_mark
        ip link set eth0 down; ip link set eth0 up
        rm -rf /run/resolvconf/*' 2>/dev/null
    on user ip addr replace "$USER4/24" dev eth0
    user_ipv6 on
    on user ip addr replace 10.88.0.1/24 dev guests
    resolver "$ROUTER4"
    user_uplink eth0
}
