/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "judge/advice.h"
#include "judge/private.h"

#define NOW 1700000000000000000ULL
#define SECOND 1000000000ULL

enum { UPLINK = 2, TUNNEL = 3 };

/* A machine whose tunnel carries both families, and a look-up that left by eth0; or, where no
 * transport is given, a resolver that would be asked. What must be advised, and what must not. */
static const struct {
    const char *situation;
    const char *tunnel, *kind;
    const char *resolver, *source, *manager; /* source NULL: nothing names it */
    bool resolved, networkmanager;
    const char *inside; /* a second resolver that is set, which the tunnel carries; NULL none */
    const char *program, *via;
    enum exposure exposure;
    const char *says[4], *never;
} cases[] = {
    {"by hand, WireGuard", "wg0", "wireguard", "192.168.1.1", "/etc/resolv.conf:1", "", false,
        false, NULL, "curl", "", EXPOSURE_EXPOSED,
        {"192.168.1.1 is on your own network", "# printf 'nameserver 9.9.9.9\\n' >/etc/resolv.conf",
            "DNS = 9.9.9.9 in the [Interface] of wg0"},
        "resolvectl dns"},
    {"by hand, the tunnel's is the second", "wg0", "wireguard", "192.168.1.1", "/etc/resolv.conf:1",
        "", false, false, "10.64.0.1", "curl", "", EXPOSURE_EXPOSED,
        {"# printf 'nameserver 10.64.0.1\\n' >/etc/resolv.conf"}, "9.9.9.9"},
    {"the public one that is proposed leaks itself", "wg0", "wireguard", "9.9.9.9",
        "/etc/resolv.conf:1", "", false, false, NULL, "curl", "", EXPOSURE_EXPOSED,
        {"# printf 'nameserver 1.1.1.1\\n' >/etc/resolv.conf"}, "on your own network"},
    {"systemd-resolved's stub", "wg0", "wireguard", "192.168.1.1",
        "/run/systemd/resolve/resolv.conf:3", "systemd-resolved", true, false, NULL, "curl",
        "systemd-resolve", EXPOSURE_EXPOSED,
        {"# resolvectl dns wg0 9.9.9.9", "# resolvectl domain wg0 '~.'",
            "# resolvectl domain eth0 ''", "# resolvectl default-route eth0 false"},
        "stub-resolv.conf"},
    {"past the stub", "wg0", "wireguard", "192.168.1.1", "/etc/resolv.conf:3", "systemd-resolved",
        true, false, NULL, "curl", "", EXPOSURE_EXPOSED,
        {"# ln -sf /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf",
            "# resolvectl domain wg0 '~.'"},
        ">/etc/resolv.conf"},
    {"NetworkManager", "tun0", "tun", "192.168.1.1", "/etc/resolv.conf:2", "NetworkManager", false,
        true, NULL, "curl", "", EXPOSURE_EXPOSED,
        {"device show eth0)\" ipv4.ignore-auto-dns yes ipv4.dns 9.9.9.9",
            "# nmcli device reapply eth0"},
        ">/etc/resolv.conf"},
    {"NetworkManager beside resolved", "tun0", "tun", "192.168.1.1", "/etc/resolv.conf:2",
        "NetworkManager", true, true, NULL, "curl", "", EXPOSURE_EXPOSED,
        {"# resolvectl domain tun0 '~.'", "/etc/openvpn/update-systemd-resolved"}, "nmcli"},
    {"openresolv and OpenVPN", "tun0", "tun", "203.0.113.53", "/etc/resolv.conf:2", "resolvconf",
        false, false, NULL, "curl", "", EXPOSURE_EXPOSED,
        {"# printf 'nameserver 9.9.9.9\\n' | resolvconf -a tun0 -m 0 -x",
            "/etc/openvpn/update-resolv-conf"},
        "[Interface]"},
    {"dhclient", "wg0", "wireguard", "192.168.1.1", "/etc/resolv.conf:1", "dhclient", false, false,
        NULL, "curl", "", EXPOSURE_EXPOSED,
        {"# echo 'supersede domain-name-servers 9.9.9.9;' >>/etc/dhcp/dhclient.conf"},
        "resolvectl dns"},
    {"a manager of which no more is known", "wg0", "wireguard", "192.168.1.1", "/etc/resolv.conf:1",
        "connman", false, false, NULL, "curl", "", EXPOSURE_EXPOSED, {"connman writes that file"},
        "resolvectl dns"},
    {"dnsmasq's own file", "wg0", "wireguard", "192.168.1.1", "/etc/dnsmasq.d/up.conf:7", "dnsmasq",
        false, false, NULL, "curl", "dnsmasq", EXPOSURE_EXPOSED,
        {"server=9.9.9.9 is what it should ask",
            "# sed -i 's/192.168.1.1/9.9.9.9/' /etc/dnsmasq.d/up.conf",
            "# systemctl restart dnsmasq"},
        ">/etc/resolv.conf"},
    {"unbound, whose file nobody read", "wg0", "wireguard", "192.168.1.1", NULL, "", false, false,
        NULL, "curl", "unbound", EXPOSURE_EXPOSED, {"forward-addr: 9.9.9.9"}, "# "},
    {"a program by itself", "wg0", "wireguard", "1.1.1.1", NULL, "", false, false, NULL, "dig", "",
        EXPOSURE_EXPOSED,
        {"dig asks 1.1.1.1, which no file here names", "# ip route replace 1.1.1.1 dev wg0",
            "oifname \"eth0\" meta l4proto { tcp, udp } th dport 53 reject"},
        "/etc/resolv.conf"},
    {"a program by itself, on the LAN: no route helps", "wg0", "wireguard", "192.168.1.1", NULL, "",
        false, false, NULL, "dig", "", EXPOSURE_EXPOSED, {"dig asks 192.168.1.1"}, "# ip route"},
    {"a browser by HTTPS", "wg0", "wireguard", "2606:4700:4700::1111", NULL, "", false, false, NULL,
        "firefox", "", EXPOSURE_BYPASS,
        {"firefox asks encrypted", "oifname \"eth0\" ip6 daddr 2606:4700:4700::1111 reject"},
        "dport 53"},
    {"nothing left yet", "wg0", "wireguard", "192.168.1.1", "/etc/resolv.conf:1", "", false, false,
        NULL, NULL, "", EXPOSURE_EXPOSED, {"# printf 'nameserver 9.9.9.9\\n' >/etc/resolv.conf"},
        "a program"},
    {"a tunnel whose name is a command", "wg0;x", "wireguard", "192.168.1.1",
        "/run/systemd/resolve/resolv.conf:3", "systemd-resolved", true, false, NULL, "curl", "",
        EXPOSURE_EXPOSED, {"192.168.1.1 is on your own network", "the [Interface] of wg0;x"}, "# "},
};

