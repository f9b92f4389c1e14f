/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/model.h"

#define SECOND 1000000000ULL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define START (1773519240ULL * SECOND) /* a whole minute */

static struct history_span read(const struct history *history, uint64_t from, uint64_t to)
{
    struct history_span span;
    history_read(history, from, to, &span);
    return span;
}

static void leak(struct history *history, uint64_t at)
{
    history_advance(history, at);
    history_count(history, HISTORY_EXPOSED, at, 1);
}

static void ways(struct history *history, enum history_way v4, enum history_way v6, uint64_t at)
{
    history_ways(history, (enum history_way[]){v4, v6}, at);
}

static void counts_by_second_and_minute(void **state)
{
    (void)state;
    struct history *history = history_new(START);
    leak(history, START + 3 * SECOND + 1);
    leak(history, START + 3 * SECOND + 999999999);
    leak(history, START + 4 * SECOND);
    history_count(history, HISTORY_LAN, START + 4 * SECOND, 1);
    assert_int_equal(
        read(history, START + 3 * SECOND, START + 4 * SECOND).counts[HISTORY_EXPOSED], 2);
    assert_int_equal(
        read(history, START + 4 * SECOND, START + 9 * SECOND).counts[HISTORY_EXPOSED], 1);
    struct history_span minute = read(history, START, START + MINUTE);
    assert_int_equal(minute.counts[HISTORY_EXPOSED], 3);
    assert_int_equal(minute.counts[HISTORY_LAN], 1);
    /* Judged anew: it was none. */
    history_count(history, HISTORY_EXPOSED, START + 4 * SECOND, -1);
    history_count(history, HISTORY_OTHER, START + 4 * SECOND, 1);
    minute = read(history, START, START + MINUTE);
    assert_int_equal(minute.counts[HISTORY_EXPOSED], 2);
    assert_int_equal(minute.counts[HISTORY_OTHER], 1);
    history_free(history);
}

/* Neither before the start nor after the last that was told is there anything to show. */
static void nothing_before_nor_after(void **state)
{
    (void)state;
    struct history *history = history_new(START);
    leak(history, START + 3 * SECOND);
    assert_false(read(history, START - MINUTE, START).began);
    assert_true(read(history, START, START + SECOND).began);
    assert_false(read(history, START + 4 * SECOND, START + 5 * SECOND).began);
    history_free(history);
}

static void an_hour_by_seconds_a_day_by_minutes(void **state)
{
    (void)state;
    struct history *history = history_new(START);
    leak(history, START + 5 * SECOND);
    leak(history, START + 2 * HOUR);
    /* Its second is gone, its minute counts where it begins. */
    assert_int_equal(read(history, START, START + 5 * SECOND).counts[HISTORY_EXPOSED], 1);
    assert_int_equal(
        read(history, START + 5 * SECOND, START + 10 * SECOND).counts[HISTORY_EXPOSED], 0);
    /* What is taken back or told late of a second that is gone changes no newer one. */
    history_count(history, HISTORY_EXPOSED, START + 2 * HOUR - HOUR, 1);
    history_count(history, HISTORY_EXPOSED, START + 5 * SECOND, -1);
    assert_int_equal(
        read(history, START + 2 * HOUR, START + 2 * HOUR + SECOND).counts[HISTORY_EXPOSED], 1);
    assert_int_equal(read(history, START, START + MINUTE).counts[HISTORY_EXPOSED], 0);
    assert_int_equal(read(history, START + HOUR, START + 3 * HOUR).counts[HISTORY_EXPOSED], 2);
    leak(history, START + 25 * HOUR);
    assert_int_equal(read(history, START + 2 * HOUR, START + 3 * HOUR).counts[HISTORY_EXPOSED], 1);
    leak(history, START + 27 * HOUR);
    assert_int_equal(read(history, START, START + 24 * HOUR).counts[HISTORY_EXPOSED], 0);
    history_free(history);
}

