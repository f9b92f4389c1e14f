/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/nameser.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/name.h"
#include "tables/whoami.h"

static void every_row_can_be_asked(void **state)
{
    (void)state;
    size_t count;
    const struct whoami *rows = whoami_rows(&count);
    assert_true(count > 4);
    for (size_t i = 0; i < count; i++) {
        uint8_t wire[NAME_WIRE_MAX];
        size_t length = name_parse(rows[i].name, wire);
        if (length == 0 || length > NAME_WIRE_MAX - 17)
            fail_msg("%s: no name, or no room for a label", rows[i].name);
        bool address = rows[i].shape == WHOAMI_A || rows[i].shape == WHOAMI_NOTHING;
        if (rows[i].type != (address ? ns_t_a : ns_t_txt))
            fail_msg("%s: type and shape do not fit", rows[i].name);
        bool itself = rows[i].use == WHOAMI_SITE, nobody = rows[i].use == WHOAMI_ABSENT;
        if (rows[i].class != (itself ? ns_c_chaos : ns_c_in))
            fail_msg("%s: class", rows[i].name);
        if (rows[i].shape >= WHOAMI_SHAPES || (rows[i].run_by[0] == 0) != (itself || nobody))
            fail_msg("%s: incomplete", rows[i].name);
        if ((rows[i].use == WHOAMI_THROUGH) != (rows[i].means[0] != 0))
            fail_msg("%s: by way of whom?", rows[i].name);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(rows[i].name, rows[j].name);
    }
}

static void unique_rows_take_a_label(void **state)
{
    (void)state;
    assert_int_not_equal(whoami_unique()->label, WHOAMI_FIXED);
    assert_int_equal(whoami_unique()->use, WHOAMI_EGRESS);
    assert_int_not_equal(whoami_unique_else()->label, WHOAMI_FIXED);
    assert_string_not_equal(whoami_unique_else()->run_by, whoami_unique()->run_by);
}

/* Without five operators beside the unique row the standard test has no six names. */
static void the_standard_test_has_operators(void **state)
{
    (void)state;
    size_t count, operators = 0;
    const struct whoami *rows = whoami_rows(&count);
    for (size_t i = 0; i < count; i++) {
        bool had = !rows[i].standard;
        for (size_t j = 0; j < i && !had; j++)
            had = rows[j].standard && strcmp(rows[i].run_by, rows[j].run_by) == 0;
        operators += !had;
    }
    assert_true(operators >= 5);
}

static void publics(void **state)
{
    (void)state;
    size_t count;
    const struct whoami_public *rows = whoami_publics(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < 4; j++) {
            struct address address;
            assert_true(address_parse(rows[i].addresses[j], &address));
            assert_int_equal(address.family, j < 2 ? FAMILY_IPV4 : FAMILY_IPV6);
            assert_string_equal(whoami_public_operator(&address), rows[i].run_by);
        }
    static const struct {
        const char *run_by, *site;
        bool fits;
    } sites[] = {
        {"Cloudflare", "txl01", true},
        {"Cloudflare", "AMS7", true},
        {"Cloudflare", "res711.qbre1", false},
        {"Cloudflare", "txl", false},
        {"Cloudflare", "dnsmasq-2.90", false},
        {"Cloudflare", "", false},
        {"Quad9", "res711.qbre1", true},
        {"Quad9", "res120.qyul1.on.quad9.net", true},
        {"Quad9", "res711", false},
        {"Quad9", "txl01", false},
        {"Google", "anything", false},
        {"somebody", "anything", true},
    };
    for (size_t i = 0; i < sizeof sites / sizeof *sites; i++)
        if (whoami_site_fits(sites[i].run_by, sites[i].site) != sites[i].fits)
            fail_msg("%s, %s", sites[i].run_by, sites[i].site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_can_be_asked),
        cmocka_unit_test(unique_rows_take_a_label),
        cmocka_unit_test(the_standard_test_has_operators),
        cmocka_unit_test(publics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
