/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "guard/frames.h"

static uint8_t octets[4096];

static uint32_t put(struct frames *frames, uint8_t first, uint32_t captured, uint32_t original)
{
    for (size_t i = 0; i < sizeof(octets); i++)
        octets[i] = (uint8_t)(first + i * 7);
    return frames_put(frames, 1000U + first, 276, octets, captured, original);
}

static void is(
    const struct frames *frames, uint32_t number, uint8_t first, uint32_t length, uint32_t original)
{
    struct frame frame;
    memset(&frame, 0xAA, sizeof(frame));
    assert_true(frames_take(frames, number, &frame));
    assert_int_equal(frame.time_ns, 1000U + first);
    assert_int_equal(frame.link_type, 276);
    assert_int_equal(frame.length, length);
    assert_int_equal(frame.original, original);
    for (size_t i = 0; i < length; i++)
        assert_int_equal(frame.octets[i], (uint8_t)(first + i * 7));
    for (size_t i = length; i < FRAME_MAX; i++)
        assert_int_equal(frame.octets[i], 0xAA);
}

static void takes_what_was_put(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint32_t captured, original, length;
    } cases[] = {
        {"nothing of it", 0, 90, 0},
        {"one octet", 1, 1, 1},
        {"less than a word", 7, 7, 7},
        {"a word", 8, 8, 8},
        {"a question", 93, 93, 93},
        {"cut by the capture", 1500, 3000, 1500},
        {"all that fits", FRAME_MAX, FRAME_MAX, FRAME_MAX},
        {"longer than what is kept", 3900, 3900, FRAME_MAX},
    };
    struct frames *frames = frames_new();
    uint32_t numbers[8];
    for (size_t i = 0; i < 8; i++)
        numbers[i] = put(frames, (uint8_t)i, cases[i].captured, cases[i].original);
    for (size_t i = 0; i < 8; i++) {
        assert_int_not_equal(numbers[i], 0);
        is(frames, numbers[i], (uint8_t)i, cases[i].length, cases[i].original);
    }
    frames_free(frames);
}

static void knows_what_is_gone(void **state)
{
    (void)state;
    struct frames *frames = frames_new();
    struct frame frame;
    uint32_t first = put(frames, 1, 100, 100), last = 0, second = 0;
    assert_false(frames_take(frames, 0, &frame));
    assert_false(frames_take(frames, first + 1, &frame));      /* the middle of one */
    assert_false(frames_take(frames, first + 100000, &frame)); /* never put */
    for (unsigned i = 0; i < 100000; i++) {
        last = put(frames, (uint8_t)i, 100 + i % 1000, 2000);
        if (i == 99000)
            second = last;
    }
    assert_false(frames_take(frames, first, &frame));
    assert_false(frames_take(frames, second, &frame));
    is(frames, last, (uint8_t)99999, 100 + 999, 2000);
    frames_free(frames);
}

/* Who can wait does, until main has passed by. */
static void has_room_where_main_passed_by(void **state)
{
    (void)state;
    struct frames *frames = frames_new();
    uint32_t first = put(frames, 1, 1000, 1000), number = first, newest = first;
    unsigned count = 1;
    for (; frames_room(frames) && count < 100000; count++)
        newest = put(frames, (uint8_t)count, 1000, 1000);
    assert_true(count > 400 && count < 600);
    is(frames, number, 1, 1000, 1000);
    frames_pass(frames, 0);
    assert_false(frames_room(frames));
    frames_pass(frames, newest);
    assert_true(frames_room(frames));
    frames_free(frames);
}

/* A new producer goes on where the last one was, and lies do no harm. */
static void survives_its_producer(void **state)
{
    (void)state;
    struct frames *frames = frames_new();
    struct frame frame;
    uint32_t first = put(frames, 9, 64, 64);
    for (unsigned turn = 0; turn < 3; turn++) {
        frames_adopt(frames);
        pid_t child = fork();
        if (child == 0) {
            put(frames, (uint8_t)turn, 128, 128);
            _exit(0);
        }
        assert_int_equal(waitpid(child, NULL, 0), child);
    }
    is(frames, first, 9, 64, 64);
    is(frames, first + 11, 0, 128, 128);
    is(frames, first + 11 + 2 * 19, 2, 128, 128);
    /* Any number may be asked for. */
    for (uint32_t number = 0; number < 200000; number++)
        if (frames_take(frames, number * 2654435761U, &frame))
            assert_true(frame.length <= FRAME_MAX && frame.length <= frame.original);
    frames_free(frames);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_was_put),
        cmocka_unit_test(knows_what_is_gone),
        cmocka_unit_test(has_room_where_main_passed_by),
        cmocka_unit_test(survives_its_producer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
