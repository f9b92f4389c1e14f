/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/name.h"
#include "base/text.h"
#include "model/model.h"
#include "views/log.h"
#include "views/report.h"

#define SECOND 1000000000ULL

/* Leaks of every kind, and how the reports tell them. */
static const struct kind {
    const char *name; /* NULL: none */
    const char *server, *program;
    enum transport transport;
    enum certainty certainty;
    enum exposure exposure;
    uint16_t type;
    const char *learned;               /* NULL: nothing */
    const char *json_name, *json_type; /* NULL: null */
    const char *text;                  /* behind time and "X " */
} kinds[] = {
    {.name = "shop.example.com",
        .server = "192.0.2.53",
        .program = "dig",
        .exposure = EXPOSURE_EXPOSED,
        .type = 28,
        .json_name = "shop.example.com",
        .json_type = "AAAA",
        .text = "exposed eth0 > 192.0.2.53 udp AAAA shop.example.com  dig 7 ana"},
    {.name = "dns.google",
        .server = "8.8.8.8",
        .program = "firefox",
        .transport = TRANSPORT_DOH,
        .certainty = CERTAINTY_NAME,
        .exposure = EXPOSURE_BYPASS,
        .json_name = "dns.google",
        .text = "bypass eth0 > 8.8.8.8 doh dns.google (name seen)  firefox 7 ana"},
    {.server = "1.1.1.1",
        .program = "firefox",
        .transport = TRANSPORT_DOH3,
        .certainty = CERTAINTY_ADDRESS,
        .exposure = EXPOSURE_BYPASS,
        .text = "bypass eth0 > 1.1.1.1 doh3 - (address alone)  firefox 7 ana"},
    {.name = "2.dnscrypt-cert.example.com",
        .server = "192.0.2.44",
        .program = "dnscrypt-proxy",
        .transport = TRANSPORT_DNSCRYPT,
        .exposure = EXPOSURE_BYPASS,
        .type = 16,
        .json_name = "2.dnscrypt-cert.example.com",
        .json_type = "TXT",
        .text = "bypass eth0 > 192.0.2.44 dnscrypt TXT 2.dnscrypt-cert.example.com  dnscrypt-proxy "
                "7 ana"},
    {.server = "198.51.100.9",
        .program = "firefox",
        .transport = TRANSPORT_STUN,
        .exposure = EXPOSURE_EXPOSED,
        .learned = "203.0.113.9",
        .text = "exposed eth0 > 198.51.100.9 stun, learned 203.0.113.9  firefox 7 ana"},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static struct model *model_with_leaks(void)
{
    struct model *model = model_new(1, SECOND);
    assert_non_null(model);
    struct interface interface = {
        .index = 2, .name = "eth0", .present = true, .up = true, .role = ROLE_UPLINK};
    interface.role_fixed = true;
    model_interface_set(model, &interface, SECOND);
    model_expect(model, EXPECT_VPN, false, SECOND);
    for (size_t i = 0; i < KINDS; i++) {
        const struct kind *kind = &kinds[i];
        struct lookup lookup = {.time_ns = (2 + i) * SECOND,
            .interface = 2,
            .transport = kind->transport,
            .certainty = kind->certainty,
            .exposure = kind->exposure,
            .settled = true,
            .id = (uint16_t)i,
            .type = kind->type,
            .process = {.pid = 7, .user = "ana"}};
        text_format(lookup.process.name, sizeof(lookup.process.name), "%s", kind->program);
        assert_true(address_parse(kind->server, &lookup.resolver));
        assert_true(address_parse("192.0.2.7", &lookup.source));
        if (kind->name)
            lookup.name_length = (uint8_t)name_parse(kind->name, lookup.name);
        if (kind->learned)
            assert_true(address_parse(kind->learned, &lookup.answers[0]));
        model_lookup_add(model, &lookup);
    }
    return model;
}

static char *report_of(const struct model *model, bool json, bool mask)
{
    char *text = NULL;
    size_t length = 0;
    static struct verdict verdict;
    struct report_options options = {.mask = mask, .start_ns = SECOND, .end_ns = 9 * SECOND};
    judge_all(model, 9 * SECOND, &verdict);
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    assert_int_equal((json ? report_json : report_text)(out, model, &verdict, &options), 0);
    fclose(out);
    return text;
}

static void is_text(const json_t *object, const char *key, const char *wanted)
{
    const json_t *value = json_object_get(object, key);
    assert_non_null(value);
    if (wanted ? !json_is_string(value) || strcmp(json_string_value(value), wanted) != 0
               : !json_is_null(value))
        fail_msg("%s is not %s", key, wanted ? wanted : "null");
}

static json_t *leaks_of(const struct model *model, bool mask, json_t **report)
{
    char *text = report_of(model, true, mask);
    *report = json_loads(text, 0, NULL);
    free(text);
    assert_non_null(*report);
    return json_object_get(*report, "leaks");
}

static void tells_each_kind(void **state)
{
    (void)state;
    struct model *model = model_with_leaks();
    char *text = report_of(model, false, false);
    json_t *report, *leaks = leaks_of(model, false, &report);
    assert_int_equal(json_array_size(leaks), KINDS);
    for (size_t i = 0; i < KINDS; i++) {
        char line[200];
        const json_t *leak = json_array_get(leaks, i);
        is_text(leak, "name", kinds[i].json_name);
        is_text(leak, "type", kinds[i].json_type);
        is_text(leak, "transport", transport_word(kinds[i].transport));
        is_text(leak, "exposure", exposure_word(kinds[i].exposure));
        is_text(leak, "resolver", kinds[i].server);
        text_format(line, sizeof(line), " X %s\n", kinds[i].text);
        if (!strstr(text, line))
            fail_msg("no line '%s' in\n%s", line, text);
    }
    /* A STUN server is no resolver. */
    json_t *used = json_object_get(json_object_get(report, "resolvers"), "used");
    assert_int_equal(json_array_size(used), KINDS - 1);
    /* Inside an encrypted connection answers are not seen, which is not none. */
    for (size_t i = 0; i < KINDS - 1; i++) {
        const json_t *row = json_array_get(used, i);
        bool plain = strcmp(json_string_value(json_object_get(row, "transport")), "udp") == 0;
        assert_int_equal(json_is_integer(json_object_get(row, "answers")), plain);
        assert_int_equal(json_is_null(json_object_get(row, "answers")), !plain);
    }
    free(text);
    json_decref(report);
    model_free(model);
}

static void leaves_out_what_is_intended(void **state)
{
    (void)state;
    struct model *model = model_with_leaks();
    json_t *report, *leaks;
    assert_true(model_intend(model, &(struct intended){.program = "firefox"}));
    char *text = report_of(model, false, false);
    assert_null(strstr(text, "X bypass eth0 > 8.8.8.8"));
    assert_null(strstr(text, " stun, learned"));
    assert_non_null(strstr(text, "X exposed eth0 > 192.0.2.53"));
    assert_non_null(strstr(text, "outside the tunnel, and no leak\n"
                                 "  2 look-ups: marked as intended\n"));
    free(text);
    leaks = leaks_of(model, false, &report);
    assert_int_equal(json_array_size(leaks), 2);
    json_decref(report);
    /* And with all of them taken back there is no section of leaks. */
    assert_true(model_intend(model, &(struct intended){.interface = "eth0"}));
    text = report_of(model, false, false);
    assert_null(strstr(text, "\nleaks\n"));
    free(text);
    model_free(model);
}

static char *text_of(const char *path)
{
    char *text = NULL;
    size_t length = 0;
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_true(getdelim(&text, &length, '\0', file) >= 0);
    fclose(file);
    return text;
}

static char *log_of(const struct model *model, bool mask)
{
    char *text;
    static struct verdict verdict;
    judge_all(model, 9 * SECOND, &verdict);
    char path[] = "/tmp/leaktop-log-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct log_view *log = log_view_new(fd, path, mask);
    assert_non_null(log);
    assert_true(log_view_write(log, model, &verdict, 9 * SECOND));
    log_view_free(log);
    text = text_of(path);
    unlink(path);
    return text;
}

static void logs_each_kind(void **state)
{
    (void)state;
    struct model *model = model_with_leaks();
    char *text = log_of(model, false), *rest = NULL;
    size_t found = 0;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        json_t *entry = json_loads(line, 0, NULL);
        assert_non_null(entry);
        if (json_object_get(entry, "exposure")) {
            assert_true(found < KINDS);
            const struct kind *kind = &kinds[found++];
            is_text(entry, "name", kind->json_name);
            is_text(entry, "type", kind->json_type);
            is_text(entry, "transport", transport_word(kind->transport));
            is_text(entry, "learned", kind->learned);
            is_text(entry, "certainty", kind->certainty ? certainty_word(kind->certainty) : NULL);
        }
        json_decref(entry);
    }
    assert_int_equal(found, KINDS);
    free(text);
    model_free(model);
}

