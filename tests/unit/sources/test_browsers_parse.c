/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"
#include "sources/browsers_parse.h"

#define PREF(name, value) "user_pref(\"" name "\", " value ");\n"
#define HEAD "// Mozilla User Preferences\n\n/* DO NOT\n EDIT */\n"

static const char *const modes[] = {"unknown", "off", "automatic", "secure"};

/* came: "mode provider exclusions source", or the reason after "!" */
static void describe(const struct browser_settings *settings, char *out, size_t size)
{
    if (settings->trouble[0])
        text_format(out, size, "!%s", settings->trouble);
    else
        text_format(out, size, "%s %s %u %s", modes[settings->mode],
            settings->provider[0] ? settings->provider : "-", settings->exclusions,
            settings->source[0] ? settings->source : "-");
}

static void firefox(const char *prefs, size_t length, const char *user, char *out, size_t size)
{
    struct firefox_prefs kept;
    struct browser_settings settings;
    firefox_prefs_init(&kept);
    const char *trouble = firefox_prefs_read(&kept, prefs, length);
    if (!trouble && user)
        trouble = firefox_prefs_read(&kept, user, strlen(user));
    firefox_settings(&kept, &settings);
    if (trouble)
        text_format(out, size, "!%s", trouble);
    else
        describe(&settings, out, size);
}

static const struct firefox_case {
    const char *situation, *prefs, *user, *came;
} firefox_cases[] = {
    {"empty", "", NULL, "off - 0 -"},
    {"nothing set", HEAD PREF("a.b", "\"c\\\"d\"") PREF("n", "-7"), NULL, "off - 0 -"},
    {"mode 2", PREF("network.trr.mode", "2"), NULL, "automatic - 0 network.trr.mode = 2"},
    {"mode 3 with server",
        PREF("network.trr.mode", "3") PREF("network.trr.uri", "\"https://doh.example/q\""), NULL,
        "secure doh.example 0 network.trr.mode = 3"},
    {"server's port",
        PREF("network.trr.mode", "3") PREF("network.trr.uri", "'https://[::1]:8443/'"), NULL,
        "secure [::1] 0 network.trr.mode = 3"},
    {"mode 5", PREF("network.trr.mode", "5"), NULL, "off - 0 network.trr.mode = 5"},
    {"mode 5 beats the rollout", PREF("network.trr.mode", "5") PREF("doh-rollout.mode", "2"), NULL,
        "off - 0 network.trr.mode = 5"},
    {"rollout",
        PREF("doh-rollout.mode", "2") PREF("doh-rollout.uri", "\"https://roll.example/dns\""), NULL,
        "automatic roll.example 0 doh-rollout.mode = 2"},
    {"reserved mode", PREF("network.trr.mode", "1"), NULL, "!mode 1 has no meaning"},
    {"the later one wins", PREF("network.trr.mode", "3") PREF("network.trr.mode", "5"), NULL,
        "off - 0 network.trr.mode = 5"},
    {"user.js goes over it", PREF("network.trr.mode", "5"), PREF("network.trr.mode", "3"),
        "secure - 0 network.trr.mode = 3"},
    {"user.js is damaged", PREF("network.trr.mode", "5"), "user_pref(\"network.trr.mode\", 3",
        "!is half-written"},
    {"exclusions", PREF("network.trr.excluded-domains", "\"a.example, b.example,,\""), NULL,
        "off - 2 -"},
    {"set in a comment", "// " PREF("network.trr.mode", "3"), NULL, "off - 0 -"},
    {"set in a string", PREF("x", "\"user_pref('network.trr.mode', 3);\""), NULL, "off - 0 -"},
    {"several on a line", "user_pref('a',1);user_pref('network.trr.mode',3);", NULL,
        "secure - 0 network.trr.mode = 3"},
    {"escaped name", PREF("network\\x2etrr.\\u006dode", "3"), NULL,
        "secure - 0 network.trr.mode = 3"},
    {"mode as text", PREF("network.trr.mode", "\"3\""), NULL, "!has a mode that is no number"},
    {"mode as boolean", PREF("network.trr.mode", "true"), NULL, "!has a mode that is no number"},
    {"negative mode", PREF("network.trr.mode", "-1"), NULL, "!has a mode that is no number"},
    {"huge mode", PREF("network.trr.mode", "99999999999999999999"), NULL,
        "!has a number that is too large"},
    {"server with escapes",
        PREF("network.trr.mode", "2") PREF("network.trr.uri", "\"https://a\\u001b[31m/\""), NULL,
        "automatic a\\027[31m 0 network.trr.mode = 2"},
    {"credentials in it",
        PREF("network.trr.mode", "2") PREF("network.trr.uri", "\"https://me@doh.example/\""), NULL,
        "automatic - 0 network.trr.mode = 2"},
    {"no https", PREF("network.trr.mode", "2") PREF("network.trr.uri", "\"doh.example\""), NULL,
        "automatic - 0 network.trr.mode = 2"},
    {"HTML", "<html>", NULL, "!is no list of settings"},
    {"something else called", "lockPref(\"network.trr.mode\", 3);", NULL,
        "!is no list of settings"},
    {"open comment", "/* ", NULL, "!ends within a comment"},
};