static void set_links(struct model *model, const char *tunnel_name, const char *kind)
{
    struct interface uplink = {.index = UPLINK,
        .name = "eth0",
        .link_type = 1,
        .up = true,
        .present = true,
        .gateway_route = true};
    struct interface tunnel = {.index = TUNNEL, .link_type = 65534, .up = true, .present = true};
    snprintf(tunnel.name, sizeof(tunnel.name), "%s", tunnel_name);
    snprintf(tunnel.kind, sizeof(tunnel.kind), "%s", kind);
    model_expect(model, EXPECT_NONE, true, NOW);
    model_interface_set(model, &uplink, NOW);
    model_interface_set(model, &tunnel, NOW);
    for (enum family family = 0; family < FAMILY_INDEXES; family++) {
        struct web_route route = {.state = ROUTE_PRESENT, .interface = TUNNEL};
        model_route_set(model, family, &route, NOW);
    }
    model_settle(model, NOW);
}

static bool advised(const struct check *check, const char *text)
{
    for (size_t i = 0; i < check->advice_count; i++)
        if (strstr(check->advice[i], text))
            return true;
    return false;
}

static void print_advice(const struct check *check)
{
    for (size_t i = 0; i < check->advice_count; i++)
        print_message("    %s\n", check->advice[i]);
}

static void test_resolver(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct model *model = model_new(1, NOW);
        set_links(model, cases[i].tunnel, cases[i].kind);
        struct resolver_setup setup = {
            .resolved = cases[i].resolved, .networkmanager = cases[i].networkmanager};
        model_resolver_setup_set(model, &setup, NOW);
        struct configured_resolver list[2] = {
            {.interface = UPLINK, .route_known = true}, {.interface = TUNNEL, .route_known = true}};
        size_t count = 0;
        struct address asked;
        assert_true(address_parse(cases[i].resolver, &asked));
        if (cases[i].source) {
            list[0].address = asked;
            snprintf(list[0].source, sizeof(list[0].source), "%s", cases[i].source);
            snprintf(list[0].manager, sizeof(list[0].manager), "%s", cases[i].manager);
            count = 1;
        }
        if (cases[i].inside && address_parse(cases[i].inside, &list[count].address))
            count++;
        model_configured_resolvers(model, list, count, NOW);
        struct lookup lookup = {.time_ns = NOW + SECOND,
            .interface = UPLINK,
            .resolver = asked,
            .exposure = cases[i].exposure,
            .process.pid = 7};
        if (cases[i].program)
            snprintf(lookup.process.name, sizeof(lookup.process.name), "%s", cases[i].program);
        snprintf(lookup.via, sizeof(lookup.via), "%s", cases[i].via);
        struct check check = {0};
        advise_resolver(&check, model, cases[i].program ? &lookup : NULL, &asked, "eth0");
        for (size_t j = 0; j < 4 && cases[i].says[j]; j++) {
            if (advised(&check, cases[i].says[j]))
                continue;
            print_advice(&check);
            fail_msg("%s: not advised: %s", cases[i].situation, cases[i].says[j]);
        }
        if (advised(&check, cases[i].never)) {
            print_advice(&check);
            fail_msg("%s: advised: %s", cases[i].situation, cases[i].never);
        }
        model_free(model);
    }
}

