/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/name.h"
#include "model/private.h"
#include "views/alarm.h"

/* A leak rings once, a burst of them too; the words hold no names. */

#define SECOND_NS 1000000000ULL
#define BEGIN_NS (1000 * SECOND_NS)

struct world {
    struct model *model;
    struct verdict verdict;
    struct alarm_state state;
    struct alarm alarm;
};

static void open_world(struct world *world)
{
    *world = (struct world){.model = model_new(7, BEGIN_NS)};
    assert_non_null(world->model);
}

static void leak(struct world *world, const char *name, uint64_t at, enum transport transport)
{
    struct lookup lookup = {.time_ns = at,
        .transport = transport,
        .exposure = transport == TRANSPORT_DOH ? EXPOSURE_BYPASS : EXPOSURE_EXPOSED,
        .type = 1,
        .process = {.pid = 41, .start = 9, .uid_known = true, .name = "-rf", .user = "ana"}};
    assert_true(address_parse("192.0.2.53", &lookup.resolver));
    lookup.name_length = (uint8_t)name_parse(name, lookup.name);
    ledger_add(world->model, &lookup);
    world->verdict.checks[CHECK_DNS].state = STATE_LEAK;
    world->verdict.state = STATE_LEAK;
}

static bool look(struct world *world, uint64_t at)
{
    return alarm_look(&world->state, world->model, &world->verdict, at, &world->alarm);
}

/* Steps of a session: what happens at a second, and how many leaks an alarm then tells of. */
static void bursts(void **state)
{
    (void)state;
    static const struct {
        unsigned second;
        const char *name;    /* NULL: none */
        enum check_id check; /* that is at leak from then on */
        enum { LOOK, CHECK, WELL, CLEAR, TAKE_BACK } what;
        uint64_t told;
    } steps[] = {
        {1, NULL, 0, LOOK, 0},
        {1, "one.example", 0, LOOK, 1},
        {1, "one.example", 0, LOOK, 0},    /* counted, not rung */
        {2, "two.example", 0, LOOK, 0},    /* the same burst */
        {30, "one.example", 0, LOOK, 0},   /* a repeat rings never */
        {30, "three.example", 0, LOOK, 2}, /* with the one of the burst */
        {40, "four.example", 0, LOOK, 1},
        {45, "five.example", 0, LOOK, 0},
        {54, "six.example", 0, LOOK, 0},
        {63, "seven.example", 0, LOOK, 0},
        {72, "eight.example", 0, LOOK, 0},
        {81, "nine.example", 0, LOOK, 0},
        {90, "ten.example", 0, LOOK, 0},
        {99, "eleven.example", 0, LOOK, 0},
        {100, "twelve.example", 0, LOOK, 8}, /* a burst without end is told of each minute */
        {120, NULL, CHECK_IPV6, CHECK, 1},
        {140, NULL, CHECK_IPV6, CHECK, 0},
        {141, NULL, CHECK_IPV6, WELL, 0},
        {160, NULL, CHECK_IPV6, CHECK, 1},
        {180, NULL, 0, CLEAR, 0},
        {181, "one.example", 0, LOOK, 1}, /* cleared, and it leaks again */
        {182, "one.example", 0, LOOK, 0},
    };
    struct world world;
    open_world(&world);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        uint64_t at = BEGIN_NS + steps[i].second * SECOND_NS;
        if (steps[i].name)
            leak(&world, steps[i].name, at, TRANSPORT_UDP);
        if (steps[i].what == CHECK || steps[i].what == WELL)
            world.verdict.checks[steps[i].check].state =
                steps[i].what == CHECK ? STATE_LEAK : STATE_OK;
        if (steps[i].what == CLEAR)
            model_clear_latch(world.model, at);
        bool rings = look(&world, at);
        if (rings != (steps[i].told > 0) || (rings && world.alarm.leaks != steps[i].told))
            fail_msg("step %zu: %llu told", i, rings ? (unsigned long long)world.alarm.leaks : 0);
        if (rings)
            assert_int_equal(world.alarm.check, steps[i].name ? CHECK_DNS : CHECK_IPV6);
    }
    model_free(world.model);
}

/* What was taken back rings nobody; where it leaks in truth later, it does. */
static void taken_back(void **state)
{
    (void)state;
    struct world world;
    struct lookup lookup = {.transport = TRANSPORT_UDP, .exposure = EXPOSURE_EXPOSED, .type = 1};
    open_world(&world);
    lookup.name_length = (uint8_t)name_parse("gate.example", lookup.name);
    lookup.time_ns = BEGIN_NS + 1;
    ledger_add(world.model, &lookup);
    ledger_take_back(world.model, &lookup);
    assert_false(look(&world, BEGIN_NS + 1));
    lookup.time_ns = BEGIN_NS + 2;
    ledger_add(world.model, &lookup);
    assert_true(look(&world, BEGIN_NS + 2));
    assert_ptr_equal(world.alarm.leak, model_leak_at(world.model, 0));
    model_free(world.model);
}