static void test_firefox(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(firefox_cases) / sizeof(firefox_cases[0]); i++) {
        const struct firefox_case *row = &firefox_cases[i];
        char came[200];
        firefox(row->prefs, strlen(row->prefs), row->user, came, sizeof(came));
        if (strcmp(came, row->came) != 0)
            fail_msg("%s: %s, not %s", row->situation, came, row->came);
    }
}

/* Cut anywhere but behind a whole setting, nothing is believed; nothing is read beyond the end. */
static void test_firefox_cut(void **state)
{
    (void)state;
    static const char whole[] = HEAD PREF("a", "\"\\u0041\\\"\"") PREF("network.trr.mode", "3");
    size_t head = strlen(HEAD);
    for (size_t cut = head; cut < sizeof(whole) - 1; cut++) {
        char *part = malloc(cut), came[200];
        assert_non_null(part);
        memcpy(part, whole, cut);
        firefox(part, cut, NULL, came, sizeof(came));
        bool between = cut == head || whole[cut - 1] == ';' || whole[cut - 1] == '\n';
        if (between != (came[0] != '!'))
            fail_msg("cut at %zu: %s", cut, came);
        free(part);
    }
}

static void test_firefox_other_encodings(void **state)
{
    (void)state;
    static const char wide[] = "\xff\xfeu\0s\0e\0r\0";
    static const char marked[] = "\xef\xbb\xbfuser_pref(\"network.trr.mode\", 3);";
    static const char hole[] = "user_pref(\"a\", 1);\n\0user_pref(\"network.trr.mode\", 3);";
    char came[200];
    firefox(wide, sizeof(wide), NULL, came, sizeof(came));
    assert_string_equal(came, "!is no text");
    firefox(marked, sizeof(marked) - 1, NULL, came, sizeof(came));
    assert_string_equal(came, "!is no list of settings");
    firefox(hole, sizeof(hole) - 1, NULL, came, sizeof(came));
    assert_string_equal(came, "!is no text");
}

#define POLICY(inside) "{\"policies\":{\"DNSOverHTTPS\":{" inside "}}}"
#define SERVER "\"ProviderURL\":\"https://work.example/q\""

static const struct policy_case {
    const char *situation, *prefs, *policies, *came;
} policy_cases[] = {
    {"no policies", PREF("network.trr.mode", "3"), "{}", "secure - 0 network.trr.mode = 3"},
    {"rollout, no policies", PREF("doh-rollout.mode", "2"), "{\"policies\":{}}",
        "automatic - 0 doh-rollout.mode = 2"},
    {"rollout, another policy", PREF("doh-rollout.mode", "2"), "{\"policies\":{\"X\":true}}",
        "off - 0 -"},
    {"on", "", POLICY("\"Enabled\":true," SERVER), "automatic work.example 0 policy DNSOverHTTPS"},
    {"on without falling back", "", POLICY("\"Enabled\":true,\"Fallback\":false"),
        "secure - 0 policy DNSOverHTTPS"},
    {"off, chosen on", PREF("network.trr.mode", "3"), POLICY("\"Enabled\":false"),
        "secure - 0 network.trr.mode = 3"},
    {"off and locked, chosen on", PREF("network.trr.mode", "3"),
        POLICY("\"Enabled\":false,\"Locked\":true"), "off - 0 policy DNSOverHTTPS"},
    {"exclusions", "", POLICY("\"ExcludedDomains\":[\"a\",\"b\"]"), "off - 2 -"},
    {"mode is no boolean", "", POLICY("\"Enabled\":1"),
        "!has a DNSOverHTTPS that is not as it is known"},
    {"server is no text", "", POLICY("\"ProviderURL\":[]"),
        "!has a DNSOverHTTPS that is not as it is known"},
    {"a list", "", "{\"policies\":[]}", "!is no list of policies"},
    {"half-written", "", "{\"policies\":{", "!is no JSON, or half-written"},
    {"nothing", "", "", "!is no JSON, or half-written"},
};

