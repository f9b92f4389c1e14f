/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "sources/publicip_parse.h"

static const struct publicip_service text = {.form = PUBLICIP_TEXT, .address = "", .statement = ""};
static const struct publicip_service json = {.form = PUBLICIP_JSON,
    .address = "/ip",
    .asn = "/asn",
    .network = "/org",
    .country = "/country",
    .statement = "/using"};
static const struct publicip_service deep = {.form = PUBLICIP_JSON,
    .address = "/ip",
    .asn = "/geo/more/as_number",
    .network = "/geo/isp",
    .country = "",
    .statement = ""};
static const struct publicip_service lines = {.form = PUBLICIP_LINES,
    .address = "ip",
    .asn = "",
    .network = "",
    .country = "loc",
    .statement = "warp"};

#define BODY(literal) literal, sizeof literal - 1

struct body_case {
    const char *situation;
    const struct publicip_service *service;
    enum address_family family;
    const char *body;
    size_t length;
    const char *address; /* "-": refused */
    int64_t asn;
    const char *org, *country;
};

static const struct body_case cases[] = {
    {"plain", &text, FAMILY_IPV4, BODY("203.0.113.7"), "203.0.113.7", -1, "", ""},
    {"plain with line end", &text, FAMILY_IPV4, BODY("203.0.113.7\r\n"), "203.0.113.7", -1, "", ""},
    {"plain IPv6", &text, FAMILY_IPV6, BODY("2001:db8::7\n"), "2001:db8::7", -1, "", ""},
    {"IPv6 on the IPv4 question", &text, FAMILY_IPV4, BODY("2001:db8::7\n"), "-", -1, "", ""},
    {"IPv4 on the IPv6 question", &text, FAMILY_IPV6, BODY("203.0.113.7"), "-", -1, "", ""},
    {"mapped, over IPv4", &text, FAMILY_IPV4, BODY("::ffff:203.0.113.7"), "203.0.113.7", -1, "",
        ""},
    {"mapped, over IPv6", &text, FAMILY_IPV6, BODY("::ffff:203.0.113.7"), "-", -1, "", ""},
    {"empty", &text, FAMILY_IPV4, BODY(""), "-", -1, "", ""},
    {"a web page", &text, FAMILY_IPV4, BODY("<!DOCTYPE html><p>203.0.113.7</p>"), "-", -1, "", ""},
    {"two addresses", &text, FAMILY_IPV4, BODY("203.0.113.7, 203.0.113.8"), "-", -1, "", ""},
    {"junk behind it", &text, FAMILY_IPV4, BODY("203.0.113.7\nhello"), "-", -1, "", ""},
    {"NUL behind it", &text, FAMILY_IPV4, BODY("203.0.113.7\0hello"), "-", -1, "", ""},
    {"escape sequence", &text, FAMILY_IPV4, BODY("\x1b[1m203.0.113.7"), "-", -1, "", ""},
    {"loopback", &text, FAMILY_IPV4, BODY("127.0.0.1"), "-", -1, "", ""},
    {"private", &text, FAMILY_IPV4, BODY("10.1.2.3"), "-", -1, "", ""},
    {"private, of a carrier", &text, FAMILY_IPV4, BODY("100.64.1.2"), "-", -1, "", ""},
    {"unique local", &text, FAMILY_IPV6, BODY("fd00::7"), "-", -1, "", ""},

    {"JSON", &json, FAMILY_IPV4,
        BODY("{\"ip\":\"203.0.113.7\",\"asn\":\"AS64500\",\"org\":\"Example\",\"country\":\"ch\"}"),
        "203.0.113.7", 64500, "Example", "CH"},
    {"JSON, AS in the network's name", &json, FAMILY_IPV6,
        BODY("{\"ip\":\"2001:db8::7\",\"org\":\"AS64500 Example\"}\n"), "2001:db8::7", 64500,
        "Example", ""},
    {"JSON, AS as a number, below", &deep, FAMILY_IPV4,
        BODY("{\"ip\":\"203.0.113.7\",\"geo\":{\"isp\":\"Example\",\"more\":{\"as_number\":64500}}"
             "}"),
        "203.0.113.7", 64500, "Example", ""},
    {"JSON, the path leads through no object", &deep, FAMILY_IPV4,
        BODY("{\"ip\":\"203.0.113.7\",\"geo\":[1,2]}"), "203.0.113.7", -1, "", ""},
    {"JSON, other fields of the wrong type", &json, FAMILY_IPV4,
        BODY("{\"ip\":\"203.0.113.7\",\"asn\":{},\"org\":[],\"country\":7}"), "203.0.113.7", -1, "",
        ""},
    {"JSON, AS out of range", &json, FAMILY_IPV4,
        BODY("{\"ip\":\"203.0.113.7\",\"asn\":4294967296}"), "203.0.113.7", -1, "", ""},
    {"JSON, negative AS", &json, FAMILY_IPV4, BODY("{\"ip\":\"203.0.113.7\",\"asn\":-5}"),
        "203.0.113.7", -1, "", ""},
    {"JSON, the network's name made to deceive", &json, FAMILY_IPV4,
        BODY("{\"ip\":\"203.0.113.7\",\"org\":\"a\\u001b]0;x\\u0007\\u202eb\"}"), "203.0.113.7", -1,
        "a\\027]0;x\\007\\226\\128\\174b", ""},
    {"JSON, null", &json, FAMILY_IPV4, BODY("{\"ip\":null}"), "-", -1, "", ""},
    {"JSON, a number", &json, FAMILY_IPV4, BODY("{\"ip\":203}"), "-", -1, "", ""},
    {"JSON, no such key", &json, FAMILY_IPV4, BODY("{\"error\":\"rate limited\"}"), "-", -1, "",
        ""},
    {"JSON, other letter case", &json, FAMILY_IPV4, BODY("{\"IP\":\"203.0.113.7\"}"), "-", -1, "",
        ""},
    {"JSON, the key twice", &json, FAMILY_IPV4,
        BODY("{\"ip\":\"203.0.113.7\",\"ip\":\"203.0.113.8\"}"), "-", -1, "", ""},
    {"JSON, an array", &json, FAMILY_IPV4, BODY("[\"203.0.113.7\"]"), "-", -1, "", ""},
    {"JSON, a string", &json, FAMILY_IPV4, BODY("\"203.0.113.7\""), "-", -1, "", ""},
    {"JSON, cut", &json, FAMILY_IPV4, BODY("{\"ip\":\"203.0.113.7\""), "-", -1, "", ""},
    {"JSON, junk behind it", &json, FAMILY_IPV4, BODY("{\"ip\":\"203.0.113.7\"}<html>"), "-", -1,
        "", ""},
    {"JSON, NUL in the value", &json, FAMILY_IPV4, BODY("{\"ip\":\"203.0.113.7\\u0000\"}"), "-", -1,
        "", ""},
    {"JSON, octets that are no UTF-8", &json, FAMILY_IPV4,
        BODY("{\"ip\":\"203.0.113.7\",\"org\":\"\xff\xfe\"}"), "-", -1, "", ""},
    {"a web page for JSON", &json, FAMILY_IPV4, BODY("<html>"), "-", -1, "", ""},

    {"lines", &lines, FAMILY_IPV4, BODY("fl=1\nh=x\nip=203.0.113.7\nts=1\nloc=CH\nwarp=off\n"),
        "203.0.113.7", -1, "", "CH"},
    {"lines, the last one not ended", &lines, FAMILY_IPV6, BODY("loc=XX1\nip=2001:db8::7"),
        "2001:db8::7", -1, "", ""},
    {"lines, the key within another", &lines, FAMILY_IPV4, BODY("zip=203.0.113.7\n"), "-", -1, "",
        ""},
    {"lines, a longer key", &lines, FAMILY_IPV4, BODY("ipx=203.0.113.7\n"), "-", -1, "", ""},
    {"lines, no value", &lines, FAMILY_IPV4, BODY("ip=\nloc=CH\n"), "-", -1, "", ""},
    {"lines, only the key", &lines, FAMILY_IPV4, BODY("ip"), "-", -1, "", ""},
    {"lines, empty ones", &lines, FAMILY_IPV4, BODY("\n\n\n"), "-", -1, "", ""},
};

