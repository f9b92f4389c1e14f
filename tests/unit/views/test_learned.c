/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/name.h"
#include "views/learned.h"
#include "views/screen/filter.h"

/* What an observer learned, from what the model counted. */

#define BIT(sight) ((uint8_t)(1U << (sight)))

static void grasps(void **state)
{
    (void)state;
    static const struct {
        enum observer observer;
        struct learned learned;
        enum grasp wanted;
        char symbol;
    } cases[] = {
        {OBSERVER_ISP, {.count = 0}, GRASP_NOTHING, '-'},
        {OBSERVER_ISP, {.count = 3, .how = BIT(SIGHT_ENCRYPTED)}, GRASP_TIME, '~'},
        {OBSERVER_NETWORK, {.count = 3, .unasked = 3, .how = BIT(SIGHT_ENCRYPTED)}, GRASP_TIME,
            '~'},
        {OBSERVER_TUNNEL, {.count = 3, .how = BIT(SIGHT_ENCRYPTED)}, GRASP_TIME, '~'},
        /* The resolver itself reads them. */
        {OBSERVER_RESOLVER, {.count = 3, .how = BIT(SIGHT_ENCRYPTED)}, GRASP_EXPECTED, '+'},
        {OBSERVER_RESOLVER, {.count = 3, .unasked = 1, .how = BIT(SIGHT_ENCRYPTED)}, GRASP_LEAK,
            'X'},
        /* Its name was seen as well. */
        {OBSERVER_ISP, {.count = 3, .how = BIT(SIGHT_ENCRYPTED) | BIT(SIGHT_LOOKUP)}, GRASP_OPEN,
            'o'},
        {OBSERVER_ISP, {.count = 1, .unasked = 1, .how = BIT(SIGHT_TLS)}, GRASP_LEAK, 'X'},
        {OBSERVER_ISP, {.count = 9, .unasked = 1, .how = BIT(SIGHT_LOOKUP)}, GRASP_LEAK, 'X'},
        {OBSERVER_ISP, {.count = 1, .unasked = 1, .how = BIT(SIGHT_LOOKUP), .presumed = true},
            GRASP_PRESUMED, '?'},
        {OBSERVER_NETWORK, {.count = 5, .how = BIT(SIGHT_LOCAL)}, GRASP_NEIGHBOUR, '!'},
        {OBSERVER_NETWORK, {.count = 5, .how = BIT(SIGHT_HTTP)}, GRASP_OPEN, 'o'},
        {OBSERVER_TUNNEL, {.count = 5, .how = BIT(SIGHT_SOCKS)}, GRASP_EXPECTED, '+'},
        {OBSERVER_TUNNEL, {.count = 5, .unasked = 5, .how = BIT(SIGHT_LOOKUP)}, GRASP_LEAK, 'X'},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum grasp grasp = learned_grasp(&cases[i].learned, cases[i].observer);
        if (grasp != cases[i].wanted || learned_symbol(grasp) != cases[i].symbol)
            fail_msg("case %zu is %c", i, learned_symbol(grasp));
    }
}

enum { SHOP, INSIDE, NAMELESS, PRINTER, ROUTER, COUNT };

static struct observed rows[COUNT] = {
    [SHOP] = {.serial = 1,
        .last_ns = 5,
        .by = {[OBSERVER_ISP] = {.count = 2, .unasked = 2, .last_ns = 4, .how = BIT(SIGHT_LOOKUP)},
            [OBSERVER_TUNNEL] = {.count = 7, .last_ns = 5, .how = BIT(SIGHT_LOOKUP)}}},
    [INSIDE] = {.serial = 2,
        .last_ns = 9,
        .by = {[OBSERVER_ISP] = {.count = 9, .last_ns = 9, .how = BIT(SIGHT_ENCRYPTED)}}},
    [NAMELESS] = {.serial = 3,
        .last_ns = 8,
        .by = {[OBSERVER_ISP] = {.count = 1, .last_ns = 8, .how = BIT(SIGHT_ENCRYPTED)}}},
    [PRINTER] = {.serial = 4,
        .last_ns = 7,
        .program = "cupsd",
        .by = {[OBSERVER_NETWORK] = {.count = 4, .last_ns = 7, .how = BIT(SIGHT_LOCAL)}}},
    [ROUTER] = {.serial = 5,
        .last_ns = 6,
        .by = {[OBSERVER_ISP] = {.count = 3,
                   .unasked = 3,
                   .last_ns = 6,
                   .how = BIT(SIGHT_LOOKUP),
                   .presumed = true}}},
};

