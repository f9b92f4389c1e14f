/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/name.h"
#include "base/text.h"
#include "model/intended.h"
#include "model/model.h"
#include "views/screen/intend.h"

#define SECOND 1000000000ULL

struct asked {
    const char *what; /* the situation */
    const char *name; /* NULL: none */
    const char *program;
    enum transport transport;
    bool forwarded;
    const char *rules[INTEND_RULES]; /* in words, narrowest first */
};

static const struct asked cases[] = {
    {"a look-up", "shop.example.com", "dig", TRANSPORT_UDP, false,
        {"dig asks for shop.example.com", "dig asks anything",
            "anybody asks for shop.example.com and below",
            "anybody asks anything of 192.0.2.53 by wlan0", "anybody asks anything by wlan0"}},
    {"nobody knows who asked", "shop.example.com", "", TRANSPORT_UDP, false,
        {"anybody asks for shop.example.com of 192.0.2.53",
            "anybody asks for shop.example.com and below",
            "anybody asks anything of 192.0.2.53 by wlan0", "anybody asks anything by wlan0"}},
    {"forwarded: what runs here did not ask", "shop.example.com", "dnsmasq", TRANSPORT_UDP, true,
        {"anybody asks for shop.example.com of 192.0.2.53",
            "anybody asks for shop.example.com and below",
            "anybody asks anything of 192.0.2.53 by wlan0", "anybody asks anything by wlan0"}},
    {"encrypted, known by its name", "dns.google", "firefox", TRANSPORT_DOH, false,
        {"firefox asks for dns.google", "firefox asks anything",
            "anybody asks for dns.google and below", "anybody asks anything of 192.0.2.53 by wlan0",
            "anybody asks anything by wlan0"}},
    {"encrypted, known by its address", NULL, "firefox", TRANSPORT_DOH3, false,
        {"firefox asks anything of 192.0.2.53", "firefox asks anything",
            "anybody asks anything of 192.0.2.53 by wlan0", "anybody asks anything by wlan0"}},
    {"STUN", NULL, "firefox", TRANSPORT_STUN, false,
        {"firefox asks anything of 192.0.2.53", "firefox asks anything",
            "anybody asks anything of 192.0.2.53 by wlan0", "anybody asks anything by wlan0"}},
    {"STUN, nobody knows who", NULL, "", TRANSPORT_STUN, false,
        {"anybody asks anything of 192.0.2.53", "anybody asks anything of 192.0.2.53 by wlan0",
            "anybody asks anything by wlan0"}},
    {"the root", ".", "unbound", TRANSPORT_UDP, false,
        {"unbound asks anything of 192.0.2.53", "unbound asks anything",
            "anybody asks anything of 192.0.2.53 by wlan0", "anybody asks anything by wlan0"}},
    {"a star that was asked for is no pattern", "*.example.com", "dig", TRANSPORT_UDP, false,
        {"dig asks anything of 192.0.2.53", "dig asks anything",
            "anybody asks for *.example.com and below",
            "anybody asks anything of 192.0.2.53 by wlan0", "anybody asks anything by wlan0"}},
    {"octets that no person types", "a\\032b\\007.example\\.com.test", "my prog", TRANSPORT_UDP,
        false,
        {"my prog asks for a\\032b\\007.example\\.com.test", "my prog asks anything",
            "anybody asks for a\\032b\\007.example\\.com.test and below",
            "anybody asks anything of 192.0.2.53 by wlan0", "anybody asks anything by wlan0"}},
};

static struct lookup lookup_of(const struct asked *asked)
{
    struct lookup lookup = {.time_ns = 5 * SECOND,
        .interface = 2,
        .transport = asked->transport,
        .exposure = EXPOSURE_EXPOSED,
        .settled = true,
        .forwarded = asked->forwarded,
        .type = asked->transport == TRANSPORT_UDP ? 1 : 0};
    assert_true(address_parse("192.0.2.53", &lookup.resolver));
    assert_true(address_parse("192.0.2.7", &lookup.source));
    text_format(lookup.process.name, sizeof(lookup.process.name), "%s", asked->program);
    if (asked->name)
        lookup.name_length = (uint8_t)name_parse(asked->name, lookup.name);
    return lookup;
}

static struct model *model_with_wlan0(void)
{
    struct model *model = model_new(1, SECOND);
    assert_non_null(model);
    struct interface interface = {.index = 2, .name = "wlan0", .present = true, .up = true};
    model_interface_set(model, &interface, SECOND);
    return model;
}

/* What is shown to be copied into the configuration is understood there as the same rule. */
static void kept_by_its_line(const struct picture *picture, const struct intended *rule)
{
    char line[INTENDED_TEXT + 16];
    struct intended again;
    const char *why = "";
    intend_line(picture, rule, line, sizeof(line));
    assert_int_equal(strncmp(line, "rule = ", 7), 0);
    if (!intended_parse(line + 7, &again, &why))
        fail_msg("'%s' is not understood: %s", line, why);
    assert_string_equal(again.name, rule->name);
    assert_string_equal(again.program, rule->program);
    assert_string_equal(again.interface, rule->interface);
    assert_true(address_equal(&again.resolver, &rule->resolver));
}

