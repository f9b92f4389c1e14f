/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sources/claim.h"

/* A string literal with its length, NULs inside included. */
#define TEXT(literal) literal, sizeof literal - 1

static void addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length;
        const char *expected; /* NULL: refused */
    } cases[] = {
        {TEXT("203.0.113.7"), "203.0.113.7"},
        {TEXT("203.0.113.7\n"), "203.0.113.7"},
        {TEXT(" \t203.0.113.7 \r\n\r\n"), "203.0.113.7"},
        {TEXT("2001:db8::7"), "2001:db8::7"},
        {TEXT("2001:DB8:0:0:0:0:0:7"), "2001:db8::7"},
        {TEXT("::ffff:203.0.113.7"), "203.0.113.7"},
        {TEXT("10.0.0.1"), "10.0.0.1"},
        {TEXT(""), NULL},
        {TEXT("\n"), NULL},
        {TEXT("203.0.113.7 203.0.113.8"), NULL},
        {TEXT("203.0.113.7\0.evil"), NULL},
        {TEXT("203.0.113.7\0"), NULL},
        {TEXT("203.0.113.7/24"), NULL},
        {TEXT("203.0.113.7:53"), NULL},
        {TEXT("203.0.113"), NULL},
        {TEXT("203.0.113.256"), NULL},
        {TEXT("0xcb.0.113.7"), NULL},
        {TEXT("\x1b[31m203.0.113.7"), NULL},
        {TEXT("fe80::1%eth0"), NULL},
        {TEXT("2001:db8::7%eth0"), NULL},
        {TEXT("fe80::1"), NULL},
        {TEXT("0.0.0.0"), NULL},
        {TEXT("::"), NULL},
        {TEXT("127.0.0.1"), NULL},
        {TEXT("::ffff:127.0.0.1"), NULL},
        {TEXT("255.255.255.255"), NULL},
        {TEXT("240.0.0.1"), NULL},
        {TEXT("198.18.0.7"), NULL},
        {TEXT("198.19.255.255"), NULL},
        {TEXT("198.20.0.1"), "198.20.0.1"},
        {TEXT("fc00::7"), NULL},
        {TEXT("fc00:4000::7"), "fc00:4000::7"},
        {TEXT("<html><body>203.0.113.7</body></html>"), NULL},
        {TEXT("2001:db8:1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa"), NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address got;
        char text[ADDRESS_TEXT];
        bool good = claim_address(cases[i].text, cases[i].length, &got);
        address_format(&got, text);
        const char *expected = cases[i].expected ? cases[i].expected : "-";
        if (strcmp(text, expected) != 0 || good != (cases[i].expected != NULL))
            fail_msg("'%s': expected %s, got %s", cases[i].text, expected, text);
    }
}

static void operators(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t asn;
        const char *org;
    } cases[] = {
        {"AS64500 Example Networks", 64500, "Example Networks"},
        {"AS64500", 64500, ""},
        {"as64500  Example ", 64500, "Example"},
        {"64500", 64500, ""},
        {"Example Networks", -1, "Example Networks"},
        {"1984 Hosting", -1, "1984 Hosting"},
        {"AS0 Nobody", -1, "AS0 Nobody"},
        {"AS4294967295", -1, "AS4294967295"},
        {"AS99999999999999999999", -1, "AS99999999999999999999"},
        {"AS 64500", -1, "AS 64500"},
        {"ASPIRE Ltd", -1, "ASPIRE Ltd"},
        {"", -1, ""},
        {"Evil\x1b]0;title\x07", -1, "Evil\\027]0;title\\007"},
        {"Caf\xc3\xa9", -1, "Caf\\195\\169"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct claim_network got = claim_network_none;
        claim_operator(&got, cases[i].text, strlen(cases[i].text));
        if (got.asn != cases[i].asn || strcmp(got.org, cases[i].org) != 0)
            fail_msg("'%s': got AS%lld '%s'", cases[i].text, (long long)got.asn, got.org);
    }
    /* Longer than there is room: cut, and terminated. */
    char longer[400];
    memset(longer, 'x', sizeof longer);
    struct claim_network got = claim_network_none;
    claim_operator(&got, longer, sizeof longer);
    assert_int_equal(strlen(got.org), sizeof got.org - 1);
}

static void countries(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {{"CH", "CH"}, {"ch", "CH"}, {"", ""}, {"C", ""}, {"CHE", ""}, {"C1", ""},
        {"\x1b[", ""}, {"@[", ""}, {"Switzerland", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct claim_network got = claim_network_none;
        claim_country(&got, cases[i].text, strlen(cases[i].text));
        if (strcmp(got.country, cases[i].expected) != 0)
            fail_msg(
                "'%s': expected '%s', got '%s'", cases[i].text, cases[i].expected, got.country);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),
        cmocka_unit_test(operators),
        cmocka_unit_test(countries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
