/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By what a network is known again, and what becomes of what was seen in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "model/model.h"

#define NOW 1700000000000000000ULL

static struct address address_of(const char *text)
{
    struct address address = {0};
    if (text)
        assert_true(address_parse(text, &address));
    return address;
}

/* One link as it is seen by the kernel. */
struct link {
    const char *name, *kind; /* NULL: there is no such link */
    const char *address4, *gateway4;
    uint8_t prefix4;
    uint32_t rank4;
    const char *address6, *gateway6;
    uint8_t prefix6;
    bool web; /* both families leave by it */
};

static struct model *make(const struct link *links, size_t count)
{
    struct model *model = model_new(9, NOW);
    assert_non_null(model);
    for (size_t i = 0; i < count && links[i].name; i++) {
        const struct link *link = &links[i];
        struct interface interface = {.index = (uint32_t)i + 2,
            .link_type = link->kind[0] ? 65534 : 1,
            .up = true,
            .gateway_route = link->gateway4 || link->gateway6};
        text_format(interface.name, sizeof(interface.name), "%s", link->name);
        text_format(interface.kind, sizeof(interface.kind), "%s", link->kind);
        if (link->address4)
            interface.addresses[interface.address_count++] =
                (struct interface_address){address_of(link->address4), link->prefix4, false};
        if (link->address6)
            interface.addresses[interface.address_count++] =
                (struct interface_address){address_of(link->address6), link->prefix6, false};
        interface.gateways[0] = address_of(link->gateway4);
        interface.gateways[1] = address_of(link->gateway6);
        interface.gateway_ranks[0] = link->rank4;
        model_interface_set(model, &interface, NOW);
        struct web_route route = {.state = ROUTE_PRESENT, .interface = interface.index};
        route.gateway = interface.gateways[0];
        if (link->web)
            model_route_set(model, FAMILY_INDEX_4, &route, NOW);
    }
    model_settle(model, NOW);
    return model;
}

#define HOME "eth0", "", "192.168.1.7", "192.168.1.1", 24

