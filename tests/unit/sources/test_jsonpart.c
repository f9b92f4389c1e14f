/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/jsonpart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

static const struct part_case {
    const char *situation, *text;
    const char *a, *b; /* NULL: there is none */
    bool whole;
} cases[] = {
    {"empty", "{}", NULL, NULL, true},
    {"one", "{\"a\":1}", "1", NULL, true},
    {"both, with blanks", " { \"b\" : [ 1 , {\"a\":2} ] ,\n\"a\"\t: \"x\\\"}\" } ", "\"x\\\"}\"",
        "[ 1 , {\"a\":2} ]", true},
    {"the last counts", "{\"a\":1,\"a\":2}", "2", NULL, true},
    {"within another", "{\"c\":{\"a\":1}}", NULL, NULL, true},
    {"numbers", "{\"a\":-0.5e+10,\"b\":0}", "-0.5e+10", "0", true},
    {"words", "{\"a\":true,\"b\":null,\"c\":false}", "true", "null", true},
    {"empty ones", "{\"a\":[],\"b\":{},\"c\":[[],{}]}", "[]", "{}", true},
    {"a list", "[]", NULL, NULL, false},
    {"nothing", "", NULL, NULL, false},
    {"blanks", "  ", NULL, NULL, false},
    {"more behind it", "{} {}", NULL, NULL, false},
    {"comma at the end", "{\"a\":1,}", NULL, NULL, false},
    {"comma at the end of a list", "{\"a\":[1,]}", NULL, NULL, false},
    {"comma before", "{,\"a\":1}", NULL, NULL, false},
    {"closed by another", "{\"a\":[1}}", NULL, NULL, false},
    {"key that is no text", "{1:1}", NULL, NULL, false},
    {"no colon", "{\"a\" 1}", NULL, NULL, false},
    {"leading zero", "{\"a\":01}", NULL, NULL, false},
    {"plus", "{\"a\":+1}", NULL, NULL, false},
    {"point alone", "{\"a\":1.}", NULL, NULL, false},
    {"unheard-of word", "{\"a\":nul}", NULL, NULL, false},
    {"comment", "{/**/}", NULL, NULL, false},
    {"control octet in a text", "{\"a\":\"\n\"}", NULL, NULL, false},
    {"unheard-of escape", "{\"a\":\"\\x\"}", NULL, NULL, false},
    {"half an escape", "{\"a\":\"\\u12\"}", NULL, NULL, false},
    {"Latin-1", "{\"a\":\"caf\xe9\"}", NULL, NULL, false},
    {"overlong", "{\"a\":\"\xc0\xaf\"}", NULL, NULL, false},
    {"half of a pair", "{\"a\":\"\xed\xa0\x80\"}", NULL, NULL, false},
    {"UTF-8", "{\"a\":\"\xe2\x82\xac\xf0\x9f\x98\x80\"}", "\"\xe2\x82\xac\xf0\x9f\x98\x80\"", NULL,
        true},
};

static void is_value(const char *situation, const struct json_part *part, const char *wanted)
{
    if ((part->text != NULL) != (wanted != NULL) ||
        (wanted &&
            (part->length != strlen(wanted) || memcmp(part->text, wanted, part->length) != 0)))
        fail_msg("%s: %s is %.*s", situation, part->key, part->text ? (int)part->length : 4,
            part->text ? part->text : "none");
}

static void parts_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json_part parts[] = {{.key = "a"}, {.key = "b"}};
        size_t length = strlen(cases[i].text);
        char *copy = malloc(length + 1);
        assert_non_null(copy);
        memcpy(copy, cases[i].text, length);
        copy = realloc(copy, length ? length : 1);
        if (jsonpart_find(copy, length, parts, 2) != cases[i].whole)
            fail_msg("%s", cases[i].situation);
        if (cases[i].whole) {
            is_value(cases[i].situation, &parts[0], cases[i].a);
            is_value(cases[i].situation, &parts[1], cases[i].b);
        }
        /* Cut anywhere it is no object. */
        for (size_t cut = 0; cases[i].whole && cut < length; cut++)
            if (jsonpart_find(copy, cut, parts, 2) &&
                strspn(cases[i].text + cut, " ") != length - cut)
                fail_msg("%s: cut at %zu", cases[i].situation, cut);
        free(copy);
    }
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    static char text[200000];
    for (int deep = 0; deep < 2; deep++) {
        size_t depth = deep ? 90000 : 500, at = 0;
        for (const char *c = "{\"a\":"; *c; c++)
            text[at++] = *c;
        memset(text + at, '[', depth);
        at += depth;
        memset(text + at, ']', depth);
        at += depth;
        text[at++] = '}';
        struct json_part part = {.key = "a"};
        assert_int_equal(jsonpart_find(text, at, &part, 1), !deep);
    }
}

/* Whatever one octet is changed to, what is an object for this is one for jansson too, and the
 * other way round; but jansson refuses NUL in a text, and numbers that a double does not hold. */
static void agrees_with_jansson(void **state)
{
    (void)state;
    static const char text[] =
        "{\"dns\":{\"mode\":\"secure\",\"n\":[1,-2.5e3 ,0,true,false,null,{}]"
        "},\"\\u00e9\":\"\\n\xc3\xa9\",\"x\":[[],\"\"]}";
    static const char octets[] = "{}[]\",:\\ 019.-+eEtfnu\x01\x7f\x80\xc3\xff/";
    char changed[sizeof(text)];
    for (size_t at = 0; at < sizeof(text) - 1; at++)
        for (size_t i = 0; i < sizeof(octets) - 1; i++) {
            memcpy(changed, text, sizeof(text));
            changed[at] = octets[i];
            json_error_t error;
            json_t *value = json_loadb(changed, sizeof(text) - 1, 0, &error);
            bool theirs = json_is_object(value);
            struct json_part part = {.key = "dns"};
            if (jsonpart_find(changed, sizeof(text) - 1, &part, 1) != theirs)
                fail_msg("at %zu %02x: %s", at, (unsigned char)octets[i], error.text);
            const json_t *dns = json_object_get(value, "dns");
            json_t *ours = theirs && part.text
                               ? json_loadb(part.text, part.length, JSON_DECODE_ANY, NULL)
                               : NULL;
            assert_int_equal(theirs && dns ? json_equal(dns, ours) : ours == NULL, 1);
            json_decref(ours);
            json_decref(value);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parts_are_found),
        cmocka_unit_test(nesting_is_bounded), cmocka_unit_test(agrees_with_jansson)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
