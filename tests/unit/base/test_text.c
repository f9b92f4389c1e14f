/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define TEXT(literal) literal, sizeof(literal) - 1

static void only_printable_ascii_passes(void **state)
{
    static const struct {
        const char *what, *from;
        size_t length;
        size_t size;
        const char *expected;
    } cases[] = {
        {"plain", TEXT("firefox --new tab"), 64, "firefox --new tab"},
        {"title sequence", TEXT("\033]0;x\a"), 64, "\\027]0;x\\007"},
        {"backslash", TEXT("a\\b"), 64, "a\\092b"},
        {"NUL does not end it", TEXT("a\0b"), 64, "a\\000b"},
        {"DEL and C1", TEXT("\177\x9B"), 64, "\\127\\155"},
        {"UTF-8", TEXT("\xC3\xA9"), 64, "\\195\\169"},
        {"tab and newline", TEXT("a\tb\n"), 64, "a\\009b\\010"},
        {"empty", TEXT(""), 64, ""},
        {"room for nothing", TEXT("abc"), 1, ""},
        {"cut", TEXT("abcdef"), 4, "abc"},
        {"fits exactly", TEXT("abc"), 4, "abc"},
        {"an escape is not cut", TEXT("ab\033"), 6, "ab"},
        {"an escape fits exactly", TEXT("ab\033"), 7, "ab\\027"},
        {"nothing slips in behind what was cut", TEXT("a\033b"), 4, "a"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char out[64];
        memset(out, '#', sizeof out);
        assert_ptr_equal(text_escape(cases[i].from, cases[i].length, out, cases[i].size), out);
        if (strcmp(out, cases[i].expected) != 0)
            fail_msg("%s: expected %s, got %s", cases[i].what, cases[i].expected, out);
        for (size_t j = cases[i].size; j < sizeof out; j++)
            assert_int_equal(out[j], '#');
    }
}

static void format_is_cut_and_terminated(void **state)
{
    char out[8];
    (void)state;
    text_format(out, sizeof out, "%d %s", 12345, "six");
    assert_string_equal(out, "12345 s");
    text_format(out, 1, "%d", 1);
    assert_string_equal(out, "");
}

static void times_are_written(void **state)
{
    static const struct {
        uint64_t ns;
        const char *clock, *millis, *rfc3339;
    } cases[] = {
        {0, "05:30:00", "05:30:00.000", "1970-01-01T00:00:00.000Z"},
        {951782399999999999, "05:29:59", "05:29:59.999", "2000-02-28T23:59:59.999Z"},
        {1732478403118000000, "01:30:03", "01:30:03.118", "2024-11-24T20:00:03.118Z"},
        {UINT64_MAX, NULL, NULL, "2554-07-21T23:34:33.709Z"},
    };
    (void)state;
    setenv("TZ", "XXX-05:30", 1);
    tzset();
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char out[TIME_TEXT];
        if (cases[i].clock) {
            assert_string_equal(time_format_clock(cases[i].ns, out), cases[i].clock);
            assert_string_equal(time_format_millis(cases[i].ns, out), cases[i].millis);
        }
        assert_string_equal(time_format_rfc3339(cases[i].ns, out), cases[i].rfc3339);
    }
}

static void spans_are_for_people(void **state)
{
    static const struct {
        uint64_t ns;
        const char *expected;
    } cases[] = {
        {0, "0 ms"},
        {1, "<1 ms"},
        {999999, "<1 ms"},
        {31000000, "31 ms"},
        {999999999, "999 ms"},
        {2100000000, "2.1 s"},
        {9999999999, "9.9 s"},
        {10000000000, "10 s"},
        {59999999999, "59 s"},
        {60000000000, "1 min"},
        {14 * 60000000000, "14 min"},
        {3600000000000, "1 h 00 min"},
        {5 * 3600000000000 + 7 * 60000000000, "5 h 07 min"},
        {48 * 3600000000000, "2 d"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char out[TIME_TEXT];
        assert_string_equal(time_format_span(cases[i].ns, out), cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_printable_ascii_passes),
        cmocka_unit_test(format_is_cut_and_terminated),
        cmocka_unit_test(times_are_written),
        cmocka_unit_test(spans_are_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