static void proposes_narrowest_first(void **state)
{
    (void)state;
    struct model *model = model_with_wlan0();
    struct picture picture = {.model = model};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct intended rules[INTEND_RULES];
        struct lookup lookup = lookup_of(&cases[i]);
        assert_null(intend_refusal(&lookup));
        size_t count = intend_propose(model, &lookup, rules);
        for (size_t r = 0; r < INTEND_RULES; r++) {
            char words[600];
            const char *wanted = cases[i].rules[r];
            if ((r < count) != (wanted != NULL))
                fail_msg("%s: %zu rules", cases[i].what, count);
            if (r >= count)
                break;
            intend_words(&picture, &rules[r], SIZE_MAX, words, sizeof(words));
            if (strcmp(words, wanted) != 0)
                fail_msg("%s: '%s', not '%s'", cases[i].what, words, wanted);
            if (!model_rule_fits(model, &rules[r], &lookup))
                fail_msg("%s: '%s' does not fit what it was made for", cases[i].what, words);
            kept_by_its_line(&picture, &rules[r]);
        }
    }
    model_free(model);
}

/* 253 octets of labels are 1,000 as text where each is escaped: more than a rule holds. */
static void a_name_too_long_for_a_rule(void **state)
{
    (void)state;
    struct model *model = model_with_wlan0();
    struct intended rules[INTEND_RULES];
    struct asked asked = {.name = "short.example", .program = "dig"};
    struct lookup lookup = lookup_of(&asked);
    memset(lookup.name, 7, 201);
    lookup.name[0] = 63;
    lookup.name[64] = 63;
    lookup.name[128] = 63;
    lookup.name[192] = 8;
    lookup.name[201] = 0;
    lookup.name_length = 202;
    assert_true(name_valid(lookup.name, lookup.name_length));
    size_t count = intend_propose(model, &lookup, rules);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(rules[i].name, "");
        assert_true(model_rule_fits(model, &rules[i], &lookup));
    }
    model_free(model);
}

static void masked_it_names_no_name(void **state)
{
    (void)state;
    char text[600];
    struct model *model = model_with_wlan0();
    struct picture picture = {.model = model, .mask = true};
    struct intended rules[INTEND_RULES];
    struct lookup lookup = lookup_of(&cases[0]);
    size_t count = intend_propose(model, &lookup, rules);
    for (size_t i = 0; i < count; i++) {
        intend_words(&picture, &rules[i], SIZE_MAX, text, sizeof(text));
        assert_null(strstr(text, "shop"));
        intend_line(&picture, &rules[i], text, sizeof(text));
        assert_null(strstr(text, "shop"));
        assert_int_equal(strstr(text, "(hidden)") != NULL, rules[i].name[0] != '\0');
    }
    model_free(model);
}

static void refuses_what_is_no_leak(void **state)
{
    (void)state;
    static const struct {
        enum exposure exposure;
        enum excuse excuse;
        bool own, settled, refused;
    } rows[] = {
        {EXPOSURE_EXPOSED, EXCUSE_NONE, false, true, false},
        {EXPOSURE_BYPASS, EXCUSE_NONE, false, true, false},
        {EXPOSURE_EXPOSED, EXCUSE_NONE, false, false, true},
        {EXPOSURE_EXPOSED, EXCUSE_NONE, true, true, true},
        {EXPOSURE_TUNNELLED, EXCUSE_NONE, false, true, true},
        {EXPOSURE_INTERNAL, EXCUSE_NONE, false, true, true},
        {EXPOSURE_LAN, EXCUSE_NONE, false, true, true},
        {EXPOSURE_OPEN, EXCUSE_NONE, false, true, true},
        {EXPOSURE_OPEN, EXCUSE_SPLIT, false, true, true},
        {EXPOSURE_OPEN, EXCUSE_INTENDED, false, true, true},
        {EXPOSURE_BOOTSTRAP, EXCUSE_PEER, false, true, true},
        {EXPOSURE_UNKNOWN, EXCUSE_NONE, false, true, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lookup lookup = {.exposure = rows[i].exposure,
            .excuse = rows[i].excuse,
            .own = rows[i].own,
            .settled = rows[i].settled};
        if ((intend_refusal(&lookup) != NULL) != rows[i].refused)
            fail_msg("row %zu: %s", i, intend_refusal(&lookup) ? "refused" : "offered");
    }
}

static void counts_the_leaks_that_it_takes_back(void **state)
{
    (void)state;
    struct model *model = model_with_wlan0();
    static const struct asked asked[] = {
        {.name = "a.example", .program = "dig"},
        {.name = "b.example", .program = "dig"},
        {.name = "a.example", .program = "curl"},
        {.program = "dig", .transport = TRANSPORT_STUN},
    };
    for (size_t i = 0; i < 4; i++) {
        struct lookup lookup = lookup_of(&asked[i]);
        lookup.id = (uint16_t)i;
        model_lookup_add(model, &lookup);
    }
    struct lookup tunnelled = lookup_of(&asked[0]), own = tunnelled;
    tunnelled.exposure = EXPOSURE_TUNNELLED;
    tunnelled.id = 11;
    own.own = true;
    own.id = 12;
    model_lookup_add(model, &tunnelled);
    model_lookup_add(model, &own);
    struct lookup first = lookup_of(&asked[0]);
    struct intended rules[INTEND_RULES];
    static const unsigned covered[] = {1, 3, 2, 4, 4};
    assert_int_equal(intend_propose(model, &first, rules), 5);
    for (size_t i = 0; i < 5; i++) {
        struct intend_cover cover = intend_covers(model, &rules[i]);
        assert_int_equal(cover.leaks, 4);
        assert_int_equal(cover.covered, covered[i]);
    }
    /* What it says comes true. */
    assert_true(model_intend(model, &rules[1]));
    assert_int_equal(intend_covers(model, &rules[4]).leaks, 1);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proposes_narrowest_first),
        cmocka_unit_test(a_name_too_long_for_a_rule),
        cmocka_unit_test(masked_it_names_no_name),
        cmocka_unit_test(refuses_what_is_no_leak),
        cmocka_unit_test(counts_the_leaks_that_it_takes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
