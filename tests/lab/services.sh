# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Beside the plain DNS of lab.sh: what else names go to, and the programs that stand between. Servers
# of the network run always; what runs on the user's machine a scenario starts and stops.

SECURE4=198.51.100.90 SECURE6=2001:db8:90::90 # unbound: DNS over TLS and HTTPS; a sink for QUIC
SELF4=9.9.9.10 # a resolver that asks the world from the very address that is asked
STUN4=198.51.100.91 STUN6=2001:db8:91::91

services_certificates() {
    cd "$LAB" || exit 2
    ec secure.key
    openssl req -new -key secure.key -subj "/CN=secure" 2>/dev/null |
        openssl x509 -req -CA ca.pem -CAkey ca.key -set_serial "0x$(openssl rand -hex 8)" -days 30 \
            -extfile <(echo "subjectAltName=DNS:doh.example.org,DNS:dot.example.org,IP:$SECURE4,IP:$SECURE6") \
            -out secure.pem 2>/dev/null || fail "no certificate for the secure resolver"
    cd / || exit 2
}

services_up() {
    addresses net lo "$SECURE4/32" "$SECURE6/128" "$STUN4/32" "$STUN6/128" "$SELF4/32"
    services_certificates
    UNBOUND_MORE=" tls-port: 853
 https-port: 443
 http-endpoint: \"/dns-query\"
 tls-service-key: \"$LAB/secure.key\"
 tls-service-pem: \"$LAB/secure.pem\"" \
        lab_unbound net secure "$SECURE4@853" "$SECURE6@853" "$SECURE4@443" "$SECURE6@443" \
        -- 198.51.100.99 2001:db8:99::99
    lab_unbound net selfsame "$SELF4" -- "$SELF4"
    start net stun.out "$LAB_HERE/stun.py" serve "$STUN4" "$STUN6"
    start net sink.out "$LAB_HERE/sink.py" 443,853 "$SECURE4" "$SECURE6"
    wait_for grep -q ready "$LAB/stun.out" || fail "stun: $(cat "$LAB/stun.out")"
    wait_for grep -q ready "$LAB/sink.out" || fail "sink: $(cat "$LAB/sink.out")"
}

# ---- on the user's machine ----

# past_tunnel ADDRESS...: a route by the uplink to just these, as somebody might have left behind
past_tunnel() {
    local address
    for address; do
        if [[ $address == *:* ]]; then
            on user ip -6 route replace "$address/128" via "$ROUTER6" dev eth0
        else
            on user ip route replace "$address/32" via "$ROUTER4" dev eth0
        fi
    done
}

# in_tunnel FORM ADDRESS...: the tunnel is up; in the guilty form these addresses go past it
in_tunnel() {
    wireguard_up
    resolver "$TUNNEL4"
    [[ $1 == innocent ]] || past_tunnel "${@:2}"
}

# A program of the scenario on the user's machine; ends with it.
HELPERS=()
helper() { # helper NAME COMMAND...
    local name=$1
    shift
    start user "$name.log" "$@"
    HELPERS+=("$STARTED")
}

helpers_stop() {
    local pid
    for pid in "${HELPERS[@]}"; do stop "$pid"; done
    HELPERS=()
}

answers() { # answers SERVER [PORT]: does it, on the user's machine?
    on user "$LAB_HERE/ask.py" --linger 0 --wait 0.3 --server "$1" --port "${2:-53}" up.example.org
}

# stub_dnsmasq OPTION...: on 127.0.0.1, and the system's resolver from now on
stub_dnsmasq() {
    [[ $* == *--conf-file=* ]] || set -- --conf-file=/dev/null "$@"
    helper stub-dnsmasq dnsmasq --keep-in-foreground --user=root --no-resolv --no-hosts \
        --cache-size=0 --pid-file= --bind-interfaces --listen-address=127.0.0.1 "$@"
    stub_ready dnsmasq
}

# stub_unbound LINE...: the same, with lines of a forward-zone
stub_unbound() {
    local conf=$LAB/stub-unbound.conf
    printf '%s\n' 'server:' ' interface: 127.0.0.1' ' do-ip6: yes' ' username: ""' ' chroot: ""' \
        ' directory: ""' ' pidfile: ""' ' use-syslog: no' ' num-threads: 1' \
        ' module-config: "iterator"' ' do-not-query-localhost: no' \
        ' qname-minimisation: no' ' tcp-reuse-timeout: 100' " root-hints: \"$LAB/root.hints\"" \
        " tls-cert-bundle: \"$LAB/ca.pem\"" 'remote-control:' ' control-enable: no' "$@" >"$conf"
    helper stub-unbound unbound -d -p -c "$conf"
    stub_ready unbound
}

stub_stubby() { # stub_stubby ADDRESS NAME
    cat >"$LAB/stubby.yml" <<END
resolution_type: GETDNS_RESOLUTION_STUB
dns_transport_list: [GETDNS_TRANSPORT_TLS]
tls_authentication: GETDNS_AUTHENTICATION_REQUIRED
tls_ca_file: "$LAB/ca.pem"
idle_timeout: 500
listen_addresses: [127.0.0.1]
upstream_recursive_servers:
  - address_data: $1
    tls_auth_name: "$2"
END
    helper stub-stubby stubby -C "$LAB/stubby.yml" -l
    stub_ready stubby
    sleep 0.7 # the connection of that question ends
}

