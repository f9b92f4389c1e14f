/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const uint8_t octets[] = {1, 2, 3, 4, 5, 6, 7};

static void numbers_are_read_in_network_order(void **state)
{
    struct cursor cursor = cursor_over(octets, sizeof octets, 0);
    (void)state;
    assert_int_equal(cursor_u8(&cursor), 1);
    assert_int_equal(cursor_u16(&cursor), 0x0203);
    assert_int_equal(cursor_u32(&cursor), 0x04050607);
    assert_false(cursor.failed);
    assert_int_equal(cursor_left(&cursor), 0);
    assert_int_equal(cursor_offset(&cursor), 7);
}

static void failure_stays(void **state)
{
    struct cursor cursor = cursor_over(octets, 3, 0);
    (void)state;
    assert_int_equal(cursor_u32(&cursor), 0); /* one octet short */
    assert_true(cursor.failed);
    assert_int_equal(cursor_u8(&cursor), 0); /* although there is one */
    assert_null(cursor_take(&cursor, 0));
    assert_false(cursor_skip(&cursor, 1));
    assert_false(cursor_cut(&cursor));
}

static void the_last_octet_and_the_one_behind(void **state)
{
    struct cursor cursor = cursor_over(octets, 2, 0);
    (void)state;
    assert_true(cursor_skip(&cursor, 2));
    assert_non_null(cursor_take(&cursor, 0));
    assert_false(cursor_skip(&cursor, 1));
    cursor = cursor_over(octets, 2, 0);
    assert_false(cursor_skip(&cursor, SIZE_MAX));
}

static void cut_is_not_wrong(void **state)
{
    struct cursor cursor = cursor_over(octets, 2, 5);
    (void)state;
    cursor_u32(&cursor);
    assert_true(cursor_cut(&cursor));
    cursor_spoil(&cursor);
    assert_true(cursor.failed);
    assert_false(cursor_cut(&cursor));
}

static void limits(void **state)
{
    static const struct {
        size_t held, missing, limit, held_after, missing_after;
    } cases[] = {
        {7, 0, 7, 7, 0},
        {7, 0, 4, 4, 0},
        {7, 0, 0, 0, 0},
        {7, 0, 9, 7, 0}, /* claims more than there is */
        {7, 5, 7, 7, 0},
        {7, 5, 4, 4, 0},
        {7, 5, 9, 7, 2},
        {7, 5, 12, 7, 5},
        {7, 5, 99, 7, 5},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cursor cursor = cursor_over(octets, cases[i].held, cases[i].missing);
        cursor_limit(&cursor, cases[i].limit);
        if (cursor_left(&cursor) != cases[i].held_after || cursor.missing != cases[i].missing_after)
            fail_msg("case %zu: left %zu, missing %zu", i, cursor_left(&cursor), cursor.missing);
        assert_int_equal(
            cursor_left_on_wire(&cursor), cases[i].held_after + cases[i].missing_after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_in_network_order),
        cmocka_unit_test(failure_stays),
        cmocka_unit_test(the_last_octet_and_the_one_behind),
        cmocka_unit_test(cut_is_not_wrong),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