/* A drop of two milliseconds shows in a span of an hour; a span after it does not have it. */
static void the_worst_way_of_a_span(void **state)
{
    (void)state;
    struct history *history = history_new(START);
    ways(history, HISTORY_WAY_OUTSIDE, HISTORY_WAY_NONE, START);
    ways(history, HISTORY_WAY_TUNNEL, HISTORY_WAY_NONE, START + MINUTE);
    ways(history, HISTORY_WAY_EXPOSED, HISTORY_WAY_NONE, START + 2 * MINUTE);
    ways(history, HISTORY_WAY_TUNNEL, HISTORY_WAY_NONE, START + 2 * MINUTE + 2000000);
    leak(history, START + HOUR);
    assert_int_equal(read(history, START, START + MINUTE).ways[0], HISTORY_WAY_OUTSIDE);
    assert_int_equal(read(history, START + MINUTE, START + 2 * MINUTE).ways[0], HISTORY_WAY_TUNNEL);
    assert_int_equal(read(history, START, START + HOUR).ways[0], HISTORY_WAY_EXPOSED);
    assert_int_equal(
        read(history, START + 2 * MINUTE + 2000000, START + HOUR).ways[0], HISTORY_WAY_TUNNEL);
    assert_int_equal(read(history, START + 3 * MINUTE, START + HOUR).ways[1], HISTORY_WAY_NONE);
    history_free(history);
}

static void what_was_not_watched(void **state)
{
    (void)state;
    struct history *history = history_new(START);
    history_watched(history, true, START + SECOND);
    history_watched(history, false, START + MINUTE);
    history_watched(history, true, START + 2 * MINUTE);
    history_gap(history, START + 5 * MINUTE, START + 6 * MINUTE);
    leak(history, START + HOUR);
    assert_false(read(history, START + 2 * SECOND, START + MINUTE).unwatched);
    assert_true(read(history, START + MINUTE, START + MINUTE + SECOND).unwatched);
    assert_false(read(history, START + 2 * MINUTE, START + 5 * MINUTE).unwatched);
    assert_true(read(history, START + 5 * MINUTE, START + 5 * MINUTE + SECOND).unwatched);
    assert_false(read(history, START + 6 * MINUTE, START + HOUR).unwatched);
    history_free(history);
}

static void the_clock_is_set(void **state)
{
    (void)state;
    struct history *history = history_new(START);
    ways(history, HISTORY_WAY_OUTSIDE, HISTORY_WAY_NONE, START);
    leak(history, START + MINUTE);
    ways(history, HISTORY_WAY_TUNNEL, HISTORY_WAY_NONE, START + HOUR);
    leak(history, START + HOUR + SECOND);
    /* Back, to before the start; what held goes on to hold, and all that comes counts. */
    uint64_t then = START - 30 * 24 * HOUR;
    leak(history, then);
    leak(history, then + MINUTE);
    assert_int_equal(read(history, then, then + SECOND).counts[HISTORY_EXPOSED], 1);
    assert_int_equal(read(history, then, then + HOUR).counts[HISTORY_EXPOSED], 2);
    assert_int_equal(read(history, then, then + HOUR).ways[0], HISTORY_WAY_TUNNEL);
    ways(history, HISTORY_WAY_EXPOSED, HISTORY_WAY_NONE, then + 2 * MINUTE);
    assert_int_equal(read(history, then, then + HOUR).ways[0], HISTORY_WAY_EXPOSED);
    /* A packet with the old clock's time, and the new one's again. */
    leak(history, START + HOUR + 2 * SECOND);
    leak(history, then + 3 * MINUTE);
    assert_int_equal(read(history, then, then + HOUR).counts[HISTORY_EXPOSED], 3);
    assert_true(history_newest_ns(history) == then + 3 * MINUTE);
    /* Forward, past what was noted before. */
    leak(history, START + HOUR + 2 * SECOND);
    assert_int_equal(read(history, START, START + 2 * HOUR).counts[HISTORY_EXPOSED], 1);
    history_free(history);
}