static void masks_names_and_what_was_learned(void **state)
{
    (void)state;
    static const char *const hidden[] = {"shop", "dns.google", "dnscrypt-cert", "203.0.113.9"};
    struct model *model = model_with_leaks();
    char *texts[] = {
        report_of(model, false, true), report_of(model, true, true), log_of(model, true)};
    for (size_t t = 0; t < 3; t++) {
        for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
            if (strstr(texts[t], hidden[i]))
                fail_msg("'%s' is in text %zu although masked:\n%s", hidden[i], t, texts[t]);
        assert_non_null(strstr(texts[t], "(hidden)"));
        free(texts[t]);
    }
    model_free(model);
}

/* The rows of views 3 and 4, in the same words. */
static void tells_programs_and_observers(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "\napplications, worst first\n",
        "  X dig (ana): leaks; 1 look-up: 1 exposed\n"
        "      by eth0  over udp  to 192.0.2.53  last ",
        "  X firefox (ana): leaks; 2 look-ups: 2 bypass; 1 STUN request, 1 outside the tunnel\n"
        "      by eth0  over doh, doh3  to 8.8.8.8, 1.1.1.1  last ",
        "\nas an observer saw it\n  local network: 1 name (1 leaked) + 3 encrypted, 4 times\n",
        "  resolver: 1 name (1 leaked) + 3 encrypted, 4 times\n",
        "  VPN: 0 names, 0 times\n",
        "  X shop.example.com  X local network x1, ? ISP x1, X resolver x1, last ",
        "  X inside dns.google  ~ local network x1, ~ ISP x1, X resolver x1, last ",
        "  X inside 1.1.1.1  ~ local network x1,",
        "cookies, logins, fingerprints",
    };
    struct model *model = model_with_leaks();
    char *text = report_of(model, false, false);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        if (!strstr(text, wanted[i]))
            fail_msg("not in the report: %s\n%s", wanted[i], text);
    free(text);
    text = report_of(model, false, true);
    assert_null(strstr(text, "shop.example.com"));
    assert_null(strstr(text, "dns.google"));
    assert_non_null(strstr(text, "  X inside (hidden)  ~ local network x1,"));
    free(text);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_each_kind),
        cmocka_unit_test(tells_programs_and_observers),
        cmocka_unit_test(leaves_out_what_is_intended),
        cmocka_unit_test(logs_each_kind),
        cmocka_unit_test(masks_names_and_what_was_learned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
