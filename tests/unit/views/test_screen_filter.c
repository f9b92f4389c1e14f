/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/name.h"
#include "model/model.h"
#include "views/screen/filter.h"

static void matches(void **state)
{
    (void)state;
    static const struct {
        const char *filter;
        bool wanted;
    } cases[] = {
        {"", true},
        {"   ", true},
        {"shop", true},
        {"SHOP", true},
        {"nothing", false},
        {"name~hop.exam", true},
        {"name~firefox", false},
        {"app=fire", true},
        {"app=fox", false},
        {"exposure=exp", true},
        {"exposure=tunnelled", false},
        {"iface=wlan0", true},
        {"iface=wg", false},
        {"to=192.0.2", true},
        {"to=2.53", false},
        {"udp", true},
        {"wlan", true},
        {"shop app=firefox to=192", true},
        {"shop app=curl", false},
        {"app=", true},
        {"NAME~Shop APP=FIRE", true},
        {"app=a=b", false},
    };
    struct model *model = model_new(1, 1);
    assert_non_null(model);
    struct interface interface = {.index = 2, .name = "wlan0", .present = true, .up = true};
    model_interface_set(model, &interface, 1);
    struct lookup lookup = {.interface = 2,
        .exposure = EXPOSURE_EXPOSED,
        .transport = TRANSPORT_UDP,
        .process = {.pid = 7, .name = "firefox"}};
    lookup.name_length = (uint8_t)name_parse("shop.example.com", lookup.name);
    assert_true(address_parse("192.0.2.53", &lookup.resolver));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct filter filter;
        filter_set(&filter, cases[i].filter);
        if (filter_match(&filter, model, &lookup) != cases[i].wanted)
            fail_msg("'%s' must %smatch", cases[i].filter, cases[i].wanted ? "" : "not ");
    }
    model_free(model);
}

static void too_long_and_too_many(void **state)
{
    (void)state;
    char text[400];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    struct filter filter;
    filter_set(&filter, text);
    assert_int_equal(strlen(filter.text), FILTER_TEXT - 1);
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        text[i] = i % 2 ? ' ' : 'a';
    filter_set(&filter, text);
    assert_int_equal(filter.count, FILTER_TERMS);
    filter_set(&filter, filter.text);
    assert_int_equal(filter.count, FILTER_TERMS);
}

static void of_events(void **state)
{
    (void)state;
    static const struct {
        const char *typed;
        bool match;
    } cases[] = {{"", true}, {"tunnel", true}, {"WEB route", true}, {"wg0", true},
        {"iface=wg", true}, {"iface=wlan", false}, {"app=firefox", false}, {"tunnel leak", false},
        {"iface=", true}};
    struct event event = {
        .kind = "tunnel", .interface = "wg0", .text = "wg0 is the web route again"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct filter filter;
        filter_set(&filter, cases[i].typed);
        if (filter_match_event(&filter, &event) != cases[i].match)
            fail_msg("'%s'", cases[i].typed);
    }
}

static void shown_masked(void **state)
{
    (void)state;
    char out[FILTER_TEXT + 64];
    struct filter filter;
    filter_set(&filter, "secret name~also app=firefox");
    assert_string_equal(filter_show(&filter, false, out, sizeof(out)), filter.text);
    assert_string_equal(
        filter_show(&filter, true, out, sizeof(out)), "(hidden) name~(hidden) app=firefox");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches),
        cmocka_unit_test(too_long_and_too_many),
        cmocka_unit_test(of_events),
        cmocka_unit_test(shown_masked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