static void a_flood_stays_bounded(void **state)
{
    (void)state;
    struct history *history = history_new(START);
    for (unsigned i = 0; i < 70000; i++)
        history_count(history, HISTORY_EXPOSED, START, 1);
    assert_int_equal(read(history, START, START + SECOND).counts[HISTORY_EXPOSED], UINT16_MAX);
    for (unsigned i = 0; i < 5000; i++)
        ways(history, i % 2 ? HISTORY_WAY_TUNNEL : HISTORY_WAY_EXPOSED, HISTORY_WAY_NONE,
            START + i * SECOND);
    assert_int_equal(
        read(history, START + 4999 * SECOND, START + 5000 * SECOND).ways[0], HISTORY_WAY_TUNNEL);
    assert_int_equal(
        read(history, START + 4990 * SECOND, START + 5000 * SECOND).ways[0], HISTORY_WAY_EXPOSED);
    history_free(history);
}

/* What the model posts: routes as they settle, with what is expected. */
static void the_model_posts_ways(void **state)
{
    (void)state;
    struct model *model = model_new(1, START);
    struct web_route none = {.state = ROUTE_NONE};
    struct web_route uplink = {.state = ROUTE_PRESENT, .interface = 2};
    struct web_route tunnel = {.state = ROUTE_PRESENT, .interface = 3};
    struct interface wlan0 = {.index = 2,
        .name = "wlan0",
        .up = true,
        .present = true,
        .gateway_route = true,
        .link_type = 1};
    struct interface wg0 = {
        .index = 3, .name = "wg0", .kind = "wireguard", .up = true, .present = true};
    model_expect(model, EXPECT_NONE, true, START);
    model_interface_set(model, &wlan0, START);
    model_interface_set(model, &wg0, START);
    model_route_set(model, FAMILY_INDEX_4, &uplink, START);
    model_route_set(model, FAMILY_INDEX_6, &none, START);
    model_settle(model, START);
    model_route_set(model, FAMILY_INDEX_4, &tunnel, START + MINUTE);
    model_settle(model, START + MINUTE);
    model_route_set(model, FAMILY_INDEX_4, &uplink, START + 2 * MINUTE);
    model_settle(model, START + 2 * MINUTE);
    struct lookup lookup = {.time_ns = START + 3 * MINUTE,
        .interface = 2,
        .exposure = EXPOSURE_EXPOSED,
        .settled = true};
    model_lookup_add(model, &lookup);
    const struct history *history = model_history(model);
    assert_int_equal(read(history, START, START + MINUTE).ways[0], HISTORY_WAY_OUTSIDE);
    assert_int_equal(read(history, START, START + MINUTE).ways[1], HISTORY_WAY_NONE);
    assert_int_equal(read(history, START + MINUTE, START + 2 * MINUTE).ways[0], HISTORY_WAY_TUNNEL);
    assert_int_equal(read(history, START + 2 * MINUTE, START + HOUR).ways[0], HISTORY_WAY_EXPOSED);
    assert_int_equal(
        read(history, START + 3 * MINUTE, START + 4 * MINUTE).counts[HISTORY_EXPOSED], 1);
    /* The drop is an event that is bad, the tunnel's coming one that is good. */
    unsigned bad = 0, good = 0;
    for (uint64_t serial = 1; serial <= model_event_newest(model); serial++) {
        bad += model_event_get(model, serial)->mark == STATE_WARN;
        good += model_event_get(model, serial)->mark == STATE_OK;
    }
    assert_int_equal(bad, 2);
    assert_int_equal(good, 2);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_by_second_and_minute),
        cmocka_unit_test(nothing_before_nor_after),
        cmocka_unit_test(an_hour_by_seconds_a_day_by_minutes),
        cmocka_unit_test(the_worst_way_of_a_span),
        cmocka_unit_test(what_was_not_watched),
        cmocka_unit_test(the_clock_is_set),
        cmocka_unit_test(a_flood_stays_bounded),
        cmocka_unit_test(the_model_posts_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
