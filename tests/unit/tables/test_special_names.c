/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/name.h"
#include "tables/special_names.h"

static const struct {
    const char *name;
    enum special_name kind;
} cases[] = {
    /* One for each row, and those that look like it. */
    {"se-got-wg-001.relays.mullvad.net", NAME_VPN_SERVER},
    {"SE-GOT-WG-001.Relays.MULLVAD.net", NAME_VPN_SERVER},
    {"socks5.se-got-wg-001.relays.mullvad.net", NAME_VPN_SERVER},
    {"relays.mullvad.net", NAME_ORDINARY},
    {"xrelays.mullvad.net", NAME_ORDINARY},
    {"a.xrelays.mullvad.net", NAME_ORDINARY},
    {"se-got-wg-001.relays.mullvad.net.example", NAME_ORDINARY},
    {"se-got-wg-001.relays.evilmullvad.net", NAME_ORDINARY},
    {"api.mullvad.net", NAME_VPN_SERVER},
    {"x.api.mullvad.net", NAME_ORDINARY},
    {"mullvad.net", NAME_ORDINARY},
    {"www.mullvad.net", NAME_ORDINARY},
    {"am.i.mullvad.net", NAME_ORDINARY},
    {"us1234.nordvpn.com", NAME_VPN_SERVER},
    {"US1.NordVPN.com", NAME_VPN_SERVER},
    {"ca-us12.nordvpn.com", NAME_VPN_SERVER},
    {"ch-onion2.nordvpn.com", NAME_VPN_SERVER},
    {"us.nordvpn.com", NAME_ORDINARY},
    {"1234.nordvpn.com", NAME_ORDINARY},
    {"usa1234.nordvpn.com", NAME_ORDINARY},
    {"us1234x.nordvpn.com", NAME_ORDINARY},
    {"us1234.x.nordvpn.com", NAME_ORDINARY},
    {"x.us1234.nordvpn.com", NAME_ORDINARY},
    {"us1234.nordvpn.net", NAME_ORDINARY},
    {"nordvpn.com", NAME_ORDINARY},
    {"www.nordvpn.com", NAME_ORDINARY},
    {"api.nordvpn.com", NAME_ORDINARY},
    {"node-ch-18a.protonvpn.net", NAME_VPN_SERVER},
    {"node-.protonvpn.net", NAME_ORDINARY},
    {"node-ch.a.protonvpn.net", NAME_ORDINARY},
    {"account.protonvpn.net", NAME_ORDINARY},
    {"api.protonvpn.ch", NAME_VPN_SERVER},
    {"vpn-api.proton.me", NAME_VPN_SERVER},
    {"mail.proton.me", NAME_ORDINARY},
    {"us-nyc.prod.surfshark.com", NAME_VPN_SERVER},
    {"my.surfshark.com", NAME_ORDINARY},
    {"us-tx1.wg.ivpn.net", NAME_VPN_SERVER},
    {"nl.gw.ivpn.net", NAME_VPN_SERVER},
    {"api.ivpn.net", NAME_VPN_SERVER},
    {"www.ivpn.net", NAME_ORDINARY},
    {"us-newyork.privacy.network", NAME_VPN_SERVER},
    {"privacy.network", NAME_ORDINARY},
    {"serverlist.piaservers.net", NAME_VPN_SERVER},
    {"ca-east.whiskergalaxy.com", NAME_VPN_SERVER},
    {"usa-newyork-ca-version-2.expressnetw.com", NAME_VPN_SERVER},
    {"87-1-lv.cg-dialup.net", NAME_VPN_SERVER},
    {"losangeles-s02-i01.cg-dialup.net", NAME_ORDINARY}, /* a web proxy */
    {"us3.vpn.airdns.org", NAME_VPN_SERVER},
    {"someone.airdns.org", NAME_ORDINARY}, /* names of their customers */
    {"ch1.vpn.goldenfrog.com", NAME_VPN_SERVER},
    {"support.goldenfrog.com", NAME_ORDINARY},
    {"de.hideservers.net", NAME_VPN_SERVER},
    {"px440401.pointtoserver.com", NAME_VPN_SERVER},
    {"cloudflare-ech.com", NAME_ECH_FRONT},
    {"www.cloudflare-ech.com", NAME_ORDINARY},
    {"xcloudflare-ech.com", NAME_ORDINARY},
    {"engage.cloudflareclient.com", NAME_VPN_SERVER},
    {"api.cloudflareclient.com", NAME_VPN_SERVER},
    {"controlplane.tailscale.com", NAME_VPN_SERVER},
    {"log.tailscale.com", NAME_VPN_SERVER},
    {"derp12.tailscale.com", NAME_VPN_SERVER},
    {"derp12f.tailscale.com", NAME_VPN_SERVER},
    {"derp12ff.tailscale.com", NAME_ORDINARY},
    {"derp.tailscale.com", NAME_ORDINARY},
    {"login.tailscale.com", NAME_ORDINARY}, /* where its users manage their machines */

    {"connectivity-check.ubuntu.com", NAME_CONNECTIVITY},
    {"Connectivity-Check.Ubuntu.COM", NAME_CONNECTIVITY},
    {"connectivity-check.ubuntu.com.example", NAME_ORDINARY},
    {"connectivity-check.ubuntu.com.evil", NAME_ORDINARY},
    {"x.connectivity-check.ubuntu.com", NAME_ORDINARY},
    {"connectivity-check.evilubuntu.com", NAME_ORDINARY},
    {"archive.ubuntu.com", NAME_ORDINARY},
    {"nmcheck.gnome.org", NAME_CONNECTIVITY},
    {"network-test.debian.org", NAME_CONNECTIVITY},
    {"ping.archlinux.org", NAME_CONNECTIVITY},
    {"ping.manjaro.org", NAME_CONNECTIVITY},
    {"conncheck.opensuse.org", NAME_CONNECTIVITY},
    {"networkcheck.kde.org", NAME_CONNECTIVITY},
    {"capnet.elementary.io", NAME_CONNECTIVITY},
    {"ipv4.connman.net", NAME_CONNECTIVITY},
    {"ipv6.connman.net", NAME_CONNECTIVITY},
    {"connman.net", NAME_ORDINARY},
    {"detectportal.firefox.com", NAME_CONNECTIVITY},
    {"detectportal.brave-http-only.com", NAME_CONNECTIVITY},
    {"connectivitycheck.gstatic.com", NAME_CONNECTIVITY},
    {"connectivitycheck.android.com", NAME_CONNECTIVITY},
    {"www.gstatic.com", NAME_ORDINARY},
    {"captive.apple.com", NAME_CONNECTIVITY},
    {"www.apple.com", NAME_ORDINARY},
    {"www.msftconnecttest.com", NAME_CONNECTIVITY},
    {"ipv6.msftconnecttest.com", NAME_CONNECTIVITY},
    {"www.msftncsi.com", NAME_CONNECTIVITY},
    {"ipv6.msftncsi.com", NAME_CONNECTIVITY},
    {"dns.msftncsi.com", NAME_CONNECTIVITY},
    {"fedoraproject.org", NAME_ORDINARY},
    {"use-application-dns.net", NAME_ORDINARY},

    {"2.dnscrypt-cert.scaleway-fr", NAME_DNSCRYPT},
    {"2.DNSCrypt-cert.example.org", NAME_DNSCRYPT},
    {"2.dnscrypt-cert", NAME_ORDINARY},
    {"1.dnscrypt-cert.example.org", NAME_ORDINARY},
    {"x.2.dnscrypt-cert.example.org", NAME_ORDINARY},
    {"2.dnscrypt-certs.example.org", NAME_ORDINARY},
    {"2.dnscrypt.default.ns1.adguard.com", NAME_DNSCRYPT},
    {"2.dnscrypt.family.ns2.adguard.com", NAME_DNSCRYPT},
    {"www.adguard.com", NAME_ORDINARY},

    {".", NAME_ORDINARY},
    {"com", NAME_ORDINARY},
    {"tailscale.com", NAME_ORDINARY},
    {"www.example.org", NAME_ORDINARY},
    {"log\\.tailscale.com", NAME_ORDINARY},      /* two labels */
    {"a\\.b.relays.mullvad.net", NAME_ORDINARY}, /* no host's name */
    {"log.tailscale\\.com", NAME_ORDINARY},
    {"\\000log.tailscale.com", NAME_ORDINARY},
    {"log\\000.tailscale.com", NAME_ORDINARY},
};

