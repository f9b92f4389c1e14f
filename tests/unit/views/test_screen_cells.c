/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "views/screen/cells.h"

static void fits(void **state)
{
    (void)state;
    static const struct {
        const char *situation, *text;
        size_t width;
        bool keep_end;
        const char *wanted;
    } cases[] = {
        {"it fits", "abc", 3, false, "abc"},
        {"cut at its end", "abcdef", 4, false, "abc~"},
        {"cut at its beginning", "www.shop.example.com", 12, true, "~example.com"},
        {"no room", "abc", 0, false, ""},
        {"one cell", "abc", 1, false, "~"},
        {"one cell, end kept", "abc", 1, true, "~"},
        {"an escape is not halved at the end", "ab\\027cd", 5, false, "ab~"},
        {"an escape is not halved at the beginning", "ab\\027cd", 4, true, "~cd"},
        {"a whole escape stays", "ab\\027cd", 7, true, "~\\027cd"},
        {"a quoted dot is one unit", "ab\\.cd", 4, true, "~cd"},
        {"a backslash at the very end", "abc\\", 3, true, "~c\\"},
        {"control octets cannot pass", "a\x1b[2J\x07", 10, false, "a?[2J?"},
        {"nor those above ASCII",
            "a\xc2\x9b"
            "b",
            10, false, "a??b"},
        {"nothing", "", 5, true, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char out[64];
        size_t got = cells_fit(cases[i].text, cases[i].width, cases[i].keep_end, out, sizeof(out));
        if (strcmp(out, cases[i].wanted) != 0 || got != strlen(out) || got > cases[i].width)
            fail_msg("%s: '%s', not '%s'", cases[i].situation, out, cases[i].wanted);
    }
}

static void fits_every_width(void **state)
{
    (void)state;
    static const char text[] = "a\\027b\\.c\\\\d\\255.example.org";
    for (size_t width = 0; width < 40; width++)
        for (int keep = 0; keep < 2; keep++) {
            char out[41];
            assert_true(cells_fit(text, width, keep == 1, out, sizeof(out)) <= width);
        }
}

static void buffer_is_the_limit(void **state)
{
    (void)state;
    char out[5];
    assert_int_equal(cells_fit("abcdefgh", 100, false, out, sizeof(out)), 4);
    assert_string_equal(out, "abc~");
}

static void wraps(void **state)
{
    (void)state;
    static const struct {
        const char *situation, *text;
        size_t width;
        const char *wanted[4];
    } cases[] = {
        {"one line", "one two", 10, {"one two"}},
        {"at a blank", "one two three", 8, {"one two", "three"}},
        {"blank right behind the edge", "one two three", 7, {"one two", "three"}},
        {"a word longer than the line", "abcdefgh", 3, {"abc", "def", "gh"}},
        {"an escape stays whole", "abc\\027d", 5, {"abc", "\\027d"}},
        {"a line narrower than an escape", "\\027", 2, {"\\0", "27"}},
        {"nothing", "", 5, {""}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *from = cases[i].text, *next = from;
        for (size_t line = 0; line < 4 && cases[i].wanted[line]; line++, from = next) {
            size_t length = cells_wrap(from, cases[i].width, &next);
            if (length != strlen(cases[i].wanted[line]) ||
                strncmp(from, cases[i].wanted[line], length) != 0)
                fail_msg("%s: line %zu is '%.*s', not '%s'", cases[i].situation, line, (int)length,
                    from, cases[i].wanted[line]);
        }
        if (*from)
            fail_msg("%s: '%s' is left", cases[i].situation, from);
    }
}

static void shares(void **state)
{
    (void)state;
    static const struct {
        int width;
        unsigned long long part, whole;
        int wanted;
    } cases[] = {
        {10, 0, 0, 0},
        {10, 0, 5, 0},
        {10, 5, 5, 10},
        {10, 1, 1000000, 1},
        {10, 999999, 1000000, 9},
        {10, 1, 2, 5},
        {1, 1, 2, 1},
        {10, 18446744073709551615ULL, 18446744073709551615ULL, 10},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(
            cells_share(cases[i].width, cases[i].part, cases[i].whole), cases[i].wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits),
        cmocka_unit_test(fits_every_width),
        cmocka_unit_test(buffer_is_the_limit),
        cmocka_unit_test(wraps),
        cmocka_unit_test(shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
