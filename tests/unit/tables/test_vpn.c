/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tables/vpn.h"

struct row {
    const char *asked, *expected; /* NULL: nobody's */
};

static void check(const char *asked, const char *expected, const char *got)
{
    if (expected ? !got || strcmp(expected, got) != 0 : got != NULL)
        fail_msg("%s: expected %s, got %s", asked, expected ? expected : "nothing",
            got ? got : "nothing");
}

static void processes(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"openvpn", "OpenVPN"},
        {"mullvad-daemon", "Mullvad"},
        {"nm-openvpn-serv", "OpenVPN"},    /* as the kernel cuts it */
        {"nm-openvpn-service", "OpenVPN"}, /* as a file is named */
        {"pia-wireguard-g", "Private Internet Access"},
        {"tor", "Tor"},
        {"torsocks", NULL}, /* a prefix is not enough */
        {"openvpn2", NULL},
        {"OpenVPN", NULL},
        {"mullvad", "Mullvad"},
        {"mullvad-exclude", NULL}, /* what it starts is the person's */
        {"protonvpn", "Proton VPN"},
        {"ivpn", "IVPN"},
        {"ivpn-ui", "IVPN"},
        {"PanGPA", "GlobalProtect"},
        {"vpn", NULL},
        {"", NULL},
        {"python3", NULL},
        {"NetworkManager", NULL},
        {"tailscaled", NULL}, /* forwards what others ask */
        {"warp-svc", NULL},
        {"firefox", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(rows[i].asked, rows[i].expected, vpn_by_process(rows[i].asked));
}

static void resolvers(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"10.64.0.1", "Mullvad"},
        {"10.64.0.2", NULL},
        {"100.64.0.63", "Mullvad"},
        {"100.64.0.64", NULL},
        {"fc00:bbbb:bbbb:bb01::1", "Mullvad"},
        {"fc00:bbbb:bbbb:bb01::2", NULL},
        {"10.2.0.1", "Proton VPN"},
        {"103.86.96.100", "NordVPN"},
        {"103.86.99.99", "NordVPN"},
        {"103.86.96.99", NULL},
        {"162.252.172.57", "Surfshark"},
        {"100.100.100.100", "Tailscale"},
        {"fd7a:115c:a1e0::53", "Tailscale"},
        {"9.9.9.9", NULL},
        {"192.168.1.1", NULL},
        {"::ffff:10.64.0.1", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct address address;
        assert_true(address_parse(rows[i].asked, &address));
        check(rows[i].asked, rows[i].expected, vpn_by_resolver(&address));
    }
    const struct address none = {0};
    check("no address", NULL, vpn_by_resolver(&none));
}

static void mesh(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        bool mesh;
    } rows[] = {
        {"100.100.100.100", true},
        {"fd7a:115c:a1e0::53", true},
        {"100.100.100.101", false},
        {"100.64.0.1", false}, /* a VPN's, at the far end */
        {"fd7a:115c:a1e0::54", false},
        {"10.64.0.1", false},
        {"127.0.0.53", false}, /* this machine's, but no mesh VPN */
        {"::ffff:100.100.100.100", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct address address;
        assert_true(address_parse(rows[i].address, &address));
        if (vpn_mesh_resolver(&address) != rows[i].mesh)
            fail_msg("%s: expected %d", rows[i].address, rows[i].mesh);
    }
    assert_false(vpn_mesh_resolver(&(struct address){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processes),
        cmocka_unit_test(resolvers),
        cmocka_unit_test(mesh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
