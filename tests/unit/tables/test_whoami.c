/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/nameser.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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
        if (rows[i].type != (rows[i].shape == WHOAMI_A ? ns_t_a : ns_t_txt))
            fail_msg("%s: type and shape do not fit", rows[i].name);
        if (rows[i].shape >= WHOAMI_SHAPES || !rows[i].run_by[0])
            fail_msg("%s: incomplete", rows[i].name);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(rows[i].name, rows[j].name);
    }
}

static void the_unique_row_takes_a_label(void **state)
{
    (void)state;
    size_t count, unique = 0;
    const struct whoami *rows = whoami_rows(&count);
    for (size_t i = 0; i < count; i++)
        unique += rows[i].label != WHOAMI_FIXED;
    assert_int_equal(unique, 1);
    assert_int_not_equal(whoami_unique()->label, WHOAMI_FIXED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_can_be_asked),
        cmocka_unit_test(the_unique_row_takes_a_label),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
