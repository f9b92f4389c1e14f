/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Team Cymru over DNS: what is asked, and what an answer may make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sources/networks_cymru.h"

struct message {
    uint8_t bytes[2048];
    size_t length;
};

static void put(struct message *message, const void *bytes, size_t length)
{
    assert_true(message->length + length <= sizeof(message->bytes));
    memcpy(message->bytes + message->length, bytes, length);
    message->length += length;
}

/* An answer with one TXT record for each text. */
static struct message answer(const char *const *texts, uint8_t rcode)
{
    struct message message = {.length = 0};
    uint8_t count = 0;
    while (texts[count])
        count++;
    const uint8_t header[] = {0, 1, 0x81, (uint8_t)(0x80 | rcode), 0, 1, 0, count, 0, 0, 0, 0};
    static const uint8_t question[] = {1, 'x', 0, 0, 16, 0, 1};
    put(&message, header, sizeof(header));
    put(&message, question, sizeof(question));
    for (size_t i = 0; i < count; i++) {
        uint8_t length = (uint8_t)strlen(texts[i]);
        const uint8_t record[] = {
            0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, (uint8_t)(length + 1), length};
        put(&message, record, sizeof(record));
        put(&message, texts[i], length);
    }
    return message;
}

static struct address address_of(const char *text)
{
    struct address address;
    assert_true(address_parse(text, &address));
    return address;
}

static void names(void **state)
{
    (void)state;
    char name[NAME_TEXT_MAX];
    struct address four = address_of("216.90.108.31"), six = address_of("2606:4700:1:2:3:4:5:6");
    networks_cymru_origin_name(&four, name); /* what is announced is no smaller than that */
    assert_string_equal(name, "0.108.90.216.origin.asn.cymru.com");
    networks_cymru_origin_name(&six, name);
    assert_string_equal(name, "2.0.0.0.1.0.0.0.0.0.7.4.6.0.6.2.origin6.asn.cymru.com");
    networks_cymru_as_name(4294967294, name);
    assert_string_equal(name, "AS4294967294.asn.cymru.com");
}

static void origins(void **state)
{
    (void)state;
    static const struct {
        const char *name, *texts[4];
        int64_t asn; /* 0: it does not tell */
        uint8_t length;
        const char *country;
    } cases[] = {
        {"as documented", {"23028 | 216.90.108.0/24 | US | arin | 1998-09-25"}, 23028, 24, "US"},
        {"several origins: the first", {"23028 64500 | 216.90.108.0/24 | US | arin |"}, 23028, 24,
            "US"},
        {"several prefixes: the longest",
            {"1 | 216.0.0.0/8 | US | arin | 1998-09-25", "2 | 216.90.108.0/24 | NL | ripencc | x",
                "3 | 216.90.0.0/16 | US | arin | x"},
            2, 24, "NL"},
        {"a prefix that does not cover it", {"1 | 192.0.2.0/24 | US | arin | x"}, 0, 0, ""},
        {"one of another family", {"1 | 2001:db8::/32 | US | arin | x"}, 0, 0, ""},
        {"no country", {"1 | 216.90.108.0/24 |  | arin | x"}, 1, 24, ""},
        {"a country that is none", {"1 | 216.90.108.0/24 | \x1b[31m | arin | x"}, 1, 24, ""},
        {"no number", {"NA | 216.90.108.0/24 | US | arin | x"}, 0, 0, ""},
        {"a number too large", {"99999999999 | 216.90.108.0/24 | US | arin | x"}, 0, 0, ""},
        {"AS 0 is nobody's", {"0 | 216.90.108.0/24 | US | arin | x"}, 0, 0, ""},
        {"a prefix too long", {"1 | 216.90.108.0/33 | US | arin | x"}, 0, 0, ""},
        {"a prefix that is none", {"1 | 216.90.108.0/-1 | US | arin | x"}, 0, 0, ""},
        {"no prefix", {"1 | 216.90.108.0 | US | arin | x"}, 0, 0, ""},
        {"two fields", {"1 | 216.90.108.0/24"}, 0, 0, ""},
        {"a portal's text", {"<html>log in</html>"}, 0, 0, ""},
        {"empty", {""}, 0, 0, ""},
        {"nothing", {NULL}, 0, 0, ""},
        {"all addresses at once", {"1 | 0.0.0.0/0 | US | x | x"}, 0, 0, ""},
        {"as large as there are", {"1 | 216.0.0.0/8 | US | x | x"}, 1, 8, "US"},
        {"bars alone", {"|||||||||||||||||||||||||"}, 0, 0, ""},
    };
    struct address asked = address_of("216.90.108.31");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct message message = answer(cases[i].texts, 0);
        struct networks_origin origin = {.asn = 0};
        bool told = networks_cymru_origin(message.bytes, message.length, &asked, &origin);
        if (told != (cases[i].asn != 0) ||
            (told && (origin.asn != cases[i].asn || origin.prefix.length != cases[i].length ||
                         strcmp(origin.country, cases[i].country) != 0)))
            fail_msg("%s: %s AS%lld /%u %s", cases[i].name, told ? "told" : "not told",
                (long long)origin.asn, (unsigned)origin.prefix.length, origin.country);
    }
}

