/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/model.h"
#include "views/programs.h"
#include "views/screen/filter.h"

/* Programs: their order, their words, and which of them a filter lets through. */

static struct app apps[] = {
    {.name = "quiet", .user = "ana", .lookups = 90, .tunnelled = 90, .last_ns = 5},
    {.name = "unknown", .lookups = 2, .tunnelled = 2, .last_ns = 9},
    {.name = "leaks",
        .user = "ana",
        .lookups = 4,
        .tunnelled = 1,
        .exposed = 2,
        .bypass = 1,
        .leaked_ns = 3,
        .last_ns = 4},
    {.name = "splits", .user = "bob", .connects = 7, .connected_ns = 3, .last_ns = 3},
    {.name = "opens", .user = "bob", .lookups = 1, .open = 1, .last_ns = 8},
    {.name = "shouts",
        .user = "root",
        .lookups = 1,
        .transports = 1U << TRANSPORT_MDNS | 1U << TRANSPORT_LLMNR,
        .last_ns = 2},
    {.name = "leaks",
        .user = "bob",
        .lookups = 100,
        .tunnelled = 97,
        .exposed = 3,
        .leaked_ns = 3,
        .last_ns = 7},
};
#define APPS (sizeof(apps) / sizeof(apps[0]))

static size_t read_programs(const struct model *model, struct program out[static APPS])
{
    for (size_t i = 0; i < APPS; i++)
        out[i] = (struct program){&apps[i], judge_app_harm(model, &apps[i])};
    return APPS;
}

static void orders(void **state)
{
    (void)state;
    static const size_t wanted[PROGRAM_SORTS][APPS] = {
        [PROGRAMS_BY_HARM] = {6, 2, 3, 4, 5, 0, 1},
        [PROGRAMS_BY_LOOKUPS] = {6, 0, 2, 1, 4, 5, 3},
        [PROGRAMS_BY_OUTSIDE] = {6, 2, 0, 1, 4, 5, 3},
        [PROGRAMS_BY_CONNECTS] = {3, 6, 2, 0, 1, 4, 5},
        [PROGRAMS_BY_LAST] = {1, 4, 6, 0, 2, 3, 5},
        [PROGRAMS_BY_NAME] = {2, 6, 4, 0, 5, 3, 1},
    };
    struct model *model = model_new(1, 1);
    assert_non_null(model);
    for (enum program_sort sort = 0; sort < PROGRAM_SORTS; sort++) {
        struct program list[APPS];
        programs_sort(list, read_programs(model, list), sort);
        for (size_t i = 0; i < APPS; i++)
            if (list[i].app != &apps[wanted[sort][i]])
                fail_msg("%s: place %zu is %s of %s", programs_sort_word(sort), i,
                    list[i].app->name, list[i].app->user);
    }
    model_free(model);
}

static void symbols(void **state)
{
    (void)state;
    static const char wanted[APPS + 1] = "+?X!o!X";
    struct model *model = model_new(1, 1);
    struct program list[APPS];
    read_programs(model, list);
    for (size_t i = 0; i < APPS; i++)
        if (programs_symbol(&list[i]) != wanted[i])
            fail_msg("%s: %c", apps[i].name, programs_symbol(&list[i]));
    /* Cleared: those look-ups make no row red any more. */
    model_clear_latch(model, 6);
    assert_int_equal(judge_app_harm(model, &apps[2]), APP_TUNNELLED);
    assert_int_equal(judge_app_harm(model, &apps[3]), APP_INTERNAL);
    /* Meant so: its connections are nobody's verdict. */
    struct model *other = model_new(1, 1);
    struct intended rule = {.program = "splits"};
    assert_true(model_intend(other, &rule));
    assert_int_equal(judge_app_harm(other, &apps[3]), APP_INTERNAL);
    /* What it does with Tor. */
    struct app tor = {.name = "curl", .tor_addresses = 1, .tor_ns = 9, .handed_ns = 9};
    assert_int_equal(judge_app_harm(other, &tor), APP_HANDS);
    tor = (struct app){.name = "curl", .tor_names = 1, .tor_ns = 9, .open = 1};
    assert_int_equal(judge_app_harm(other, &tor), APP_MIXED);
    tor.open = 0;
    assert_int_equal(judge_app_harm(other, &tor), APP_TOR);
    model_free(other);
    model_free(model);
}