stub_ready() {
    wait_for answers 127.0.0.1 || fail "$1: $(tail -3 "$LAB/stub-$1.log")"
    resolver 127.0.0.1
}

# ---- systemd-resolved, from where unpack.sh put it (build/unpacked) ----

UNPACKED=$LAB_HERE/../../build/unpacked


dbus_up() {
    mkdir -p /run/dbus
    cat >"$LAB/dbus.conf" <<'END'
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=/run/dbus/system_bus_socket</listen>
<policy context="default"><allow own="*"/><allow send_destination="*"/>
<allow send_type="method_call"/><allow send_type="signal"/><allow receive_sender="*"/>
<allow user="*"/></policy></busconfig>
END
    rm -f /run/dbus/system_bus_socket
    helper dbus dbus-daemon --config-file="$LAB/dbus.conf" --nofork --nopidfile
    wait_for test -S /run/dbus/system_bus_socket || fail "dbus: $(tail -3 "$LAB/dbus.log")"
}

# resolved_up LINE...: of its [Resolve]; the system's resolver from now on
resolved_up() {
    [[ -e $UNPACKED/done ]] || skip "systemd-resolved was not unpacked: make deps"
    command -v dbus-daemon >/dev/null || skip "no dbus-daemon"
    grep -q '^systemd-resolve:' "$LAB/etc/passwd" || {
        echo 'systemd-resolve:x:971:971::/:/usr/sbin/nologin' >>"$LAB/etc/passwd"
        echo 'systemd-resolve:x:971:' >>"$LAB/etc/group"
    }
    mkdir -p "$LAB/etc/systemd"
    printf '%s\n' '[Resolve]' FallbackDNS= LLMNR=no MulticastDNS=no "$@" >"$LAB/etc/systemd/resolved.conf"
    rm -rf /run/systemd
    mkdir -p /run/systemd/resolve
    chown 971:971 /run/systemd/resolve
    dbus_up
    helper resolved env LD_LIBRARY_PATH="$UNPACKED/usr/lib/x86_64-linux-gnu/systemd" \
        "$UNPACKED/lib/systemd/systemd-resolved"
    wait_for test -S /run/systemd/resolve/io.systemd.Resolve ||
        fail "resolved: $(tail -3 "$LAB/resolved.log")"
    sleep 0.1 # its name on the bus
    resolver 127.0.0.53
}

resolvectl() {
    on user env LD_LIBRARY_PATH="$UNPACKED/usr/lib/x86_64-linux-gnu/systemd" \
        timeout 5 "$UNPACKED/usr/bin/resolvectl" "$@" || fail "resolvectl $*"
}

# ---- NetworkManager ----

# networkmanager_up [LINE-OF-MAIN...]: eth0 is its, by the profile "At home"; it writes /etc/resolv.conf
networkmanager_up() {
    command -v NetworkManager >/dev/null || skip "no NetworkManager"
    dbus_up
    touch "$LAB/networkmanager-was-here"
    # With a writable /sys it waits for udev.
    on user sh -c 'mount -o remount,ro /sys && mkdir -p /run/NetworkManager /var/lib/NetworkManager &&
        mount -t tmpfs tmpfs /run/NetworkManager && mount -t tmpfs tmpfs /var/lib/NetworkManager'
    mkdir -p "$LAB/nm-empty"
    rm -rf "$LAB/etc/NetworkManager/system-connections"
    mkdir -p "$LAB/etc/NetworkManager/system-connections"
    printf '%s\n' '[main]' 'plugins=keyfile' 'rc-manager=file' 'no-auto-default=*' "$@" \
        '[connectivity]' 'enabled=false' >"$LAB/nm.conf"
    helper networkmanager NetworkManager --no-daemon --config "$LAB/nm.conf" \
        --config-dir "$LAB/nm-empty"
    wait_for on user nmcli general status || fail "NetworkManager: $(tail -3 "$LAB/networkmanager.log")"
    on user nmcli connection add type ethernet ifname eth0 con-name "At home" \
        ipv4.method manual ipv4.addresses "$USER4/24" ipv4.gateway "$ROUTER4" ipv4.dns "$ROUTER4" \
        ipv6.method manual ipv6.addresses "$USER6/64" ipv6.gateway "$ROUTER6" >/dev/null || fail nmcli
    on user nmcli connection up "At home" >/dev/null || fail "nmcli: eth0 does not come up"
    wait_for grep -q NetworkManager "$LAB/etc/resolv.conf" || fail "it writes no resolv.conf"
}