static void as_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *org;
    } cases[] = {
        {"as documented", "23028 | US | arin | 2002-01-04 | TEAM-CYMRU, US", "TEAM-CYMRU"},
        {"commas and bars in it", "23028 | US | arin | x | A, B | C, Inc., US", "A, B | C, Inc."},
        {"another country behind it", "23028 | US | arin | x | ACME, DE", "ACME, DE"},
        {"control sequences", "23028 | US | arin | x | A\x1b[2J\\B, US", "A\\027[2J\\092B"},
        {"another number's", "23029 | US | arin | x | OTHER, US", ""},
        {"no name", "23028 | US | arin | x | ", ""},
        {"too few", "23028 | US | arin | x", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *texts[] = {cases[i].text, NULL};
        struct message message = answer(texts, 0);
        char org[64];
        bool told = networks_cymru_as(message.bytes, message.length, 23028, org, sizeof(org));
        if (told != (cases[i].org[0] != '\0') || strcmp(org, cases[i].org) != 0)
            fail_msg("%s: \"%s\"", cases[i].name, org);
    }
}

/* Cut anywhere, or with any octet changed, it tells nothing that was not there; and a refusal is
 * none. */
static void broken(void **state)
{
    (void)state;
    static const char *const texts[] = {"23028 | 216.90.108.0/24 | US | arin | 1998-09-25", NULL};
    struct address asked = address_of("216.90.108.31");
    struct networks_origin origin;
    char org[64];
    struct message whole = answer(texts, 3);
    assert_false(networks_cymru_origin(whole.bytes, whole.length, &asked, &origin));
    whole = answer(texts, 0);
    whole.bytes[2] = 0x01; /* a question */
    assert_false(networks_cymru_origin(whole.bytes, whole.length, &asked, &origin));
    whole = answer(texts, 0);
    for (size_t cut = 0; cut < whole.length; cut++)
        assert_false(networks_cymru_origin(whole.bytes, cut, &asked, &origin));
    for (size_t at = 0; at < whole.length; at++)
        for (unsigned value = 0; value < 256; value++) {
            struct message changed = whole;
            changed.bytes[at] = (uint8_t)value;
            if (networks_cymru_origin(changed.bytes, changed.length, &asked, &origin))
                assert_true(origin.asn > 0 &&
                            address_within(&asked, &origin.prefix.base, origin.prefix.length));
            (void)networks_cymru_as(changed.bytes, changed.length, 23028, org, sizeof(org));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(origins),
        cmocka_unit_test(as_names),
        cmocka_unit_test(broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