static void words(void **state)
{
    (void)state;
    char text[PROGRAM_TEXT];
    struct model *model = model_new(1, 1);
    assert_non_null(model);
    assert_string_equal(
        programs_counts(model, &apps[2], text), "4 look-ups: 1 tunnelled, 2 exposed, 1 bypass");
    assert_string_equal(
        programs_counts(model, &apps[3], text), "0 look-ups; 7 connections outside the tunnel");
    assert_string_equal(programs_counts(model, &apps[4], text), "1 look-up: 1 open");
    struct app tor = {.lookups = 2,
        .exposed = 2,
        .connects = 1,
        .tor_names = 5,
        .tor_addresses = 2,
        .tor_looked_up = 1,
        .stun = 1,
        .stun_outside = 1,
        .by_transport = {[TRANSPORT_TCP] = 1, [TRANSPORT_DOH] = 1}};
    model_expect(model, EXPECT_TOR, false, 1);
    assert_string_equal(programs_counts(model, &tor, text),
        "2 look-ups: 2 exposed; 1 connection outside Tor; 1 STUN request, 1 outside Tor; to Tor: 5 "
        "by name, 2 by address, 1 of them looked up");
    assert_string_equal(programs_transport_counts(&tor, text), "tcp 1, doh 1");
    model_free(model);
    assert_string_equal(programs_transports(&apps[5], text), "mdns, llmnr");
    assert_string_equal(programs_transports(&apps[3], text), "-");
    struct app app = {.name = "forwarded from 172.17.0.2"};
    assert_string_equal(programs_name(&app, false, text), "forwarded from 172.17.0.2");
    assert_string_equal(programs_name(&app, true, text), "forwarded from (hidden)");
    assert_string_equal(programs_resolvers(&app, 1, text), "-");
    static const struct {
        size_t known, most;
        const char *wanted;
    } cases[] = {
        {1, 1, "192.0.2.1"},
        {2, 1, "192.0.2.1 +1"},
        {2, 2, "192.0.2.1, 192.0.2.2"},
        {4, 1, "192.0.2.1 +3~"},
        {4, 4, "192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4, ~"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(app.resolvers, 0, sizeof(app.resolvers));
        for (size_t j = 0; j < cases[i].known; j++) {
            char address[16];
            snprintf(address, sizeof(address), "192.0.2.%u", (unsigned)(j + 1));
            assert_true(address_parse(address, &app.resolvers[j]));
        }
        assert_string_equal(programs_resolvers(&app, cases[i].most, text), cases[i].wanted);
    }
}

static void ways(void **state)
{
    (void)state;
    char text[PROGRAM_TEXT];
    struct model *model = model_new(1, 1);
    struct interface wlan = {.index = 2, .name = "wlan0", .present = true, .up = true};
    struct interface tunnel = {.index = 3, .name = "wg0", .present = true, .up = true};
    model_interface_set(model, &wlan, 1);
    model_interface_set(model, &tunnel, 1);
    struct app app = {.interfaces = {3}};
    assert_string_equal(programs_interfaces(model, &app, text), "wg0");
    app.connects = 1;
    app.connected_by = 2;
    assert_string_equal(programs_interfaces(model, &app, text), "wg0, wlan0");
    app.interfaces[1] = 2;
    assert_string_equal(programs_interfaces(model, &app, text), "wg0, wlan0");
    memset(app.interfaces, 0, sizeof(app.interfaces));
    app.connects = 0;
    assert_string_equal(programs_interfaces(model, &app, text), "-");
    model_free(model);
}

static void filters(void **state)
{
    (void)state;
    static const struct {
        const char *filter;
        unsigned wanted; /* bit per program */
    } cases[] = {
        {"", 0x7f},
        {"app=leaks", 0x44},
        {"app=eaks", 0},
        {"name~eak", 0x44},
        {"leaks bob", 0x40},
        {"exposure=exposed", 0x44},
        {"exposure=bypass", 0x04},
        {"exposure=connects", 0x08},
        {"exposure=local", 0x20},
        {"mdns", 0x20},
        {"iface=wlan", 0x08},
        {"to=192", 0},
    };
    struct model *model = model_new(1, 1);
    struct interface wlan = {.index = 2, .name = "wlan0", .present = true, .up = true};
    model_interface_set(model, &wlan, 1);
    apps[3].connected_by = 2;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct filter filter;
        filter_set(&filter, cases[i].filter);
        for (size_t a = 0; a < APPS; a++)
            if (filter_match_app(&filter, model, &apps[a]) != ((cases[i].wanted >> a & 1U) == 1))
                fail_msg("'%s' and %s", cases[i].filter, apps[a].name);
    }
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders),
        cmocka_unit_test(symbols),
        cmocka_unit_test(words),
        cmocka_unit_test(ways),
        cmocka_unit_test(filters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
