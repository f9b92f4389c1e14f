/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "model/model.h"
#include "sources/probe_plan.h"

/* Who is asked directly: nobody whom programs would not ask, and nobody past an expected tunnel. */
static const struct way_case {
    const char *situation;
    struct configured_resolver resolver;
    bool vpn_expected, direct;
} ways[] = {
    {"by the uplink, nothing expected", {.interface = 2, .route_known = true}, false, true},
    {"by the uplink, a VPN expected", {.interface = 2, .route_known = true}, true, false},
    {"by the uplink inside IPsec", {.interface = 2, .route_known = true, .by_ipsec = true}, true,
        true},
    {"by the tunnel", {.interface = 3, .route_known = true}, true, true},
    {"by loopback", {.interface = 1, .route_known = true}, true, true},
    {"blocked", {.interface = 3, .route_known = true, .blocked = true}, true, false},
    {"for some domains", {.interface = 3, .route_known = true, .use = RESOLVER_SOME}, true, false},
    {"not read", {.interface = 3, .route_known = true, .use = RESOLVER_IGNORED}, true, false},
    {"fallback", {.interface = 3, .route_known = true, .use = RESOLVER_FALLBACK}, true, false},
    {"TLS alone", {.interface = 3, .route_known = true, .tls = TLS_REQUIRED}, true, false},
};

static struct model *new_model(bool vpn_expected)
{
    static const struct interface list[] = {
        {.index = 1, .name = "lo", .present = true, .role = ROLE_LOOPBACK, .role_fixed = true},
        {.index = 2, .name = "eth0", .present = true, .role = ROLE_UPLINK, .role_fixed = true},
        {.index = 3, .name = "wg0", .present = true, .role = ROLE_TUNNEL, .role_fixed = true},
    };
    struct model *model = model_new(1, 1000);
    assert_non_null(model);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        model_interface_set(model, &list[i], 1000);
    model_expect(model, vpn_expected ? EXPECT_VPN : EXPECT_NONE, false, 1000);
    return model;
}

static void who_is_asked_directly(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct model *model = new_model(ways[i].vpn_expected);
        struct configured_resolver resolver = ways[i].resolver;
        struct plan_way out[PLAN_WAYS];
        struct address none = {0};
        assert_true(address_parse("192.0.2.53", &resolver.address));
        model_configured_resolvers(model, &resolver, 1, 1000);
        size_t count = plan_ways(model, TEST_STANDARD, &none, out);
        assert_true(count > 0 && out[0].by_file);
        if ((count == 2) != ways[i].direct)
            fail_msg("%s: %zu ways", ways[i].situation, count);
        /* The file's only one is asked by the file, and not twice. */
        assert_int_equal(plan_ways(model, TEST_STANDARD, &resolver.address, out), 1);
        model_free(model);
    }
}

static void names_of_a_test(void **state)
{
    (void)state;
    size_t turn = 0;
    for (size_t ways_count = 1; ways_count <= PLAN_WAYS; ways_count++)
        for (size_t turns = 0; turns < 40; turns++) {
            const bool alone[PLAN_WAYS] = {true, true, true, true};
            struct plan_name names[PLAN_NAMES];
            assert_int_equal(
                plan_names(TEST_STANDARD, ways_count, alone, whoami_unique(), &turn, names),
                PLAN_STANDARD);
            assert_true(names[0].system && names[0].control && names[1].control);
            for (size_t i = 1; i < PLAN_STANDARD; i++) {
                assert_int_equal(names[i].row->use, WHOAMI_EGRESS);
                assert_true(names[i].way < ways_count);
                for (size_t j = 1; j < i; j++)
                    if (!names[i].control &&
                        strcmp(names[i].row->run_by, names[j].row->run_by) == 0)
                        fail_msg("%s is asked twice", names[i].row->run_by);
            }
            assert_int_equal(
                plan_names(TEST_EXTENDED, ways_count, alone, whoami_unique(), &turn, names),
                PLAN_EXTENDED);
        }
}

/* Whatever fails, the end comes, and no row twice. */
static void instead_of_what_failed(void **state)
{
    (void)state;
    uint64_t tried = 0;
    unsigned count = 0;
    const struct whoami *row = whoami_unique(), *next;
    while ((next = plan_instead(row, &tried)) && count < 64) {
        assert_ptr_not_equal(next, row);
        assert_int_equal(next->use, WHOAMI_EGRESS);
        if (count == 0)
            assert_string_not_equal(next->run_by, row->run_by);
        row = next;
        count++;
    }
    assert_true(count >= 5 && count < 64);
}

static void labels(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum whoami_label label;
        size_t length; /* of the first label */
        const char *rest;
    } cases[] = {
        {"x.example", WHOAMI_FIXED, 1, "example"},
        {"x.example", WHOAMI_HEX8, 8, "x.example"},
        {"-badsig.x.example", WHOAMI_HEX8, 15, "x.example"},
        {"x.example", WHOAMI_BASE32, 16, "x.example"},
        {"x.example", WHOAMI_UUID, 36, "x.example"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct whoami row = {.name = cases[i].name, .label = cases[i].label};
        uint8_t wire[NAME_WIRE_MAX], again[NAME_WIRE_MAX];
        size_t length, other;
        char text[NAME_TEXT_MAX];
        assert_true(plan_label(&row, wire, &length) && plan_label(&row, again, &other));
        assert_int_equal(name_equal(wire, length, again, other), cases[i].label == WHOAMI_FIXED);
        name_format(wire, length, text);
        assert_int_equal(wire[0], cases[i].length);
        assert_string_equal(text + cases[i].length + 1, cases[i].rest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_asked_directly),
        cmocka_unit_test(names_of_a_test),
        cmocka_unit_test(instead_of_what_failed),
        cmocka_unit_test(labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
