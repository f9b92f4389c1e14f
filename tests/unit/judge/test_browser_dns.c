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
    {"both", BROWSER_SECURE, BROWSER_SECURE, true, NULL, 0, 0, NULL, true, STATE_WARN,
        "firefox, chromium"},
    {"Chromium's default alone", BROWSER_OFF, BROWSER_AUTOMATIC, true, NULL, 0, 0, NULL, true,
        STATE_OFF, "2 profiles"},
    {"Chromium's default, in use", BROWSER_OFF, BROWSER_AUTOMATIC, true, "chromium", TRANSPORT_DOH,
        EXPOSURE_TUNNELLED, NULL, true, STATE_WARN, "itself: chromium;"},
    {"automatic, all plain", BROWSER_AUTOMATIC, BROWSER_OFF, true, "firefox", TRANSPORT_UDP,
        EXPOSURE_TUNNELLED, NULL, true, STATE_OFF, "yet all by plain DNS: firefox"},
    {"secure, yet plain", BROWSER_SECURE, BROWSER_OFF, true, "firefox", TRANSPORT_UDP,
        EXPOSURE_TUNNELLED, NULL, true, STATE_WARN, "otherwise than it is set to: firefox"},
    {"secure, yet plain, so meant", BROWSER_SECURE, BROWSER_OFF, true, "firefox", TRANSPORT_TCP,
        EXPOSURE_TUNNELLED, "firefox", true, STATE_WARN, "otherwise than it is set to: firefox"},
    {"secure, yet plain, nothing expected", BROWSER_SECURE, BROWSER_OFF, true, "firefox",
        TRANSPORT_UDP, EXPOSURE_OPEN, NULL, false, STATE_WARN, "otherwise"},
    {"another is plain", BROWSER_SECURE, BROWSER_OFF, true, "chromium", TRANSPORT_UDP,
        EXPOSURE_TUNNELLED, NULL, true, STATE_WARN, "itself: firefox;"},
    {"secure, plain by multicast", BROWSER_SECURE, BROWSER_OFF, true, "firefox", TRANSPORT_MDNS,
        EXPOSURE_LAN, NULL, true, STATE_WARN, "itself: firefox;"},
    {"off, yet its own", BROWSER_OFF, BROWSER_OFF, true, "firefox", TRANSPORT_DOH,
        EXPOSURE_TUNNELLED, NULL, true, STATE_WARN, "itself: firefox;"},
    {"Tor", BROWSER_TOR, BROWSER_OFF, true, NULL, 0, 0, NULL, true, STATE_OFF, "2 profiles"},
    {"Tor, yet it asked", BROWSER_TOR, BROWSER_OFF, true, "firefox", TRANSPORT_DOH,
        EXPOSURE_TUNNELLED, NULL, true, STATE_WARN, "otherwise than it is set to: firefox"},
    {"as intended, in the tunnel", BROWSER_SECURE, BROWSER_OFF, true, "firefox", TRANSPORT_DOH,
        EXPOSURE_TUNNELLED, "firefox", true, STATE_OK, "as intended: firefox"},
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

static void asked(
    struct model *model, const char *program, enum transport transport, enum exposure exposure)
{
    struct lookup lookup = {.time_ns = NOW + 1,
        .interface = 2,
        .transport = transport,
        .exposure = exposure,
        .settled = true};
    assert_true(address_parse("192.0.2.53", &lookup.resolver));
    lookup.name_length = (uint8_t)name_parse("doh.example", lookup.name);
    lookup.process.pid = 7;
    text_format(lookup.process.name, sizeof(lookup.process.name), "%s", program);
    model_lookup_add(model, &lookup);
}

