/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define HOUR 3600U

/* A key held down: tries each `every_ms`, how many get through in `for_s` seconds. */
static const struct {
    const char *situation;
    struct budget_terms terms;
    unsigned packets_an_hour, at_once;
    unsigned every_ms, for_s;
    unsigned granted;
} leaned[] = {
    {"one a minute, the key held for an hour", {"a.example", 60, 1, 0}, 1, 1, 100, HOUR, 60},
    {"one a minute, the key held for ten seconds", {"a.example", 60, 1, 0}, 1, 1, 30, 10, 1},
    {"three in a row, then one every ten seconds", {"a.example", 10, 3, 0}, 1, 1, 100, 60, 8},
    {"asked as seldom as its terms want", {"a.example", 60, 1, 0}, 1, 1, 60000, HOUR, 60},
    {"the common account ends it: 360 packets of 10", {"a.example", 1, 1, 10}, 360, 10, 100, HOUR,
        36},
    {"what was saved up in common goes in a row", {"a.example", 1, 1, 10}, 360, 100, 1000, 60, 10},
    {"no terms said: one a second", {"a.example", 0, 0, 0}, 1, 1, 10, 60, 60},
};

static void test_leaned_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(leaned) / sizeof(leaned[0]); i++) {
        struct budget *budget = budget_new(leaned[i].packets_an_hour, leaned[i].at_once);
        unsigned granted = 0;
        for (uint64_t ms = 5000; ms < 5000 + leaned[i].for_s * 1000ULL; ms += leaned[i].every_ms)
            granted += budget_take(budget, &leaned[i].terms, ms, NULL);
        if (granted != leaned[i].granted)
            fail_msg(
                "%s: %u granted, expected %u", leaned[i].situation, granted, leaned[i].granted);
        budget_free(budget);
    }
}

static void test_wait_is_exact(void **state)
{
    (void)state;
    struct budget *budget = budget_new(3600, 100);
    struct budget_terms terms = {"a.example", 60, 1, 1}, other = {"b.example", 60, 1, 1};
    uint64_t wait, ago;
    assert_false(budget_last(budget, "a.example", 1000, &ago));
    assert_true(budget_take(budget, &terms, 1000, &wait));
    assert_int_equal(wait, 0);
    assert_false(budget_take(budget, &terms, 13000, &wait));
    assert_int_equal(wait, 48000);
    assert_true(budget_last(budget, "a.example", 13000, &ago));
    assert_int_equal(ago, 12000); /* what was refused was not asked */
    assert_false(budget_would(budget, &terms, 60999, &wait));
    assert_int_equal(wait, 1);
    assert_true(budget_would(budget, &terms, 61000, &wait));
    assert_true(budget_would(budget, &terms, 61000, &wait)); /* looking takes nothing */
    assert_true(budget_take(budget, &other, 13000, &wait));  /* each has its own account */
    assert_true(budget_take(budget, &terms, 61000, &wait));
    budget_free(budget);
}

static void test_many_services(void **state)
{
    (void)state;
    struct budget *budget = budget_new(1000000, 1000);
    char name[32];
    struct budget_terms terms = {name, 60, 1, 0};
    for (unsigned i = 0; i < BUDGET_SERVICES; i++) {
        snprintf(name, sizeof(name), "s%u.example", i);
        assert_true(budget_take(budget, &terms, 1000, NULL));
    }
    uint64_t wait = 0;
    snprintf(name, sizeof(name), "one-more.example");
    assert_false(budget_take(budget, &terms, 1000, &wait)); /* whom we cannot count */
    assert_true(wait > 0);
    snprintf(name, sizeof(name), "s0.example");
    assert_false(budget_take(budget, &terms, 60000, NULL)); /* nobody was forgotten for it */
    snprintf(name, sizeof(name), "one-more.example");
    assert_true(budget_take(budget, &terms, 61000, NULL)); /* one had saved up again */
    budget_free(budget);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leaned_on),
        cmocka_unit_test(test_wait_is_exact),
        cmocka_unit_test(test_many_services),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
