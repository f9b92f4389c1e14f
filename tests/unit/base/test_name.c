/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))
/* A name in wire form as a string literal: its NUL is the root label. */
#define WIRE(literal) literal, sizeof(literal)

static void names_are_valid_or_not(void **state)
{
    static const struct {
        const char *what, *wire;
        size_t length;
        bool expected;
    } cases[] = {
        {"root", WIRE(""), true},
        {"two labels", WIRE("\3www\2nl"), true},
        {"no root label", "\3www", 4, false},
        {"nothing", "", 0, false},
        {"octets behind the root label", WIRE("\1a\0\1b"), false},
        {"label past the end", WIRE("\5www"), false},
        {"compression pointer", "\xC0\x0C", 2, false},
        {"reserved label type", WIRE("\x40w"), false},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        if (name_valid((const uint8_t *)cases[i].wire, cases[i].length) != cases[i].expected)
            fail_msg("%s: expected %d", cases[i].what, cases[i].expected);

    uint8_t longest[NAME_WIRE_MAX + 2] = {0};
    for (size_t at = 0; at < 254; at += 2)
        longest[at] = 1;
    assert_true(name_valid(longest, 255)); /* 127 labels */
    longest[254] = 1;
    assert_false(name_valid(longest, 257));
    memset(longest, 0, sizeof longest);
    longest[0] = 63;
    assert_true(name_valid(longest, 65));
    longest[0] = 64;
    assert_false(name_valid(longest, 66));
}

static void names_become_text_and_come_back(void **state)
{
    static const struct {
        const char *what, *wire;
        size_t length;
        const char *text;
    } cases[] = {
        {"root", WIRE(""), "."},
        {"plain", WIRE("\3www\7example\3org"), "www.example.org"},
        {"case is kept", WIRE("\3WwW\2nL"), "WwW.nL"},
        {"dot in a label", WIRE("\3a.b\1c"), "a\\.b.c"},
        {"backslash", WIRE("\3a\\b"), "a\\\\b"},
        {"NUL", WIRE("\3a\0b"), "a\\000b"},
        {"escape sequence", WIRE("\5\033]0;x"), "\\027]0;x"},
        {"CR LF BS DEL", WIRE("\4\r\n\b\177"), "\\013\\010\\008\\127"},
        {"C1 control", WIRE("\2\xC2\x9B"), "\\194\\155"},
        {"bidirectional override", WIRE("\3\xE2\x80\xAE"), "\\226\\128\\174"},
        {"invalid UTF-8", WIRE("\2\xFF\xFE"), "\\255\\254"},
        {"space", WIRE("\3a b"), "a\\032b"},
        {"quotes and semicolon are plain", WIRE("\4\"';$"), "\"';$"},
        {"printer and underscore", WIRE("\4_ipp\4_tcp\5local"), "_ipp._tcp.local"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char text[NAME_TEXT_MAX];
        uint8_t wire[NAME_WIRE_MAX];
        size_t length = name_format((const uint8_t *)cases[i].wire, cases[i].length, text);
        if (strcmp(text, cases[i].text) != 0 || length != strlen(text))
            fail_msg("%s: expected %s, got %s", cases[i].what, cases[i].text, text);
        size_t parsed = name_parse(text, wire);
        if (parsed != cases[i].length || memcmp(wire, cases[i].wire, parsed) != 0)
            fail_msg("%s: %s does not parse back", cases[i].what, text);
    }
}

static void longest_text_fits(void **state)
{
    uint8_t wire[NAME_WIRE_MAX], back[NAME_WIRE_MAX];
    char text[NAME_TEXT_MAX];
    (void)state;
    memset(wire, 0xFF, sizeof wire);
    wire[0] = wire[64] = wire[128] = 63;
    wire[192] = 61;
    wire[254] = 0;
    assert_true(name_valid(wire, sizeof wire));
    size_t length = name_format(wire, sizeof wire, text);
    assert_int_equal(length, strlen(text));
    assert_int_equal(length, 4 * 250 + 3);
    assert_int_equal(name_parse(text, back), sizeof wire);
    assert_memory_equal(back, wire, sizeof wire);
}

static void text_that_is_no_name(void **state)
{
    static const struct {
        const char *text;
        size_t expected;
    } cases[] = {
        {"www.example.org.", 17},
        {"www.example.org", 17},
        {"\\119ww", 5},
        {"\\w", 3},
        {"a\\.", 4},
        {"", 0},
        {"..", 0},
        {".a", 0},
        {"a..b", 0},
        {"a\\", 0},
        {"a\\25", 0},
        {"a\\256", 0},
        {"a\\2x5", 0},
    };
    uint8_t wire[NAME_WIRE_MAX];
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        size_t got = name_parse(cases[i].text, wire);
        if (got != cases[i].expected)
            fail_msg("\"%s\": expected %zu, got %zu", cases[i].text, cases[i].expected, got);
    }
    char text[300];
    memset(text, 'a', sizeof text);
    text[63] = '\0';
    assert_int_equal(name_parse(text, wire), 65);
    text[63] = 'a';
    text[64] = '\0';
    assert_int_equal(name_parse(text, wire), 0);
    /* 253 characters are the most: 255 octets. */
    memset(text, 'a', sizeof text);
    text[63] = text[127] = text[191] = '.';
    text[253] = '\0';
    assert_int_equal(name_parse(text, wire), 255);
    text[253] = 'a';
    text[254] = '\0';
    assert_int_equal(name_parse(text, wire), 0);
}

static void comparison(void **state)
{
    static const struct {
        const char *a, *b;
        bool equal, below; /* a is b; a is b or below it */
    } cases[] = {
        {"www.example.org", "www.example.org", true, true},
        {"WWW.Example.ORG", "www.exaMPle.org", true, true},
        {"www.example.org", "example.org", false, true},
        {"www.EXAMPLE.org", "ORG", false, true},
        {"www.example.org", ".", false, true},
        {".", ".", true, true},
        {".", "org", false, false},
        {"notexample.org", "example.org", false, false},
        {"example.org", "www.example.org", false, false},
        {"a.b", "a\\.b", false, false},
        {"x.a\\003b", "b", false, false}, /* the octets of a label can look like labels */
        {"[.org", "{.org", false, false},
        {"\\193.org", "\\225.org", false, false},
        {"aaaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaaac", false, false},
        {"baaaaaaaaaaaaaaaa", "caaaaaaaaaaaaaaaa", false, false},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        uint8_t a[NAME_WIRE_MAX], b[NAME_WIRE_MAX];
        size_t a_length = name_parse(cases[i].a, a), b_length = name_parse(cases[i].b, b);
        assert_true(a_length > 0 && b_length > 0);
        if (name_equal(a, a_length, b, b_length) != cases[i].equal)
            fail_msg("%s, %s: expected equal %d", cases[i].a, cases[i].b, cases[i].equal);
        if (name_below(a, a_length, b, b_length) != cases[i].below)
            fail_msg("%s, %s: expected below %d", cases[i].a, cases[i].b, cases[i].below);
        if ((name_hash(a, a_length, 3) == name_hash(b, b_length, 3)) != cases[i].equal)
            fail_msg("%s, %s: hashes", cases[i].a, cases[i].b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_valid_or_not),
        cmocka_unit_test(names_become_text_and_come_back),
        cmocka_unit_test(longest_text_fits),
        cmocka_unit_test(text_that_is_no_name),
        cmocka_unit_test(comparison),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