/* Of a look-up in a drop no resolver is to blame. */
static void test_during_drop(void **state)
{
    (void)state;
    struct model *model = model_new(1, NOW);
    set_links(model, "wg0", "wireguard");
    for (enum family family = 0; family < FAMILY_INDEXES; family++) {
        struct web_route route = {.state = ROUTE_PRESENT, .interface = UPLINK};
        model_route_set(model, family, &route, NOW + SECOND);
    }
    model_settle(model, NOW + SECOND);
    struct address asked, server;
    assert_true(address_parse("192.168.1.1", &asked));
    struct lookup lookup = {.time_ns = NOW + 2 * SECOND,
        .interface = UPLINK,
        .resolver = asked,
        .exposure = EXPOSURE_EXPOSED};
    struct check check = {0};
    advise_resolver(&check, model, &lookup, &asked, "eth0");
    assert_true(advised(&check, "while the tunnel was down"));
    assert_false(advised(&check, "resolv.conf"));
    /* Whom the tunnel spoke to is let out; where that is not known there is no command. */
    check = (struct check){0};
    advise_drop(&check, model);
    assert_false(advised(&check, "# nft"));
    struct fact peer = {.time_ns = NOW};
    assert_true(address_parse("192.0.2.66", &server));
    peer.destination = server;
    model_peer_seen(model, &peer);
    check = (struct check){0};
    advise_drop(&check, model);
    assert_true(advised(&check, "oifname { \"lo\", \"wg0\" } accept; ip daddr 192.0.2.66 accept"));
    model_free(model);
}

/* Whatever is known and whatever is not: no line has a gap left, and none is a command with a word
 * in it that a shell would take for more. */
static void test_no_gaps(void **state)
{
    (void)state;
    static const char *const known[VALUES] = {"wg0", "eth0", "192.168.1.1", "1.1.1.1",
        "192.168.1.1", "10.64.0.1", "10.64.0.1", "/etc/resolv.conf", "connman", "curl", "ip",
        "192.0.2.66", "ip", "3478"};
    static const char *const hostile[] = {"a b", "$(reboot)", "a;reboot", "`reboot`", "a'b", "-rf",
        "a\\032b", "a|b", "a>b", "a\"b", "{tunnel}"};
    static const char *const gaps[] = {"{tunnel}", "{uplink}", "{resolver}", "{public}", "{local}",
        "{good", "{file}", "{manager}", "{program}", "{family}", "{server", "{port}"};
    size_t lines = 0, commands = 0;
    for (unsigned problem = 1; problem <= ADVISE_IPV4; problem <<= 1)
        for (unsigned manager = 1; manager & MANAGED_ANY; manager <<= 1)
            for (unsigned vpn = 1; vpn & VPN_ANY; vpn <<= 1)
                for (size_t value = 0; value <= VALUES; value++)
                    for (size_t how = 0; how <= sizeof(hostile) / sizeof(hostile[0]); how++) {
                        struct advice advice = {.problem = problem, .manager = manager, .vpn = vpn};
                        char line[EVIDENCE_TEXT];
                        memcpy(advice.values, known, sizeof(known));
                        const char *bad = how > 0 ? hostile[how - 1] : NULL;
                        if (value < VALUES)
                            advice.values[value] = bad;
                        for (size_t i = 0; advice_line(&advice, i, line, sizeof(line)); i++) {
                            bool command = strncmp(line, "# ", 2) == 0;
                            lines++;
                            commands += command;
                            for (size_t g = 0; g < sizeof(gaps) / sizeof(gaps[0]); g++)
                                if (strstr(line, gaps[g]) && !(bad && strcmp(bad, gaps[g]) == 0))
                                    fail_msg("a gap: %s", line);
                            if (command && bad && value < VALUES && value != VALUE_PROGRAM &&
                                strstr(line, bad) && strcmp(bad, "-rf") != 0)
                                fail_msg("in a command: %s", line);
                        }
                    }
    assert_true(lines > 1000 && commands > 1000);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resolver),
        cmocka_unit_test(test_during_drop),
        cmocka_unit_test(test_no_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
