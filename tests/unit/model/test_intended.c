/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "model/intended.h"

static const struct {
    const char *text;
    const char *written; /* by intended_format; NULL: no rule */
    const char *name, *interface, *program;
} cases[] = {
    {"name:*.corp.example resolver:10.0.0.53 interface:eth0 program:steam",
        "program:steam name:*.corp.example resolver:10.0.0.53 interface:eth0", "*.corp.example",
        "eth0", "steam"},
    {"  program:steam\t name:a.example  ", "program:steam name:a.example", "a.example", "",
        "steam"},
    {"name:printer.lan.", "name:printer.lan", "printer.lan", "", ""},
    {"resolver:2001:DB8::53", "resolver:2001:db8::53", "", "", ""},
    {"program:Web\\032Content", "program:Web\\032Content", "", "", "Web Content"},
    {"program:a\\009b", "program:a\\009b", "", "", "a\\009b"},
    {"program:x;#=:y", "program:x;#=:y", "", "", "x;#=:y"},
    {"name:a\\032b.example", "name:a\\032b.example", "a\\032b.example", "", ""},
    {"name:a\\.b.example", "name:a\\.b.example", "a\\.b.example", "", ""},
    {"name:a\\042b.example", "name:a\\042b.example", "a*b.example", "", ""},
    {"name:.", "name:.", ".", "", ""},
    {"", NULL, "", "", ""},
    {"   ", NULL, "", "", ""},
    {"steam", NULL, "", "", ""},
    {"name:", NULL, "", "", ""},
    {"name: a.example", NULL, "", "", ""},
    {"program:", NULL, "", "", ""},
    {"interface:", NULL, "", "", ""},
    {"resolver:", NULL, "", "", ""},
    {"resolver:dns.google", NULL, "", "", ""},
    {"resolver:10.0.0.53:53", NULL, "", "", ""},
    {"name:*", NULL, "", "", ""},
    {"name:*.", NULL, "", "", ""},
    {"name:*..", NULL, "", "", ""},
    {"name:*.*.example", NULL, "", "", ""},
    {"name:a*.example", NULL, "", "", ""},
    {"name:\\042.example", NULL, "", "", ""}, /* would be taken for all below */
    {"name:a..example", NULL, "", "", ""},
    {"name:a.example name:b.example", NULL, "", "", ""},
    {"program:a b", NULL, "", "", ""},
    {"Name:a.example", NULL, "", "", ""},
    {"user:me", NULL, "", "", ""},
    {"program:caf\xC3\xA9", NULL, "", "", ""},
    {"program:a\x1B", NULL, "", "", ""},
};

static void texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct intended rule, again;
        char written[INTENDED_TEXT];
        const char *why = NULL;
        bool taken = intended_parse(cases[i].text, &rule, &why);
        if (taken != (cases[i].written != NULL))
            fail_msg("'%s': %s", cases[i].text, taken ? "was taken" : why);
        assert_non_null(why);
        if (!taken)
            continue;
        assert_string_equal(intended_format(&rule, written, sizeof written), cases[i].written);
        assert_string_equal(rule.name, cases[i].name);
        assert_string_equal(rule.interface, cases[i].interface);
        assert_string_equal(rule.program, cases[i].program);
        assert_true(intended_parse(written, &again, &why));
        assert_string_equal(again.name, rule.name);
        assert_string_equal(again.interface, rule.interface);
        assert_string_equal(again.program, rule.program);
        assert_true(address_equal(&again.resolver, &rule.resolver));
    }
}

/* As long as they get: what does not fit is refused, never cut. */
static void bounds(void **state)
{
    (void)state;
    struct intended rule, again;
    const char *why;
    char text[4096], written[INTENDED_TEXT];
    for (size_t length = 1; length < sizeof text - 16; length += length < 300 ? 1 : 97) {
        memcpy(text, "program:", 8);
        memset(text + 8, 'p', length);
        text[8 + length] = '\0';
        assert_int_equal(intended_parse(text, &rule, &why), length < PROCESS_NAME);
    }
    memset(&rule, 0, sizeof rule);
    memset(rule.program, ' ', sizeof rule.program - 1);
    memset(rule.interface, ' ', sizeof rule.interface - 1);
    for (size_t i = 0; i < 252; i++)
        rule.name[i] = i % 2 ? '.' : 'a';
    assert_true(address_parse("2001:db8:1111:2222:3333:4444:5555:6666", &rule.resolver));
    intended_format(&rule, written, sizeof written);
    assert_true(intended_parse(written, &again, &why));
    assert_string_equal(again.program, rule.program);
    assert_string_equal(again.interface, rule.interface);
    assert_memory_equal(again.name, rule.name, 251);
    for (size_t size = 1; size < sizeof written; size++) {
        memset(text, 'x', sizeof text);
        intended_format(&rule, text, size);
        assert_true(strlen(text) < size && text[size] == 'x');
        assert_memory_equal(text, written, strlen(text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