# What it leaves behind: addresses without a route to their network.
networkmanager_gone() {
    # The dnsmasq that it started outlives it, and would answer the next scenario's programs.
    # shellcheck disable=SC2016
    on user sh -c '[ ! -s /run/NetworkManager/dnsmasq.pid ] || kill "$(cat /run/NetworkManager/dnsmasq.pid)"'
    on user sh -c 'umount /run/NetworkManager /var/lib/NetworkManager; mount -o remount,rw /sys
        echo 0 >/proc/sys/net/ipv6/conf/eth0/addr_gen_mode
        ip addr flush dev eth0; ip link set eth0 down; ip link set eth0 up' 2>/dev/null
    rm -f "$LAB/networkmanager-was-here"
}

# ---- strongSwan in user space (kernel-libipsec) ----

# charon MACHINE SWANCTL-LINE...
charon() {
    local machine=$1 dir=$LAB/charon-$1
    shift
    mkdir -p "$dir"
    printf '%s\n' "$@" >"$dir/swanctl.conf"
    cat >"$dir/strongswan.conf" <<END
charon {
  load = random nonce aes sha1 sha2 hmac kdf gmp pem pubkey x509 kernel-libipsec kernel-netlink socket-default vici updown
  plugins {
    vici {
      socket = unix://$dir/vici
    }
    kernel-netlink {
      fwmark = !0x42
    }
    socket-default {
      fwmark = 0x42
    }
    kernel-libipsec {
      allow_peer_ts = yes
    }
  }
}
END
    # Its pid file has one place for all: a /run of its own, and the lab's files in it.
    # shellcheck disable=SC2016
    start "$machine" "charon-$machine.log" unshare --mount sh -c 'lab=$0
        mount --bind "$lab" /mnt && mount -t tmpfs tmpfs /run && mkdir -p "$lab" &&
        mount --bind /mnt "$lab" && STRONGSWAN_CONF=$1/strongswan.conf exec /usr/lib/ipsec/charon' \
        "$LAB" "$dir"
    HELPERS+=("$STARTED")
    wait_for test -S "$dir/vici" || fail "charon: $(tail -3 "$LAB/charon-$machine.log")"
    SWANCTL_DIR=$dir on "$machine" swanctl --load-all --uri "unix://$dir/vici" >"$dir/load" 2>&1 ||
        fail "swanctl: $(tail -3 "$dir/load")"
}

# The whole of IPv4 by ipsec0.
strongswan_up() {
    local dir=$LAB/charon-user
    [[ -x /usr/lib/ipsec/charon ]] || skip "no strongSwan"
    charon vpn 'connections { gate {' "local_addrs = $VPN4" 'version = 2' 'pools = inside' \
        'proposals = aes128-sha256-modp2048' 'local {' 'auth = psk' 'id = gate' '}' 'remote {' \
        'auth = psk' '}' 'children { net {' 'local_ts = 0.0.0.0/0' 'esp_proposals = aes128-sha256' \
        '} }' '} }' 'pools { inside {' 'addrs = 10.61.0.0/24' '} }' 'secrets { ike-1 {' \
        'secret = lab' '} }'
    charon user 'connections { gate {' "remote_addrs = $VPN4" 'version = 2' 'vips = 0.0.0.0' \
        'proposals = aes128-sha256-modp2048' 'local {' 'auth = psk' 'id = user' '}' 'remote {' \
        'auth = psk' 'id = gate' '}' 'children { net {' 'remote_ts = 0.0.0.0/0' \
        'esp_proposals = aes128-sha256' '} }' '} }' 'secrets { ike-1 {' 'secret = lab' '} }'
    on user timeout 5 swanctl --initiate --child net --uri "unix://$dir/vici" >"$dir/initiate" 2>&1 ||
        fail "swanctl: $(tail -5 "$dir/initiate")"
    wait_for answers 9.9.9.9 || fail "strongSwan's tunnel does not carry"
}

# ---- DNSCrypt ----

# dnsdist at SECURE4:5443, in front of the public resolver, as 2.dnscrypt-cert.lab.example
dnscrypt_server() {
    local dir=$LAB/dnscrypt
    command -v dnsdist >/dev/null || skip "no dnsdist"
    /usr/bin/python3 -c 'import nacl' 2>/dev/null || skip "no python3-nacl"
    mkdir -p "$dir"
    cat >"$dir/conf" <<END
setLocal("$SECURE4:5300")
setACL({"0.0.0.0/0", "::/0"})
setSecurityPollSuffix("")
generateDNSCryptProviderKeys("$dir/public", "$dir/private")
generateDNSCryptCertificate("$dir/private", "$dir/cert", "$dir/key", 1, os.time() - 60, os.time() + 86400)
addDNSCryptBind("$SECURE4:5443", "2.dnscrypt-cert.lab.example", "$dir/cert", "$dir/key")
newServer{address="9.9.9.9", healthCheckMode="up"}
END
    start net dnsdist.log dnsdist --supervised --disable-syslog -C "$dir/conf"
    HELPERS+=("$STARTED")
    wait_for on net dig +tries=1 +time=1 -p 5443 "@$SECURE4" 2.dnscrypt-cert.lab.example TXT ||
        fail "dnsdist: $(tail -3 "$LAB/dnsdist.log")"
}
