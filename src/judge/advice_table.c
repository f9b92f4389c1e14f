/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/advice.h"

#include <string.h>

/* Rows that fit are given in this order: what helps at once, then what lasts. A value that nobody
 * knows leaves its line out; a row is one thing to do, so nothing of it stands alone then. */

#define LINES 5

static const struct row {
    unsigned problems, managers, vpns;
    const char *lines[LINES];
} rows[] = {
    /* ---- a resolver that is set ---- */
    {ADVISE_RESOLVER, MANAGED_ANY, VPN_ANY,
        {"{local} is on your own network: a tunnel's routes leave that network out, so it is asked "
         "past the tunnel"}},
    {ADVISE_RESOLVER, MANAGED_RESOLVED_PAST, VPN_ANY,
        {"programs read systemd-resolved's list of servers; its stub keeps to the tunnel:",
            "# ln -sf /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf"}},
    {ADVISE_RESOLVER, MANAGED_RESOLVED | MANAGED_RESOLVED_PAST, VPN_ANY & ~VPN_IPSEC,
        {"# resolvectl dns {tunnel} {good}", "# resolvectl domain {tunnel} '~.'",
            "# resolvectl domain {uplink} ''", "# resolvectl default-route {uplink} false",
            "(resolvectl revert {uplink} takes the last two back)"}},
    {ADVISE_RESOLVER, MANAGED_RESOLVED | MANAGED_RESOLVED_PAST, VPN_IPSEC,
        {"# resolvectl dns {uplink} {good}"}},
    {ADVISE_RESOLVER, MANAGED_NETWORKMANAGER, VPN_ANY,
        {"NetworkManager takes it from the profile of {uplink}; set the tunnel's there:",
            "# nmcli connection modify \"$(nmcli -g GENERAL.CONNECTION device show {uplink})\" "
            "ipv4.ignore-auto-dns yes ipv4.dns {good4} ipv6.ignore-auto-dns yes ipv6.dns ''",
            "# nmcli device reapply {uplink}"}},
    {ADVISE_RESOLVER, MANAGED_RESOLVCONF, VPN_ANY & ~VPN_IPSEC,
        {"# printf 'nameserver {good}\\n' | resolvconf -a {tunnel} -m 0 -x"}},
    {ADVISE_RESOLVER, MANAGED_RESOLVCONF, VPN_IPSEC,
        {"# printf 'nameserver {good}\\n' | resolvconf -a {uplink} -m 0 -x"}},
    {ADVISE_RESOLVER, MANAGED_BY_HAND | MANAGED_OTHER | MANAGED_DHCLIENT, VPN_ANY,
        {"# cp {file} {file}.before", "# printf 'nameserver {good}\\n' >{file}"}},
    {ADVISE_RESOLVER, MANAGED_BY_HAND, VPN_ANY,
        {"a DHCP client that writes {file} puts {resolver} back: dhclient wants supersede "
         "domain-name-servers {good}; in /etc/dhcp/dhclient.conf"}},
    {ADVISE_RESOLVER, MANAGED_DHCLIENT, VPN_ANY,
        {"dhclient writes {resolver} back when it renews; so that it does not:",
            "# echo 'supersede domain-name-servers {good};' >>/etc/dhcp/dhclient.conf"}},
    {ADVISE_RESOLVER, MANAGED_OTHER, VPN_ANY,
        {"{manager} writes that file: set it there, or it comes back"}},
    {ADVISE_RESOLVER, MANAGED_DNSMASQ, VPN_ANY,
        {"dnsmasq on this machine forwards to {resolver}: server={good} is what it should ask"}},
    {ADVISE_RESOLVER, MANAGED_DNSMASQ, VPN_ANY,
        {"# sed -i 's/{resolver}/{good}/' {file}", "# systemctl restart dnsmasq"}},
    {ADVISE_RESOLVER, MANAGED_UNBOUND, VPN_ANY,
        {"unbound on this machine forwards to {resolver}: forward-addr: {good} is what it should "
         "ask"}},
    {ADVISE_RESOLVER, MANAGED_UNBOUND, VPN_ANY,
        {"# sed -i 's/{resolver}/{good}/' {file}", "# systemctl restart unbound"}},
    {ADVISE_RESOLVER, MANAGED_ANY & ~(MANAGED_DNSMASQ | MANAGED_UNBOUND), VPN_WIREGUARD,
        {"lasting: DNS = {good} in the [Interface] of {tunnel}; wg-quick sets it by resolvconf or "
         "resolvectl"}},
    {ADVISE_RESOLVER, MANAGED_RESOLVED | MANAGED_RESOLVED_PAST, VPN_OPENVPN,
        {"lasting, in OpenVPN's configuration: script-security 2, and as up and as down "
         "/etc/openvpn/update-systemd-resolved"}},
    {ADVISE_RESOLVER, MANAGED_RESOLVCONF | MANAGED_BY_HAND | MANAGED_DHCLIENT, VPN_OPENVPN,
        {"lasting, in OpenVPN's configuration: script-security 2, and as up and as down "
         "/etc/openvpn/update-resolv-conf"}},
    {ADVISE_RESOLVER, MANAGED_NETWORKMANAGER, VPN_ANY,
        {"a VPN that NetworkManager itself makes wants ipv4.dns-priority -50 in its profile: then "
         "it is asked alone"}},

    /* ---- a program with a resolver of its own ---- */
    {ADVISE_PROGRAM, MANAGED_ANY, VPN_ANY,
        {"{program} asks {resolver}, which no file here names: look for a DNS setting in it"}},
    {ADVISE_PROGRAM, MANAGED_ANY, VPN_ANY & ~VPN_IPSEC,
        {"# ip route replace {public} dev {tunnel}"}},
    {ADVISE_PROGRAM, MANAGED_ANY, VPN_ANY & ~VPN_IPSEC,
        {"and so that no plain DNS leaves by {uplink} (nft delete table inet leaktop_dns ends it; "
         "a VPN that looks its server up needs it ended):",
            "# nft 'table inet leaktop_dns { chain out { type filter hook output priority 0; "
            "oifname \"{uplink}\" meta l4proto { tcp, udp } th dport 53 reject; }; }'"}},
    {ADVISE_ENCRYPTED, MANAGED_ANY, VPN_ANY,
        {"{program} asks encrypted and by itself: Firefox: about:config, network.trr.mode 5; "
         "Chromium: Use secure DNS, off"}},
    {ADVISE_ENCRYPTED, MANAGED_ANY, VPN_ANY & ~VPN_IPSEC,
        {"and so that it is not reached by {uplink} (nft delete table inet leaktop_doh ends it):",
            "# nft 'table inet leaktop_doh { chain out { type filter hook output priority 0; "
            "oifname \"{uplink}\" {family} daddr {resolver} reject; }; }'"}},

    /* ---- IPv6 ---- */
    {ADVISE_IPV6, MANAGED_NETWORKMANAGER, VPN_ANY,
        {"switch IPv6 off where it leaves outside; what is connected over it there ends:",
            "# nmcli connection modify \"$(nmcli -g GENERAL.CONNECTION device show {uplink})\" "
            "ipv6.method disabled ipv6.addresses '' ipv6.gateway '' ipv6.dns ''",
            "# sysctl -w net/ipv6/conf/{uplink}/disable_ipv6=1"}},
    {ADVISE_IPV6, MANAGED_ANY & ~MANAGED_NETWORKMANAGER, VPN_ANY,
        {"switch IPv6 off where it leaves outside; what is connected over it there ends:",
            "# sysctl -w net/ipv6/conf/{uplink}/disable_ipv6=1",
            "# mkdir -p /etc/sysctl.d; echo net/ipv6/conf/{uplink}/disable_ipv6=1 "
            ">/etc/sysctl.d/90-leaktop-ipv6.conf"}},
    {ADVISE_IPV6, MANAGED_ANY, VPN_WIREGUARD,
        {"or take it into the tunnel: an IPv6 Address, and ::/0 in AllowedIPs, in {tunnel}'s "
         "configuration"}},
    {ADVISE_IPV6, MANAGED_ANY, VPN_OPENVPN,
        {"or take it into the tunnel: redirect-gateway def1 ipv6 in OpenVPN's configuration"}},
    {ADVISE_IPV6, MANAGED_ANY, VPN_ANY & ~(VPN_WIREGUARD | VPN_OPENVPN),
        {"or take a VPN profile that carries IPv6"}},

    {ADVISE_IPV4, MANAGED_ANY, VPN_WIREGUARD,
        {"0.0.0.0/0 in the AllowedIPs of {tunnel}'s configuration takes IPv4 into it"}},
    {ADVISE_IPV4, MANAGED_ANY, VPN_OPENVPN,
        {"redirect-gateway def1 in OpenVPN's configuration takes IPv4 into the tunnel"}},
    {ADVISE_IPV4, MANAGED_ANY, VPN_ANY & ~(VPN_WIREGUARD | VPN_OPENVPN),
        {"take a VPN profile that carries all of IPv4: no split tunnel"}},

    /* ---- nothing held ---- */
    {ADVISE_DROP, MANAGED_ANY, VPN_MULLVAD,
        {"Mullvad's kill switch, also while it is disconnected:",
            "# mullvad lockdown-mode set on"}},
    {ADVISE_DROP, MANAGED_ANY, VPN_NORD, {"NordVPN's kill switch:", "# nordvpn set killswitch on"}},
    {ADVISE_DROP, MANAGED_ANY, VPN_PROTON,
        {"Proton VPN: Settings, Kill switch, Advanced: it holds also after a reboot"}},
    {ADVISE_DROP, MANAGED_ANY, VPN_ANY & ~(VPN_IPSEC | VPN_MULLVAD | VPN_NORD | VPN_PROTON),
        {"let nothing out but the tunnel, its own packets to {server}, and answers to who connects "
         "here (nft delete table inet leaktop_kill ends it):",
            "# nft 'table inet leaktop_kill { chain out { type filter hook output priority 0; "
            "policy drop; oifname { \"lo\", \"{tunnel}\" } accept; "
            "{server family} daddr {server} accept; ct direction reply accept; "
            "meta l4proto icmpv6 accept; "
            "udp dport { 67, 547 } accept; }; }'",
            "it is gone after a reboot: /etc/nftables.conf keeps it"}},
    {ADVISE_DROP, MANAGED_ANY, VPN_OTHER,
        {"or turn on the kill switch of the VPN client (lockdown, permanent)"}},

    /* ---- STUN ---- */
    {ADVISE_STUN, MANAGED_ANY, VPN_ANY,
        {"Firefox: about:config, media.peerconnection.ice.default_address_only true"}},
    {ADVISE_STUN, MANAGED_ANY, VPN_ANY,
        {"Chromium: the policy WebRtcIPHandling = disable_non_proxied_udp"}},
    {ADVISE_STUN, MANAGED_ANY, VPN_ANY & ~VPN_IPSEC,
        {"for all programs (nft delete table inet leaktop_stun ends it):",
            "# nft 'table inet leaktop_stun { chain out { type filter hook output priority 0; "
            "oifname \"{uplink}\" meta l4proto { tcp, udp } th dport { 3478, {port} } reject; }; "
            "}'"}},

    /* ---- neighbours ---- */
    {ADVISE_LOCAL, MANAGED_RESOLVED | MANAGED_RESOLVED_PAST, VPN_ANY,
        {"# resolvectl llmnr {uplink} no", "# resolvectl mdns {uplink} no",
            "lasting: LLMNR=no and MulticastDNS=no in /etc/systemd/resolved.conf"}},
    {ADVISE_LOCAL, MANAGED_ANY, VPN_ANY,
        {"mDNS also comes from avahi (systemctl disable --now avahi-daemon.socket "
         "avahi-daemon.service), NBNS from nmbd"}},
};

