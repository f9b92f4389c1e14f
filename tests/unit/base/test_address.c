/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static void texts_are_parsed_and_formatted(void **state)
{
    static const struct {
        const char *text, *expected; /* NULL: no address */
    } cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        {"2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"},
        {"::", "::"},
        {"::1", "::1"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
        {"fe80::1%eth0", "fe80::1"},
        {"fe80::1%", "fe80::1"},
        {"192.0.2.1%eth0", NULL},
        {"", NULL},
        {"%eth0", NULL},
        {"192.0.2", NULL},
        {"192.0.2.256", NULL},
        {"192.0.2.1 ", NULL},
        {"2001:db8::1::2", NULL},
        {"example.org", NULL},
        {"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", NULL},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct address address;
        char text[ADDRESS_TEXT];
        bool parsed = address_parse(cases[i].text, &address);
        address_format(&address, text);
        const char *expected = cases[i].expected ? cases[i].expected : "-";
        if (parsed != (cases[i].expected != NULL) || strcmp(text, expected) != 0)
            fail_msg("\"%s\": expected %s, got %s", cases[i].text, expected, text);
        if (!parsed)
            assert_int_equal(address.family, FAMILY_NONE);
    }
}

static void blocks_are_told_apart(void **state)
{
    enum { PUBLIC = 1, LOOPBACK = 2, MULTICAST = 4, LINK_LOCAL = 8 };
    static const struct {
        const char *text;
        int expected;
    } cases[] = {
        {"9.9.9.9", PUBLIC},
        {"192.0.0.9", PUBLIC},
        {"192.0.0.8", 0},
        {"0.0.0.0", 0},
        {"10.255.255.255", 0},
        {"11.0.0.0", PUBLIC},
        {"100.63.255.255", PUBLIC},
        {"100.64.0.0", 0},
        {"100.127.255.255", 0},
        {"100.128.0.0", PUBLIC},
        {"127.0.0.53", LOOPBACK},
        {"128.0.0.0", PUBLIC},
        {"169.254.1.1", LINK_LOCAL},
        {"169.255.0.0", PUBLIC},
        {"172.15.255.255", PUBLIC},
        {"172.16.0.0", 0},
        {"172.31.255.255", 0},
        {"172.32.0.0", PUBLIC},
        {"192.0.2.1", 0},
        {"192.168.1.1", 0},
        {"192.169.0.0", PUBLIC},
        {"198.17.255.255", PUBLIC},
        {"198.19.255.255", 0},
        {"198.51.100.1", 0},
        {"203.0.113.1", 0},
        {"223.255.255.255", PUBLIC},
        {"224.0.0.251", MULTICAST},
        {"239.255.255.255", MULTICAST},
        {"240.0.0.1", 0},
        {"255.255.255.255", MULTICAST},
        {"::", 0},
        {"::1", LOOPBACK},
        {"::2", 0},
        {"::ffff:9.9.9.9", 0},
        {"64:ff9b::9.9.9.9", PUBLIC},
        {"64:ff9b::10.0.0.1", 0},
        {"64:ff9b:1::1", 0},
        {"2001:4860:4860::8888", PUBLIC},
        {"2620:fe::fe", PUBLIC},
        {"2001::1", 0},
        {"2001:1::1", PUBLIC},
        {"2001:1::3", 0},
        {"2001:20::1", PUBLIC},
        {"2001:200::1", PUBLIC},
        {"2001:db8::1", 0},
        {"2002:c000:201::1", 0},
        {"3fff:fff::1", 0},
        {"3fff:1000::1", PUBLIC},
        {"4000::1", 0},
        {"fc00::1", 0},
        {"fd12:3456::1", 0},
        {"fe80::1", LINK_LOCAL},
        {"febf::1", LINK_LOCAL},
        {"fec0::1", 0},
        {"ff02::fb", MULTICAST},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct address address;
        assert_true(address_parse(cases[i].text, &address));
        int got = (address_is_public(&address) ? PUBLIC : 0) |
                  (address_is_loopback(&address) ? LOOPBACK : 0) |
                  (address_is_multicast(&address) ? MULTICAST : 0) |
                  (address_is_link_local(&address) ? LINK_LOCAL : 0);
        if (got != cases[i].expected)
            fail_msg("%s: expected %d, got %d", cases[i].text, cases[i].expected, got);
    }
    struct address none = {0};
    assert_false(address_is_public(&none));
    assert_false(address_is_loopback(&none));
    assert_false(address_is_multicast(&none));
    assert_false(address_is_link_local(&none));
}

static void equal_addresses_hash_alike(void **state)
{
    struct address a, b, mapped, none = {0}, other_none = {.bytes = {1}};
    (void)state;
    assert_true(address_parse("192.0.2.1", &a));
    b = address_from_ipv4((const uint8_t[]){192, 0, 2, 1});
    assert_true(address_equal(&a, &b));
    assert_true(address_hash(&a, 7) == address_hash(&b, 7));
    assert_true(address_hash(&a, 7) != address_hash(&b, 8));
    assert_true(address_parse("c000:201::", &mapped)); /* the same first octets, another family */
    assert_false(address_equal(&a, &mapped));
    assert_true(address_equal(&none, &other_none));
    assert_false(address_equal(&none, &a));
}

static void prefixes(void **state)
{
    (void)state;
    static const struct {
        const char *address, *base;
        unsigned length;
        bool within;
        const char *prefix; /* of address */
    } cases[] = {
        {"192.168.1.77", "192.168.1.0", 24, true, "192.168.1.0"},
        {"192.168.2.77", "192.168.1.0", 24, false, "192.168.2.0"},
        {"192.168.1.77", "192.168.1.64", 26, true, "192.168.1.64"},
        {"192.168.1.64", "192.168.1.127", 26, true, "192.168.1.64"},
        {"192.168.1.63", "192.168.1.64", 26, false, "192.168.1.0"},
        {"192.168.1.63", "192.168.1.63", 32, true, "192.168.1.63"},
        {"192.168.1.63", "192.168.1.62", 32, false, "192.168.1.63"},
        {"192.168.1.63", "10.0.0.1", 0, true, "0.0.0.0"},
        {"192.168.1.63", "192.168.1.63", 33, false, "192.168.1.63"},
        {"192.168.1.63", "::", 0, false, "0.0.0.0"},
        {"2001:db8:1:2:3::4", "2001:db8:1:2::", 64, true, "2001:db8:1:2::"},
        {"2001:db8:1:2:3::4", "2001:db8:1:3::", 63, true, "2001:db8:1:2::"},
        {"2001:db8:1:2:3::4", "2001:db8:1:3::", 64, false, "2001:db8:1:2::"},
        {"2001:db8:1:2:3::4", "2001:db8:1:2:3::4", 128, true, "2001:db8:1:2:3::4"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address address, base, none = {0};
        char text[ADDRESS_TEXT];
        assert_true(address_parse(cases[i].address, &address));
        assert_true(address_parse(cases[i].base, &base));
        if (address_within(&address, &base, cases[i].length) != cases[i].within)
            fail_msg("%s in %s/%u", cases[i].address, cases[i].base, cases[i].length);
        struct address prefix = address_prefix(&address, cases[i].length);
        assert_string_equal(address_format(&prefix, text), cases[i].prefix);
        assert_false(address_within(&none, &none, 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_parsed_and_formatted),
        cmocka_unit_test(blocks_are_told_apart),
        cmocka_unit_test(equal_addresses_hash_alike),
        cmocka_unit_test(prefixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
