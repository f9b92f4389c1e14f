/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* A random number that means no jitter: 900 + 100 thousandths. */
#define NO_JITTER 100

static const struct {
    const char *situation;
    uint64_t interval_ms;
    unsigned failures;
    uint32_t random;
    uint64_t next_ms;
} nexts[] = {
    {"all is well", 60000, 0, NO_JITTER, 60000},
    {"as early as jitter makes it", 60000, 0, 0, 54000},
    {"as late as jitter makes it", 60000, 0, 200, 66000},
    {"any chance is within it", 60000, 0, UINT32_MAX, 60000ULL * (900 + UINT32_MAX % 201) / 1000},
    {"the first failure is tried again soon", 600000, 1, NO_JITTER, 30000},
    {"then it doubles", 600000, 2, NO_JITTER, 60000},
    {"and doubles", 600000, 5, NO_JITTER, 480000},
    {"beyond the interval", 600000, 6, NO_JITTER, 960000},
    {"to an hour", 600000, 20, NO_JITTER, 3600000},
    {"never more often than the interval where that is short", 10000, 1, NO_JITTER, 10000},
    {"to eight intervals", 60000, 40, NO_JITTER, 480000},
    {"more failures than a number has bits", 60000, UINT32_MAX, NO_JITTER, 480000},
    {"an interval of more than an hour stays", 7200000, 30, NO_JITTER, 7200000},
};

static void test_next(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(nexts) / sizeof(nexts[0]); i++) {
        uint64_t next = pace_next_ms(nexts[i].interval_ms, nexts[i].failures, nexts[i].random);
        if (next != nexts[i].next_ms)
            fail_msg("%s: %llu ms, expected %llu", nexts[i].situation, (unsigned long long)next,
                (unsigned long long)nexts[i].next_ms);
    }
}

/* A route that flaps: every `every_ms` for `for_ms`; when a test would begin. */
static const struct {
    const char *situation;
    uint64_t every_ms, for_ms;
    unsigned tests;
    uint64_t first_ms;
} flaps[] = {
    {"one change", 1, 1, 1, PACE_QUIET_MS},
    {"ten changes within a second", 100, 1000, 1, 900 + PACE_QUIET_MS},
    {"ten a second for a minute: not postponed for ever", 100, 60000, 20, PACE_LATEST_MS},
    {"one every five seconds: each by itself", 5000, 60000, 12, PACE_QUIET_MS},
};

static void test_settle(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(flaps) / sizeof(flaps[0]); i++) {
        uint64_t begun = 1000, first = 0, due = 0, began_at = 0;
        unsigned tests = 0;
        for (uint64_t now = begun; now < begun + flaps[i].for_ms + 10000; now++) {
            if (due && now >= due) {
                tests++;
                began_at = began_at ? began_at : now - begun;
                due = first = 0;
            }
            if (now < begun + flaps[i].for_ms && (now - begun) % flaps[i].every_ms == 0) {
                first = first ? first : now;
                due = now + pace_settle_ms(first, now);
            }
        }
        if (tests != flaps[i].tests || began_at != flaps[i].first_ms)
            fail_msg("%s: %u tests from %llu ms, expected %u from %llu ms", flaps[i].situation,
                tests, (unsigned long long)began_at, flaps[i].tests,
                (unsigned long long)flaps[i].first_ms);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next),
        cmocka_unit_test(test_settle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