static void bodies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct body_case *one = &cases[i];
        struct publicip_said said;
        const char *why = NULL;
        char address[ADDRESS_TEXT];
        bool good = publicip_parse(one->service, one->family, one->body, one->length, &said, &why);
        address_format(&said.address, address);
        if (strcmp(address, one->address) != 0 || said.network.asn != one->asn ||
            strcmp(said.network.org, one->org) != 0 ||
            strcmp(said.network.country, one->country) != 0)
            fail_msg("%s: got %s, AS%lld, '%s', '%s'", one->situation, address,
                (long long)said.network.asn, said.network.org, said.network.country);
        if (!why || good != (why[0] == '\0') || good != (one->address[0] != '-'))
            fail_msg("%s: said '%s'", one->situation, why ? why : "(null)");
    }
}

/* Why it was refused, in words that tell one cause from another. */
static void reasons(void **state)
{
    (void)state;
    static const struct {
        const struct publicip_service *service;
        const char *body, *why;
    } wrong[] = {
        {&text, "", "empty answer"},
        {&text, "<!DOCTYPE html><p>sign in</p>", "a web page"},
        {&json, " \r\n\t<HTML>", "a web page"},
        {&lines, "\xef\xbb\xbf<?xml version='1.0'?>", "a web page"},
        {&text, "192.168.1.1", "private address"},
        {&json, "{\"ip\":\"fd00::1\"}", "other family"},
        {&json, "{\"ip\":[]}", "names no address"},
        {&json, "{\"ip\":1e308}", "names no address"},
        {&json, "{\"ip\":\"hello\"}", "is no address"},
        {&json, "[1]", "no JSON object"},
        {&text, "not here", "no address"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct publicip_said said;
        const char *why = NULL;
        assert_false(publicip_parse(
            wrong[i].service, FAMILY_IPV4, wrong[i].body, strlen(wrong[i].body), &said, &why));
        if (!why || !strstr(why, wrong[i].why))
            fail_msg("'%s': '%s', not '%s'", wrong[i].body, why ? why : "(null)", wrong[i].why);
    }
}

/* What is no plain yes or no is no statement. */
static void statements(void **state)
{
    (void)state;
    static const struct {
        const struct publicip_service *service;
        const char *body;
        enum ternary using;
    } rows[] = {
        {&json, "{\"ip\":\"203.0.113.7\",\"using\":true}", TERNARY_YES},
        {&json, "{\"ip\":\"203.0.113.7\",\"using\":false}", TERNARY_NO},
        {&json, "{\"ip\":\"203.0.113.7\",\"using\":null}", TERNARY_UNKNOWN},
        {&json, "{\"ip\":\"203.0.113.7\",\"using\":\"true\"}", TERNARY_UNKNOWN},
        {&json, "{\"ip\":\"203.0.113.7\",\"using\":1}", TERNARY_UNKNOWN},
        {&json, "{\"ip\":\"203.0.113.7\",\"using\":{\"using\":true}}", TERNARY_UNKNOWN},
        {&json, "{\"ip\":\"203.0.113.7\"}", TERNARY_UNKNOWN},
        {&lines, "ip=203.0.113.7\nwarp=on\n", TERNARY_YES},
        {&lines, "ip=203.0.113.7\nwarp=plus", TERNARY_YES},
        {&lines, "warp=off\nip=203.0.113.7\n", TERNARY_NO},
        {&lines, "ip=203.0.113.7\nwarp=\n", TERNARY_UNKNOWN},
        {&lines, "ip=203.0.113.7\nwarp=offline\n", TERNARY_UNKNOWN},
        {&deep, "{\"ip\":\"203.0.113.7\",\"using\":true}", TERNARY_UNKNOWN},
        {&text, "203.0.113.7", TERNARY_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct publicip_said said;
        assert_true(publicip_parse(
            rows[i].service, FAMILY_IPV4, rows[i].body, strlen(rows[i].body), &said, NULL));
        if (said.using != rows[i].using)
            fail_msg("'%s': %d", rows[i].body, (int)said.using);
    }
}

/* Deeper than any answer, within what may be read. */
static void nested(void **state)
{
    (void)state;
    char body[PUBLICIP_BODY_MAX];
    struct publicip_said said;
    memset(body, '[', sizeof body);
    assert_false(publicip_parse(&json, FAMILY_IPV4, body, sizeof body, &said, NULL));
    for (size_t i = 0; i + 5 <= sizeof body; i += 5)
        memcpy(body + i, "{\"a\":", 5);
    assert_false(publicip_parse(&json, FAMILY_IPV4, body, sizeof body, &said, NULL));
}

static void too_long(void **state)
{
    (void)state;
    static char body[PUBLICIP_BODY_MAX + 1];
    struct publicip_said said;
    memset(body, ' ', sizeof body);
    memcpy(body, "203.0.113.7", 11);
    assert_true(publicip_parse(&text, FAMILY_IPV4, body, sizeof body - 1, &said, NULL));
    assert_false(publicip_parse(&text, FAMILY_IPV4, body, sizeof body, &said, NULL));
    assert_int_equal(said.address.family, FAMILY_NONE);
}

/* No octet changed or missing makes more of an answer than it was. */
static void every_cut(void **state)
{
    (void)state;
    static const char whole[] = "{\"ip\":\"203.0.113.7\",\"asn\":\"AS64500\"}";
    struct publicip_said said;
    for (size_t cut = 0; cut < sizeof whole - 1; cut++) {
        char piece[sizeof whole];
        memcpy(piece + sizeof piece - cut, whole, cut);
        if (publicip_parse(&json, FAMILY_IPV4, piece + sizeof piece - cut, cut, &said, NULL))
            fail_msg("cut after %zu octets and taken", cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies),
        cmocka_unit_test(reasons),
        cmocka_unit_test(statements),
        cmocka_unit_test(nested),
        cmocka_unit_test(too_long),
        cmocka_unit_test(every_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