static int name_rows(void **state)
{
    (void)state;
    static const char *const names[COUNT] = {[SHOP] = "shop.example.com",
        [INSIDE] = "dns.google",
        [PRINTER] = "_ipp._tcp.local",
        [ROUTER] = "router.example"};
    static uint8_t wire[COUNT][NAME_WIRE_MAX];
    for (size_t i = 0; i < COUNT; i++) {
        rows[i].name_length = names[i] ? (uint8_t)name_parse(names[i], wire[i]) : 0;
        rows[i].name = wire[i];
        if (!address_parse("9.9.9.9", &rows[i].server))
            return -1;
        if (!address_parse("192.0.2.7", &rows[i].by[OBSERVER_ISP].from))
            return -1;
    }
    return 0;
}

static void orders(void **state)
{
    (void)state;
    static const struct {
        enum observer observer;
        enum learned_sort sort;
        uint16_t wanted[COUNT];
    } cases[] = {
        {OBSERVER_COUNT, LEARNED_BY_HARM, {SHOP, PRINTER, ROUTER, INSIDE, NAMELESS}},
        {OBSERVER_COUNT, LEARNED_BY_LAST, {INSIDE, NAMELESS, PRINTER, ROUTER, SHOP}},
        {OBSERVER_COUNT, LEARNED_BY_COUNT, {INSIDE, SHOP, PRINTER, ROUTER, NAMELESS}},
        {OBSERVER_COUNT, LEARNED_BY_NAME, {PRINTER, NAMELESS, INSIDE, ROUTER, SHOP}},
        {OBSERVER_ISP, LEARNED_BY_COUNT, {INSIDE, ROUTER, SHOP, NAMELESS, PRINTER}},
        {OBSERVER_NETWORK, LEARNED_BY_HARM, {PRINTER, ROUTER, NAMELESS, INSIDE, SHOP}},
    };
    const struct observed *list[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        list[i] = &rows[i];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint16_t order[COUNT];
        learned_order(list, COUNT, cases[i].observer, cases[i].sort, order);
        for (size_t place = 0; place < COUNT; place++)
            if (order[place] != cases[i].wanted[place])
                fail_msg("case %zu: place %zu is row %u", i, place, order[place]);
    }
}

static void words(void **state)
{
    (void)state;
    char text[LEARNED_TEXT];
    assert_string_equal(learned_name(&rows[SHOP], false, text), "shop.example.com");
    assert_string_equal(learned_name(&rows[SHOP], true, text), "(hidden)");
    assert_string_equal(learned_name(&rows[INSIDE], false, text), "inside dns.google");
    assert_string_equal(learned_name(&rows[INSIDE], true, text), "inside (hidden)");
    assert_string_equal(learned_name(&rows[NAMELESS], false, text), "inside 9.9.9.9");
    struct learned both = {.how = BIT(SIGHT_LOOKUP) | BIT(SIGHT_STATUS)};
    assert_string_equal(learned_how(&both, text), "look-up, certificate status");
    struct learned_total total = {0};
    for (size_t i = 0; i < COUNT; i++)
        learned_add(&total, &rows[i], OBSERVER_ISP);
    assert_int_equal(total.times, 15);
    assert_string_equal(
        learned_total_text(&total, text), "2 names (2 leaked, 1 presumed) + 2 encrypted");
    assert_true(total.from[0].family != FAMILY_NONE && total.from[1].family == FAMILY_NONE);
    memset(&total, 0, sizeof(total));
    for (size_t i = 0; i < COUNT; i++)
        learned_add(&total, &rows[i], OBSERVER_TUNNEL);
    assert_string_equal(learned_total_text(&total, text), "1 name");
}

static void filters(void **state)
{
    (void)state;
    static const struct {
        const char *filter;
        unsigned wanted; /* bit per row */
    } cases[] = {
        {"", 0x1f},
        {"name~shop", 1U << SHOP},
        {"inside", 1U << INSIDE | 1U << NAMELESS},
        {"app=cups", 1U << PRINTER},
        {"exposure=exposed", 1U << SHOP},
        {"exposure=tunnelled", 1U << SHOP},
        {"exposure=lan", 1U << PRINTER},
        {"encrypted", 1U << INSIDE | 1U << NAMELESS},
        {"to=9.9", 0x1f},
        {"to=8", 0},
    };
    struct model *model = model_new(1, 1);
    assert_non_null(model);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct filter filter;
        filter_set(&filter, cases[i].filter);
        for (size_t r = 0; r < COUNT; r++)
            if (filter_match_observed(&filter, model, &rows[r]) !=
                ((cases[i].wanted >> r & 1U) == 1))
                fail_msg("'%s' and row %zu", cases[i].filter, r);
    }
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grasps),
        cmocka_unit_test(orders),
        cmocka_unit_test(words),
        cmocka_unit_test(filters),
    };
    return cmocka_run_group_tests(tests, name_rows, NULL);
}
