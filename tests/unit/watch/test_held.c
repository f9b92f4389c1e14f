/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/held.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#define NOW 1700000000000000000ULL
#define SECOND 1000000000ULL

enum { UPLINK = 2, TUNNEL = 3 };

/* By which interface each family goes, before and now; 0: no route. */
static const struct {
    const char *situation;
    enum expectation expectation;
    bool automatic, passive;
    uint32_t before[FAMILY_INDEXES], now[FAMILY_INDEXES];
    const char *resolver;
    uint32_t resolver_by;
    /* What the reason begins with; NULL: sent */
    const char *names, *address4, *address6;
} cases[] = {
    {"no VPN, none expected", EXPECT_NONE, true, false, {UPLINK, UPLINK}, {UPLINK, UPLINK},
        "192.168.1.1", UPLINK, NULL, NULL, NULL},
    {"both in the tunnel", EXPECT_NONE, true, false, {TUNNEL, TUNNEL}, {TUNNEL, TUNNEL},
        "10.64.0.1", TUNNEL, NULL, NULL, NULL},
    {"passive", EXPECT_NONE, true, true, {TUNNEL, TUNNEL}, {TUNNEL, TUNNEL}, "10.64.0.1", TUNNEL,
        "--passive", "--passive", "--passive"},
    {"the tunnel dropped", EXPECT_NONE, true, false, {TUNNEL, TUNNEL}, {UPLINK, UPLINK},
        "192.168.1.1", UPLINK, "the expected tunnel is down", "the expected tunnel is down",
        "the expected tunnel is down"},
    {"expected and never there", EXPECT_VPN, false, false, {UPLINK, 0}, {UPLINK, 0}, "192.168.1.1",
        UPLINK, "the expected tunnel is down", "the expected tunnel is down",
        "the expected tunnel is down"},
    {"gone, and the person says that nothing is expected", EXPECT_NONE, false, false,
        {TUNNEL, TUNNEL}, {UPLINK, UPLINK}, "192.168.1.1", UPLINK, NULL, NULL, NULL},
    {"Tor", EXPECT_TOR, false, false, {UPLINK, UPLINK}, {UPLINK, UPLINK}, "127.0.0.1", 0, "Tor",
        "Tor", "Tor"},
    {"IPv6 never was in the tunnel: it is asked about", EXPECT_NONE, true, false, {TUNNEL, UPLINK},
        {TUNNEL, UPLINK}, "10.64.0.1", TUNNEL, NULL, NULL, NULL},
    {"IPv6 lost the tunnel, the resolver is still in it", EXPECT_NONE, true, false,
        {TUNNEL, TUNNEL}, {TUNNEL, UPLINK}, "10.64.0.1", TUNNEL, NULL, NULL, "IPv6 has lost"},
    {"IPv6 lost the tunnel, and the resolver is one of its", EXPECT_NONE, true, false,
        {TUNNEL, TUNNEL}, {TUNNEL, UPLINK}, "2001:db8::53", UPLINK, "IPv6 has lost",
        "IPv6 has lost", "IPv6 has lost"},
    {"IPv4 lost the tunnel, IPv6 is in it", EXPECT_NONE, true, false, {TUNNEL, TUNNEL},
        {UPLINK, TUNNEL}, "192.168.1.1", UPLINK, "IPv4 has lost", "IPv4 has lost", "IPv4 has lost"},
    {"IPv6 came only when the tunnel was there", EXPECT_NONE, true, false, {TUNNEL, 0},
        {TUNNEL, UPLINK}, "10.64.0.1", TUNNEL, NULL, NULL, NULL},
};

static void set_routes(struct model *model, const uint32_t by[FAMILY_INDEXES], uint64_t now)
{
    for (enum family family = 0; family < FAMILY_INDEXES; family++) {
        struct web_route route = {
            .state = by[family] ? ROUTE_PRESENT : ROUTE_NONE, .interface = by[family]};
        model_route_set(model, family, &route, now);
    }
    model_settle(model, now);
}

static bool says(const char *held, const char *expected)
{
    if (!held || !expected)
        return held == expected;
    return strncmp(held, expected, strlen(expected)) == 0;
}

static void test_held(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct model *model = model_new(1, NOW);
        struct interface uplink = {.index = UPLINK,
            .name = "eth0",
            .link_type = 1,
            .up = true,
            .present = true,
            .gateway_route = true};
        struct interface tunnel = {.index = TUNNEL,
            .name = "wg0",
            .kind = "wireguard",
            .link_type = 65534,
            .up = true,
            .present = true};
        model_expect(model, EXPECT_NONE, true, NOW);
        model_interface_set(model, &uplink, NOW);
        model_interface_set(model, &tunnel, NOW);
        set_routes(model, cases[i].before, NOW);
        if (cases[i].expectation != EXPECT_NONE || !cases[i].automatic)
            model_expect(model, cases[i].expectation, cases[i].automatic, NOW + SECOND);
        set_routes(model, cases[i].now, NOW + 2 * SECOND);
        struct configured_resolver resolver = {
            .interface = cases[i].resolver_by, .route_known = true, .source = "/etc/resolv.conf:1"};
        address_parse(cases[i].resolver, &resolver.address);
        model_configured_resolvers(model, &resolver, 1, NOW + 2 * SECOND);
        bool passive = cases[i].passive;
        const char *names = held_names(model, passive);
        const char *four = held_address(model, passive, FAMILY_INDEX_4);
        const char *six = held_address(model, passive, FAMILY_INDEX_6);
        if (!says(names, cases[i].names) || !says(four, cases[i].address4) ||
            !says(six, cases[i].address6))
            fail_msg("%s: names: %s; IPv4: %s; IPv6: %s", cases[i].situation,
                names ? names : "sent", four ? four : "sent", six ? six : "sent");
        model_free(model);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