static void each(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct model *model = model_new(1, NOW);
        struct browser_profile list[2] = {
            {.name = "firefox", .package = "native", .settings = {.mode = cases[i].firefox}},
            {.name = "chromium",
                .package = "native",
                .chromium = true,
                .settings = {.mode = cases[i].chromium}}};
        static struct verdict verdict;
        model_expect(model, cases[i].expected ? EXPECT_VPN : EXPECT_NONE, false, NOW);
        model_browsers(model, list, cases[i].found ? 2 : 0, NOW);
        if (cases[i].intended) {
            struct intended rule = {0};
            text_format(rule.program, sizeof(rule.program), "%s", cases[i].intended);
            assert_true(model_intend(model, &rule));
        }
        if (cases[i].program)
            asked(model, cases[i].program, cases[i].transport, cases[i].exposure);
        judge_all(model, NOW + 2, &verdict);
        const struct check *check = &verdict.checks[CHECK_BROWSER_DNS];
        if (check->state != cases[i].state || !strstr(check->summary, cases[i].says))
            fail_msg("%s: %s, %s", cases[i].situation, state_word(check->state), check->summary);
        assert_true(check->evidence_count >= (cases[i].found ? 2 : 0));
        assert_true(cases[i].found || check->evidence_count == 0);
        model_free(model);
    }
}

/* What a browser that is set to DNS over HTTPS alone was seen to ask by plain DNS. */
static const struct trap {
    const char *situation;
    bool chromium;
    enum browser_mode mode;
    const char *name;
    uint16_t type;
    const char *process, *user, *command;
    bool early; /* before the setting was known */
    bool contradiction;
} traps[] = {
    {"a name", false, BROWSER_SECURE, "www.example.com", 1, "firefox-esr", "ana", "", false, true},
    {"its server's", false, BROWSER_SECURE, "doh.example.org", 1, "firefox", "ana", "", false,
        false},
    {"below its server's", false, BROWSER_SECURE, "a.doh.example.org", 28, "firefox", "ana", "",
        false, false},
    {"beside its server's", false, BROWSER_SECURE, "example.org", 1, "firefox", "ana", "", false,
        true},
    {"excepted", false, BROWSER_SECURE, "corp.example", 1, "firefox", "ana", "", false, false},
    {"below one excepted", false, BROWSER_SECURE, "a.B.example", 28, "firefox", "ana", "", false,
        false},
    {"ends like one excepted", false, BROWSER_SECURE, "notcorp.example", 1, "firefox", "ana", "",
        false, true},
    {"canary", false, BROWSER_SECURE, "use-application-dns.net", 1, "firefox", "ana", "", false,
        false},
    {"canary, asked by Chromium", true, BROWSER_SECURE, "use-application-dns.net", 1, "chromium",
        "ana", "", false, true},
    {"heuristics", false, BROWSER_SECURE, "www.youtube.com", 1, "firefox", "ana", "", false, false},
    {"visited", false, BROWSER_SECURE, "www.youtube.com", 65, "firefox", "ana", "", false, true},
    {"portal", false, BROWSER_SECURE, "detectportal.firefox.com", 28, "firefox", "ana", "", false,
        false},
    {"NAT64", false, BROWSER_SECURE, "ipv4only.arpa", 28, "firefox", "ana", "", false, false},
    {"one label", false, BROWSER_SECURE, "printer", 1, "firefox", "ana", "", false, false},
    {"the neighbours'", false, BROWSER_SECURE, "nas.local", 1, "firefox", "ana", "", false, false},
    {"made by chance", true, BROWSER_SECURE, "qwhfjkdsla", 1, "chromium", "ana", "", false, false},
    {"Chromium, a name", true, BROWSER_SECURE, "www.example.com", 65, "chromium", "ana", "", false,
        true},
    {"somebody else's", false, BROWSER_SECURE, "www.example.com", 1, "firefox", "ben", "", false,
        false},
    {"another program", false, BROWSER_SECURE, "www.example.com", 1, "curl", "ana", "", false,
        false},
    {"before it was set", false, BROWSER_SECURE, "www.example.com", 1, "firefox", "ana", "", true,
        false},
    {"automatic", false, BROWSER_AUTOMATIC, "www.example.com", 1, "firefox", "ana", "", false,
        false},
    {"off", false, BROWSER_OFF, "www.example.com", 1, "firefox", "ana", "", false, false},
    {"Tor Browser beside it", false, BROWSER_SECURE, "www.example.com", 1, "firefox", "ana",
        "./firefox --class Tor Browser -profile TorBrowser/Data", false, false},
    {"Tor, a name", false, BROWSER_TOR, "www.example.com", 1, "firefox", "ana", "", false, true},
    {"Tor, its canary", false, BROWSER_TOR, "use-application-dns.net", 1, "firefox", "ana", "",
        false, true},
};