static void networks(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct link links[3];
        const char *network;
    } cases[] = {
        {"at home", {{HOME, .web = true}}, "192.168.1.1 192.168.1.0/24"},
        {"the same, wg-quick or def1 over it",
            {{HOME, .web = false},
                {"wg0", "wireguard", .address4 = "10.64.0.2", .prefix4 = 32, .web = true}},
            "192.168.1.1 192.168.1.0/24"},
        {"the same, the tunnel has a gateway too",
            {{HOME, .rank4 = 100}, {"tun0", "tun", "10.8.0.2", "10.8.0.1", 24, .web = true}},
            "192.168.1.1 192.168.1.0/24"},
        {"the same, with IPv6",
            {{HOME, .address6 = "2001:db8:1::7", .gateway6 = "2001:db8:1::1", .prefix6 = 64,
                .web = true}},
            "192.168.1.1 192.168.1.0/24"},
        {"two uplinks: the one that goes first",
            {{HOME, .rank4 = 600},
                {"eth1", "", "10.1.2.3", "10.1.0.1", 16, .rank4 = 100, .web = true}},
            "10.1.0.1 10.1.0.0/16"},
        {"IPv6 alone",
            {{"eth0", "", .address6 = "2001:db8:1:2::7", .gateway6 = "2001:db8:1:2::1",
                .prefix6 = 64, .web = true}},
            "2001:db8:1:2::1 2001:db8:1:2::/64"},
        {"a gateway of a network that was left",
            {{"wlan0", "", "172.20.10.3", "192.168.1.1", 28, .web = true}}, ""},
        {"no gateway", {{"ppp0", "ppp", "198.51.100.9", NULL, 32, .web = true}}, ""},
        {"a tunnel alone", {{"wg0", "wireguard", "10.64.0.2", "10.64.0.1", 24, .web = true}}, ""},
        {"nothing", {{NULL, "", .web = false}}, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char network[BASELINE_NETWORK];
        struct model *model = make(cases[i].links, 3);
        model_baseline_network(model, network);
        if (strcmp(network, cases[i].network) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", cases[i].name, network, cases[i].network);
        model_free(model);
    }
}

static void fill(struct model *model)
{
    struct public_address sites = {.asked_ever = true,
        .checked_ns = NOW + 1,
        .address = address_of("203.0.113.2"),
        .agree = 2,
        .asked = 2,
        .network = {.asn = 64496, .org = "ISP", .country = "NL"}};
    model_public_set(model, FAMILY_INDEX_4, &sites, NOW + 1);
    for (unsigned i = 0; i < 20; i++) {
        struct egress_resolver came = {.address = address_of("203.0.113.53")};
        came.address.bytes[3] = (uint8_t)(53 + i);
        model_egress(model, &came, NOW + 1);
    }
    struct network known = {.source = NETWORK_DATABASE, .asn = 64496, .org = "better"};
    struct address first = address_of("203.0.113.53");
    model_network_set(model, &first, &known, NOW + 1);
    struct configured_resolver list[] = {{.address = address_of("192.168.1.1")},
        {.address = address_of("192.168.1.1"), .link = 2},
        {.address = address_of("9.9.9.9"), .use = RESOLVER_IGNORED},
        {.address = address_of("127.0.0.53")}};
    model_configured_resolvers(model, list, 4, NOW + 1);
}

static void takes_what_is_known(void **state)
{
    (void)state;
    static const struct link links[] = {{HOME, .web = true}};
    struct baseline baseline;
    char why[120];
    struct model *model = make(links, 1);
    fill(model);
    assert_true(model_baseline_take(model, NOW + 2, &baseline, why, sizeof(why)));
    assert_string_equal(baseline.network, "192.168.1.1 192.168.1.0/24");
    assert_int_equal(baseline.taken_ns, NOW + 2);
    assert_true(baseline.routes[0].known);
    assert_string_equal(baseline.routes[0].interface, "eth0");
    assert_false(baseline.routes[1].known);
    assert_int_equal(baseline.public_addresses[0].network.asn, 64496);
    assert_int_equal(baseline.public_addresses[0].network.source, NETWORK_SAID);
    assert_int_equal(baseline.public_addresses[1].address.family, FAMILY_NONE);
    assert_int_equal(baseline.egress_count, BASELINE_EGRESS);
    assert_string_equal(baseline.egress[0].network.org, "better");
    assert_int_equal(baseline.resolver_count, 2);
    /* None is there until it is set, and then it is a copy. */
    assert_null(model_baseline(model));
    model_baseline_set(model, &baseline, NOW + 2);
    baseline.taken_ns = 0;
    assert_int_equal(model_baseline(model)->taken_ns, NOW + 2);
    model_baseline_set(model, NULL, NOW + 3);
    assert_null(model_baseline(model));
    model_free(model);
}

/* What was seen before the network changed is of another network. */
static void leaves_out_what_is_old(void **state)
{
    (void)state;
    static const struct link links[] = {{HOME, .web = true}};
    struct baseline baseline;
    char why[120];
    struct model *model = make(links, 1);
    fill(model);
    struct web_route route = {.state = ROUTE_PRESENT, .interface = 2};
    route.gateway = address_of("192.168.1.254");
    model_route_set(model, FAMILY_INDEX_4, &route, NOW + 5);
    model_settle(model, NOW + 5);
    assert_true(model_baseline_take(model, NOW + 6, &baseline, why, sizeof(why)));
    assert_int_equal(baseline.public_addresses[0].address.family, FAMILY_NONE);
    assert_int_equal(baseline.egress_count, 0);
    assert_int_equal(baseline.resolver_count, 2);
    model_free(model);
}

static void refuses(void **state)
{
    (void)state;
    static const struct link home[] = {{HOME, .web = true}};
    static const struct link tunnel[] = {{HOME, .web = false},
        {"wg0", "wireguard", .address4 = "10.64.0.2", .prefix4 = 32, .web = true}};
    static const struct link bare[] = {{"eth0", "", "192.168.1.7", NULL, 24, .web = true}};
    static const struct {
        const char *name, *why;
        const struct link *links;
        size_t count;
        enum expectation expect;
        bool ipsec, file, empty;
    } cases[] = {
        {"a tunnel is up", "a tunnel is up", tunnel, 2, EXPECT_NONE, false, false, false},
        {"policies are the tunnel", "a tunnel is up", home, 1, EXPECT_NONE, true, false, false},
        {"the expected tunnel is down", "tunnel is down", home, 1, EXPECT_VPN, false, false, false},
        {"Tor", "Tor", home, 1, EXPECT_TOR, false, false, false},
        {"no gateway", "no gateway", bare, 1, EXPECT_NONE, false, false, false},
        {"a file", "capture file", home, 1, EXPECT_NONE, false, true, false},
        {"nothing seen", "nothing is known", home, 1, EXPECT_NONE, false, false, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct baseline baseline;
        struct capture_info info = {.possible = true, .file = cases[i].file};
        char why[120];
        struct model *model = make(cases[i].links, cases[i].count);
        model_expect(model, cases[i].expect, false, NOW);
        if (cases[i].ipsec)
            model_ipsec_set(model, FAMILY_INDEX_4, IPSEC_ALL, NOW);
        model_settle(model, NOW);
        model_capture_set(model, &info, NOW);
        if (!cases[i].empty)
            fill(model);
        bool taken = model_baseline_take(model, NOW + 2, &baseline, why, sizeof(why));
        if (taken || !strstr(why, cases[i].why))
            fail_msg("%s: %s \"%s\"", cases[i].name, taken ? "taken" : "refused", why);
        model_free(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks),
        cmocka_unit_test(takes_what_is_known),
        cmocka_unit_test(leaves_out_what_is_old),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
