/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/name.h"
#include "base/text.h"
#include "model/model.h"

#define NOW (1773519243ULL * 1000000000ULL)

static const struct {
    const char *situation;
    enum browser_mode firefox, chromium; /* set to; */
    bool found;                          /* false: neither is there */
    const char *program;                 /* that asked, NULL none, */
    enum transport transport;
    enum exposure exposure;
    const char *intended; /* program marked, NULL none */
    bool expected;        /* a VPN is */
    enum state state;
    const char *says; /* in the summary */
} cases[] = {
    {"nothing found", 0, 0, false, NULL, 0, 0, NULL, true, STATE_OFF, "no browser"},
    {"the system's", BROWSER_OFF, BROWSER_OFF, true, NULL, 0, 0, NULL, true, STATE_OFF,
        "2 profiles"},
    {"one by itself", BROWSER_AUTOMATIC, BROWSER_OFF, true, NULL, 0, 0, NULL, true, STATE_WARN,
        "itself: firefox;"},
    {"both", BROWSER_SECURE, BROWSER_AUTOMATIC, true, NULL, 0, 0, NULL, true, STATE_WARN,
        "firefox, chromium"},
    {"marked as intended", BROWSER_SECURE, BROWSER_OFF, true, NULL, 0, 0, "firefox-esr", true,
        STATE_OFF, "as intended"},
    {"another is marked", BROWSER_SECURE, BROWSER_OFF, true, NULL, 0, 0, "steam", true, STATE_WARN,
        "firefox"},
    {"nothing expected", BROWSER_SECURE, BROWSER_OFF, true, NULL, 0, 0, NULL, false, STATE_OFF,
        "nothing is expected"},
    {"one not known", BROWSER_UNKNOWN, BROWSER_OFF, true, NULL, 0, 0, NULL, true, STATE_UNKNOWN,
        "1 of 2"},
    {"not known, and one by itself", BROWSER_UNKNOWN, BROWSER_SECURE, true, NULL, 0, 0, NULL, true,
        STATE_WARN, "chromium"},
    {"in the tunnel", BROWSER_SECURE, BROWSER_OFF, true, "firefox-esr", TRANSPORT_DOH,
        EXPOSURE_TUNNELLED, NULL, true, STATE_WARN, "not marked"},
    {"outside it", BROWSER_SECURE, BROWSER_OFF, true, "firefox", TRANSPORT_DOH, EXPOSURE_BYPASS,
        NULL, true, STATE_LEAK, "outside the tunnel: firefox"},
    {"outside it, whatever is set", BROWSER_OFF, BROWSER_OFF, true, "chromium-browse",
        TRANSPORT_DOH, EXPOSURE_BYPASS, NULL, true, STATE_LEAK, "chromium"},
    {"another program is outside", BROWSER_OFF, BROWSER_OFF, true, "curl", TRANSPORT_DOH,
        EXPOSURE_BYPASS, NULL, true, STATE_OFF, "2 profiles"},
};

static void asked(struct model *model, size_t i)
{
    struct lookup lookup = {.time_ns = NOW + 1,
        .interface = 2,
        .transport = cases[i].transport,
        .exposure = cases[i].exposure,
        .settled = true};
    assert_true(address_parse("192.0.2.53", &lookup.resolver));
    lookup.name_length = (uint8_t)name_parse("doh.example", lookup.name);
    lookup.process.pid = 7;
    text_format(lookup.process.name, sizeof(lookup.process.name), "%s", cases[i].program);
    model_lookup_add(model, &lookup);
}

static void each(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct model *model = model_new(1, NOW);
        struct browser_profile list[2] = {
            {.name = "firefox", .package = "native", .settings = {.mode = cases[i].firefox}},
            {.name = "chromium", .package = "native", .settings = {.mode = cases[i].chromium}}};
        static struct verdict verdict;
        model_expect(model, cases[i].expected ? EXPECT_VPN : EXPECT_NONE, false, NOW);
        model_browsers(model, list, cases[i].found ? 2 : 0, NOW);
        if (cases[i].intended) {
            struct intended rule = {0};
            text_format(rule.program, sizeof(rule.program), "%s", cases[i].intended);
            assert_true(model_intend(model, &rule));
        }
        if (cases[i].program)
            asked(model, i);
        judge_all(model, NOW + 2, &verdict);
        const struct check *check = &verdict.checks[CHECK_BROWSER_DNS];
        if (check->state != cases[i].state || !strstr(check->summary, cases[i].says))
            fail_msg("%s: %s, %s", cases[i].situation, state_word(check->state), check->summary);
        assert_int_equal(check->evidence_count, cases[i].found ? 2 : 0);
        model_free(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