static void names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t wire[NAME_WIRE_MAX];
        size_t length = name_parse(cases[i].name, wire);
        if (length == 0)
            fail_msg("%s is no name", cases[i].name);
        enum special_name got = special_name(wire, length);
        if (got != cases[i].kind)
            fail_msg("%s: expected %d, got %d", cases[i].name, cases[i].kind, got);
        /* What is no whole name is nothing special, and not read past its end. */
        for (size_t cut = 0; cut < length; cut++)
            assert_int_equal(special_name(wire, cut), NAME_ORDINARY);
    }
}

/* The longest names there are. */
static void longest(void **state)
{
    (void)state;
    static const uint8_t end[] = "\6relays\7mullvad\3net"; /* and the root */
    uint8_t wire[NAME_WIRE_MAX];
    size_t head = sizeof wire - sizeof end;
    for (size_t at = 0; at < head; at += 2) {
        wire[at] = 1;
        wire[at + 1] = 'a';
    }
    if (head % 2 != 0) { /* one label of two octets at last */
        wire[head - 3] = 2;
        wire[head - 2] = wire[head - 1] = 'a';
    }
    memcpy(wire + head, end, sizeof end);
    assert_true(name_valid(wire, sizeof wire));
    assert_int_equal(special_name(wire, sizeof wire), NAME_VPN_SERVER);
    memset(wire, 0x3F, sizeof wire);
    assert_int_equal(special_name(wire, sizeof wire), NAME_ORDINARY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