static const char *const names[VALUES] = {
    [VALUE_TUNNEL] = "tunnel",
    [VALUE_UPLINK] = "uplink",
    [VALUE_RESOLVER] = "resolver",
    [VALUE_PUBLIC] = "public",
    [VALUE_LOCAL] = "local",
    [VALUE_GOOD] = "good",
    [VALUE_GOOD4] = "good4",
    [VALUE_FILE] = "file",
    [VALUE_MANAGER] = "manager",
    [VALUE_PROGRAM] = "program",
    [VALUE_FAMILY] = "family",
    [VALUE_SERVER] = "server",
    [VALUE_SERVER_FAMILY] = "server family",
    [VALUE_PORT] = "port",
};

/* The value whose name stands after that brace, closed by another; VALUES where none does (braces
 * of nft's). */
static size_t value_at(const char *brace)
{
    size_t value = 0;
    for (; value < VALUES; value++) {
        size_t length = strlen(names[value]);
        if (strncmp(brace + 1, names[value], length) == 0 && brace[1 + length] == '}')
            break;
    }
    return value;
}

/* Nothing that a shell, sed or nft would take for more than a word. Names of interfaces and files
 * are somebody else's. */
static bool is_plain_word(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "._:/@+-";
    return text[0] && text[0] != '-' && text[strspn(text, plain)] == '\0';
}