static void test_traps(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++) {
        const struct trap *row = &traps[i];
        struct model *model = model_new(1, NOW);
        struct browser_profile profile = {.name = row->chromium ? "chromium" : "firefox",
            .package = "native",
            .chromium = row->chromium,
            .user = "ana",
            .settings = {.mode = row->mode,
                .provider = "doh.example.org",
                .excluded = "corp.example, .b.example"}};
        struct lookup lookup = {.time_ns = NOW + 2,
            .interface = 2,
            .type = row->type,
            .exposure = EXPOSURE_TUNNELLED,
            .settled = true};
        static struct verdict verdict;
        model_browsers(model, &profile, 1, NOW + (row->early ? 3 : 1));
        lookup.name_length = (uint8_t)name_parse(row->name, lookup.name);
        lookup.process.pid = 7;
        text_format(lookup.process.name, sizeof(lookup.process.name), "%s", row->process);
        text_format(lookup.process.user, sizeof(lookup.process.user), "%s", row->user);
        model_command(model, &lookup.process, row->command);
        model_lookup_add(model, &lookup);
        judge_all(model, NOW + 4, &verdict);
        const struct check *check = &verdict.checks[CHECK_BROWSER_DNS];
        if ((check->state == STATE_WARN && strstr(check->summary, "otherwise")) !=
            row->contradiction)
            fail_msg("%s: %s, %s", row->situation, state_word(check->state), check->summary);
        model_free(model);
    }
}

/* Of two profiles of one browser it does not show which one asked. */
static void test_two_profiles(void **state)
{
    (void)state;
    for (int both = 0; both < 2; both++) {
        struct model *model = model_new(1, NOW);
        static struct verdict verdict;
        struct browser_profile list[] = {
            {.name = "firefox", .package = "native", .profile = "a", .settings = {BROWSER_SECURE}},
            {.name = "firefox",
                .package = "snap",
                .profile = "b",
                .settings = {both ? BROWSER_SECURE : BROWSER_OFF}}};
        model_browsers(model, list, 2, NOW);
        asked(model, "firefox", TRANSPORT_UDP, EXPOSURE_TUNNELLED);
        judge_all(model, NOW + 4, &verdict);
        assert_int_equal(
            strstr(verdict.checks[CHECK_BROWSER_DNS].summary, "otherwise") != NULL, both);
        model_free(model);
    }
}

/* What is read anew and is the same changes nothing; else the setting is known since then. */
static void test_since(void **state)
{
    (void)state;
    struct model *model = model_new(1, NOW);
    struct browser_profile row = {.name = "firefox", .package = "native"};
    row.settings.mode = BROWSER_OFF;
    model_browsers(model, &row, 1, NOW + 1);
    uint64_t revision = model_revision(model);
    model_browsers(model, &row, 1, NOW + 2);
    assert_int_equal(model_browser_at(model, 0)->since_ns, NOW + 1);
    assert_int_equal(model_revision(model), revision);
    row.settings.webrtc = BROWSER_WEBRTC_OFF;
    model_browsers(model, &row, 1, NOW + 3);
    assert_int_equal(model_browser_at(model, 0)->since_ns, NOW + 1);
    assert_true(model_revision(model) > revision);
    row.settings.mode = BROWSER_SECURE;
    model_browsers(model, &row, 1, NOW + 4);
    assert_int_equal(model_browser_at(model, 0)->since_ns, NOW + 4);
    model_browsers(model, NULL, 0, NOW + 5);
    assert_int_equal(model_browser_count(model), 0);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each), cmocka_unit_test(test_traps),
        cmocka_unit_test(test_two_profiles), cmocka_unit_test(test_since)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
