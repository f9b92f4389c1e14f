/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packets are kept behind the lines of the ledger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/frame.h"
#include "base/name.h"
#include "base/text.h"
#include "model/model.h"

#define NOW 1700000000000000000ULL
#define KEPT 512 /* doc/design.md, section 6 */

/* One look-up of name number `name` by a program, with a packet that holds `mark`. */
static struct lookup leak(
    struct model *model, unsigned mark, unsigned name, const char *program, bool settled)
{
    static unsigned count;
    struct frame frame = {.time_ns = NOW + mark, .original = 200, .link_type = 276, .length = 8};
    memcpy(frame.octets, &mark, sizeof(mark));
    struct lookup lookup = {.time_ns = NOW + mark,
        .exposure = EXPOSURE_EXPOSED,
        .id = (uint16_t)++count,
        .source_port = (uint16_t)(count >> 16),
        .settled = settled,
        .type = 1,
        .packet = model_hold_packet(model, &frame),
        .process = {.pid = program[1], .uid = 1000}};
    char text[40];
    snprintf(text, sizeof(text), "n%u.example", name);
    lookup.name_length = (uint8_t)name_parse(text, lookup.name);
    text_format(lookup.process.name, sizeof(lookup.process.name), "%s", program);
    lookup.serial = model_lookup_add(model, &lookup);
    return lookup;
}

static size_t count(const struct model *model)
{
    struct evidence evidence;
    size_t at = 0;
    while (model_evidence_at(model, at, &evidence))
        at++;
    return at;
}

/* The marks of all that is kept, "*" behind the newest of its line. */
static const char *marks(const struct model *model)
{
    static char out[200];
    struct evidence evidence;
    out[0] = '\0';
    for (size_t i = 0; model_evidence_at(model, i, &evidence); i++) {
        unsigned mark;
        size_t used = strlen(out);
        assert_int_equal(evidence.length, 8);
        memcpy(&mark, evidence.octets, sizeof(mark));
        assert_int_equal(evidence.time_ns, NOW + mark);
        text_format(out + used, sizeof(out) - used, "%u%s ", mark, evidence.newest ? "*" : "");
    }
    return out;
}

static void keeps_first_and_newest(void **state)
{
    (void)state;
    struct model *model = model_new(3, NOW);
    leak(model, 1, 1, "dig", true);
    assert_string_equal(marks(model), "1 ");
    leak(model, 2, 2, "dig", true);
    leak(model, 3, 1, "dig", true);
    leak(model, 4, 1, "dig", true);
    assert_string_equal(marks(model), "1 2 4* ");
    model_free(model);
}

static void waits_for_the_program(void **state)
{
    (void)state;
    struct model *model = model_new(3, NOW);
    struct lookup excused = leak(model, 1, 1, "dig", false);
    struct lookup kept = leak(model, 2, 2, "dig", false);
    assert_string_equal(marks(model), "");
    excused.exposure = EXPOSURE_BOOTSTRAP;
    excused.excuse = EXCUSE_CLIENT;
    model_lookup_settle(model, excused.serial, &excused);
    model_lookup_settle(model, kept.serial, &kept);
    assert_string_equal(marks(model), "2 ");
    /* What waited too long is forgotten, and nothing else is taken for it. */
    kept = leak(model, 3, 3, "dig", false);
    for (unsigned i = 0; i < 300; i++)
        leak(model, 10 + i, 100, "dig", true);
    model_lookup_settle(model, kept.serial, &kept);
    assert_string_equal(marks(model), "2 10 309* ");
    model_free(model);
}

static void gives_up_what_is_no_leak(void **state)
{
    (void)state;
    struct model *model = model_new(3, NOW);
    struct intended rule = {.name = "n1.example"};
    leak(model, 1, 1, "dig", true);
    leak(model, 2, 2, "dig", true);
    assert_true(model_intend(model, &rule));
    assert_string_equal(marks(model), "2 ");
    model_free(model);
}

static void is_bounded(void **state)
{
    (void)state;
    struct model *model = model_new(3, NOW);
    for (unsigned i = 0; i < 5000; i++)
        leak(model, i, i, "flood", true);
    assert_int_equal(count(model), KEPT / 2);
    assert_int_equal(model_evidence_lost(model), 5000 - KEPT / 2);
    /* Others find room: 100 with two packets each, */
    for (unsigned i = 0; i < 200; i++)
        leak(model, i, i % 100, "firefox", true);
    assert_int_equal(count(model), KEPT / 2 + 200);
    /* and where there is none, the first of a line goes before the newest of another. */
    for (unsigned i = 0; i < 100; i++)
        leak(model, i, i, "curl", true);
    assert_int_equal(count(model), KEPT);
    struct evidence evidence;
    unsigned curl = 0, firefox = 0;
    for (size_t i = 0; model_evidence_at(model, i, &evidence); i++) {
        curl += strcmp(evidence.leak->process.name, "curl") == 0;
        firefox += strcmp(evidence.leak->process.name, "firefox") == 0 && !evidence.newest;
    }
    assert_int_equal(curl, 100);
    assert_int_equal(firefox, 100);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_first_and_newest),
        cmocka_unit_test(waits_for_the_program),
        cmocka_unit_test(gives_up_what_is_no_leak),
        cmocka_unit_test(is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