/* False where a value is missing, may not stand in a command, or there is no room. */
static bool fill(const struct advice *advice, const char *line, char *out, size_t size)
{
    bool command = strncmp(line, ADVICE_COMMAND, strlen(ADVICE_COMMAND)) == 0;
    size_t used = 0;
    while (*line) {
        size_t value = *line == '{' ? value_at(line) : VALUES;
        const char *text = line;
        size_t length = 1;
        if (value < VALUES) {
            text = advice->values[value];
            if (!text || !text[0] || (command && !is_plain_word(text)))
                return false;
            length = strlen(text);
            line += strlen(names[value]) + 2;
        } else {
            line++;
        }
        if (used + length >= size)
            return false;
        memcpy(out + used, text, length);
        used += length;
    }
    out[used] = '\0';
    return true;
}

static bool fits(const struct row *row, const struct advice *advice, char *out, size_t size)
{
    if (!(row->problems & advice->problem) || !(row->managers & advice->manager) ||
        !(row->vpns & advice->vpn))
        return false;
    for (size_t i = 0; i < LINES && row->lines[i]; i++)
        if (!fill(advice, row->lines[i], out, size))
            return false;
    return true;
}

bool advice_line(const struct advice *advice, size_t position, char *out, size_t size)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!fits(&rows[i], advice, out, size))
            continue;
        for (size_t j = 0; j < LINES && rows[i].lines[j]; j++)
            if (position-- == 0)
                return fill(advice, rows[i].lines[j], out, size);
    }
    return false;
}