/* A clock that is set back by a day silences nothing. */
static void clock_back(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    leak(&world, "one.example", BEGIN_NS + 1, TRANSPORT_UDP);
    assert_true(look(&world, BEGIN_NS + 1));
    leak(&world, "two.example", BEGIN_NS - 86400 * SECOND_NS, TRANSPORT_UDP);
    assert_true(look(&world, BEGIN_NS - 86400 * SECOND_NS));
    model_free(world.model);
}

static const char *field(
    char fields[static ALARM_FIELDS][ALARM_FIELD], size_t count, const char *name)
{
    char begin[64];
    (void)snprintf(begin, sizeof begin, "LEAKTOP_%s=", name);
    for (size_t i = 0; i < count; i++)
        if (strncmp(fields[i], begin, strlen(begin)) == 0)
            return fields[i] + strlen(begin);
    fail_msg("no field %s", name);
    return "";
}

static void words(void **state)
{
    (void)state;
    static const struct {
        enum transport transport;
        const char *sentence;
        enum check_id check;
    } cases[] = {
        {TRANSPORT_UDP, "leak: a look-up of -rf left by -, outside the tunnel", CHECK_DNS},
        {TRANSPORT_DOH, "leak: an encrypted look-up of -rf left by -", CHECK_DNS},
        {TRANSPORT_STUN, "leak: a STUN request of -rf left by -", CHECK_WEBRTC},
    };
    static char fields[ALARM_FIELDS][ALARM_FIELD];
    char sentence[ALARM_TEXT], title[ALARM_TEXT];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world world;
        open_world(&world);
        leak(&world, "$(reboot);\\;`x`.secret.example", BEGIN_NS + 1, cases[i].transport);
        (void)snprintf(world.verdict.checks[cases[i].check].summary, SUMMARY_TEXT,
            "1 of 2 left, of \x02host.secret.example\x03");
        assert_true(look(&world, BEGIN_NS + 1));
        assert_int_equal(world.alarm.check, cases[i].check);
        alarm_sentence(&world.alarm, &world.verdict, sentence);
        assert_memory_equal(sentence, cases[i].sentence, strcspn(cases[i].sentence, ","));
        assert_non_null(strstr(sentence, "outside the tunnel"));
        alarm_title(world.model, &world.verdict, title);
        assert_string_equal(title, "X leak (1) - leaktop");
        for (int mask = 0; mask < 2; mask++) {
            size_t count = alarm_fields(&world.alarm, &world.verdict, BEGIN_NS, mask == 1, fields);
            assert_in_range(count, 1, ALARM_FIELDS);
            bool told = false;
            for (size_t f = 0; f < count; f++) {
                for (const char *c = fields[f]; *c; c++)
                    assert_in_range(*c, ' ', '~');
                told |= strstr(fields[f], "secret") != NULL;
            }
            assert_int_equal(told, mask == 0);
            assert_string_equal(field(fields, count, "PROGRAM"), "-rf");
            assert_string_equal(field(fields, count, "RESOLVER"), "192.0.2.53");
            assert_string_equal(field(fields, count, "LEAKS"), "1");
            assert_string_equal(field(fields, count, "ALARM"), sentence);
            assert_string_equal(field(fields, count, "CHECK"), check_word(cases[i].check));
            assert_string_equal(field(fields, count, "TIME"), "1970-01-01T00:16:40.000Z");
        }
        model_free(world.model);
    }
}

/* The list is full: what has no line rings all the same. */
static void full(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    leak(&world, "one.example", BEGIN_NS + 1, TRANSPORT_UDP);
    assert_true(look(&world, BEGIN_NS + 1));
    char name[64];
    while (model_totals(world.model)->leaks_lost == 0) {
        (void)snprintf(name, sizeof name, "n%zu.example", model_leak_count(world.model));
        leak(&world, name, BEGIN_NS + 2, TRANSPORT_UDP);
    }
    assert_false(look(&world, BEGIN_NS + 2));
    leak(&world, "lost.example", BEGIN_NS + 60 * SECOND_NS, TRANSPORT_UDP);
    assert_true(look(&world, BEGIN_NS + 60 * SECOND_NS));
    assert_null(world.alarm.leak);
    model_free(world.model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bursts),
        cmocka_unit_test(taken_back),
        cmocka_unit_test(clock_back),
        cmocka_unit_test(words),
        cmocka_unit_test(full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