static void test_firefox_policies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(policy_cases) / sizeof(policy_cases[0]); i++) {
        const struct policy_case *row = &policy_cases[i];
        struct firefox_prefs prefs;
        struct browser_settings settings;
        char came[200];
        firefox_prefs_init(&prefs);
        assert_null(firefox_prefs_read(&prefs, row->prefs, strlen(row->prefs)));
        const char *trouble = firefox_policies_read(&prefs, row->policies, strlen(row->policies));
        firefox_settings(&prefs, &settings);
        if (trouble)
            text_format(came, sizeof(came), "!%s", trouble);
        else
            describe(&settings, came, sizeof(came));
        if (strcmp(came, row->came) != 0)
            fail_msg("%s: %s, not %s", row->situation, came, row->came);
    }
}

static const struct chromium_case {
    const char *situation, *state, *came;
} chromium_cases[] = {
    {"nothing set", "{}", "automatic - 0 -"},
    {"no mode", "{\"dns_over_https\":{\"templates\":\"\"}}", "automatic - 0 -"},
    {"off", "{\"dns_over_https\":{\"mode\":\"off\",\"templates\":\"https://a.example/\"}}",
        "off - 0 dns_over_https.mode = off"},
    {"automatic", "{\"dns_over_https\":{\"mode\":\"automatic\"}}",
        "automatic - 0 dns_over_https.mode = automatic"},
    {"secure",
        "{\"dns_over_https\":{\"mode\":\"secure\",\"templates\":\"https://a.example/q{?dns}\"}}",
        "secure a.example 0 dns_over_https.mode = secure"},
    {"two servers",
        "{\"dns_over_https\":{\"mode\":\"secure\",\"templates\":\"https://a/ https://b/\"}}",
        "secure - 0 dns_over_https.mode = secure"},
    {"unheard-of mode", "{\"dns_over_https\":{\"mode\":\"maybe\"}}",
        "!dns_over_https.mode has no known value"},
    {"mode is no text", "{\"dns_over_https\":{\"mode\":3}}",
        "!dns_over_https is not as it is known"},
    {"settings are a list", "{\"dns_over_https\":[]}", "!dns_over_https is not as it is known"},
    {"mode elsewhere", "{\"a\":{\"dns_over_https\":{\"mode\":\"secure\"}}}", "automatic - 0 -"},
    {"a list", "[]", "!is no JSON, or half-written"},
    {"nothing", "", "!is no JSON, or half-written"},
    {"more behind it", "{} {}", "!is no JSON, or half-written"},
};

static void test_chromium(void **state)
{
    (void)state;
    struct browser_settings settings;
    char came[200];
    for (size_t i = 0; i < sizeof(chromium_cases) / sizeof(chromium_cases[0]); i++) {
        const struct chromium_case *row = &chromium_cases[i];
        chromium_settings(row->state, strlen(row->state), &settings);
        describe(&settings, came, sizeof(came));
        if (strcmp(came, row->came) != 0)
            fail_msg("%s: %s, not %s", row->situation, came, row->came);
        for (size_t cut = 0; cut < strlen(row->state); cut++) {
            chromium_settings(row->state, cut, &settings);
            if (row->came[0] != '!' && settings.mode != BROWSER_UNKNOWN)
                fail_msg("%s: cut at %zu, believed", row->situation, cut);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_firefox),
        cmocka_unit_test(test_firefox_cut),
        cmocka_unit_test(test_firefox_other_encodings),
        cmocka_unit_test(test_firefox_policies),
        cmocka_unit_test(test_chromium),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
