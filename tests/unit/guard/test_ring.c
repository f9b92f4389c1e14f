/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* The code itself: a hostile producer writes where the honest one never would. */
#include "guard/ring.c"

#define MANY 1000000U

static struct fact fact_of(uint32_t number)
{
    struct fact fact = {
        .time_ns = number, .kind = FACT_QUESTION, .direction = DIRECTION_OUT, .id = 7, .type = 1};
    fact.source.family = FAMILY_IPV4;
    fact.source.bytes[3] = (uint8_t)number;
    /* One label of 1 to 63 octets, made of a letter that depends on the number. */
    uint8_t label = (uint8_t)(1 + number % 63);
    fact.name[0] = label;
    memset(fact.name + 1, 'a' + (int)(number % 26), label);
    fact.name_length = (uint8_t)(label + 2);
    return fact;
}

static bool is_fact(const struct fact *fact, uint32_t number)
{
    struct fact expected = fact_of(number);
    return fact->time_ns == number && fact->name_length == expected.name_length &&
           memcmp(fact->name, expected.name, expected.name_length) == 0 &&
           fact->source.bytes[3] == (uint8_t)number;
}

static bool readable(int fd)
{
    struct pollfd end = {.fd = fd, .events = POLLIN};
    return poll(&end, 1, 0) == 1;
}

static void comes_out_as_it_went_in(void **state)
{
    (void)state;
    struct ring *ring = ring_new(8);
    uint64_t foreign = 0;
    struct fact fact;
    /* Often enough to pass the end many times, at every offset that records can have. */
    uint32_t put = 0, taken = 0;
    while (taken < 20000) {
        for (unsigned i = 0; i < 1 + put % 7; i++) {
            struct fact next = fact_of(put);
            assert_true(ring_put(ring, &next, false, -1));
            put++;
        }
        while (ring_take(ring, &fact, &foreign))
            assert_true(is_fact(&fact, taken++));
        assert_int_equal(taken, put);
    }
    assert_int_equal(foreign, 0);
    ring_free(ring);
}

static void holds_as_many_as_promised(void **state)
{
    (void)state;
    struct ring *ring = ring_new(64);
    struct fact longest = {.kind = FACT_ANSWER, .name_length = NAME_WIRE_MAX};
    for (unsigned at = 0; at < 254; at += at == 192 ? 62 : 64) {
        longest.name[at] = (uint8_t)(at == 192 ? 61 : 63);
        memset(longest.name + at + 1, 'x', longest.name[at]);
    }
    assert_true(name_valid(longest.name, NAME_WIRE_MAX));
    struct fact fact;
    uint64_t foreign = 0;
    for (unsigned round = 0; round < 50; round++) {
        for (unsigned i = 0; i < 64; i++)
            assert_true(ring_put(ring, &longest, false, -1));
        for (unsigned i = 0; i < 64; i++)
            assert_true(ring_take(ring, &fact, &foreign));
    }
    assert_int_equal(foreign, 0);
    ring_free(ring);
}

static void full_is_counted_and_passes(void **state)
{
    (void)state;
    struct ring *ring = ring_new(4);
    struct fact fact = fact_of(1);
    uint64_t foreign = 0, put = 0;
    while (ring_put(ring, &fact, false, -1))
        put++;
    assert_false(ring_put(ring, &fact, false, -1));
    struct ring_status status;
    ring_status(ring, &status);
    assert_int_equal(status.dropped, 2);
    for (uint64_t taken = 0; taken < put; taken++)
        assert_true(ring_take(ring, &fact, &foreign));
    assert_false(ring_take(ring, &fact, &foreign));
    assert_true(ring_put(ring, &fact, false, -1));
    ring_free(ring);
}

static void only_the_name_is_copied(void **state)
{
    (void)state;
    struct ring *ring = ring_new(4);
    struct fact in = fact_of(3), out;
    memset(in.name + in.name_length, 0xAA, sizeof(in.name) - in.name_length);
    memset(&out, 0x55, sizeof(out));
    uint64_t foreign = 0;
    ring_put(ring, &in, false, -1);
    assert_true(ring_take(ring, &out, &foreign));
    for (size_t i = out.name_length; i < sizeof(out.name); i++)
        assert_int_equal(out.name[i], 0x55);
    ring_free(ring);
}

static void wakes_who_sleeps(void **state)
{
    (void)state;
    struct ring *ring = ring_new(16);
    struct fact fact = fact_of(1);
    uint64_t foreign = 0;
    assert_false(ring_take(ring, &fact, &foreign));
    assert_false(readable(ring_fd(ring)));
    ring_put(ring, &fact, false, -1);
    ring_flush(ring);
    assert_true(readable(ring_fd(ring)));
    /* Awake: it stays readable until all is taken, and no second signal is needed. */
    ring_put(ring, &fact, false, -1);
    ring_flush(ring);
    assert_true(ring_take(ring, &fact, &foreign));
    assert_true(readable(ring_fd(ring)));
    assert_true(ring_take(ring, &fact, &foreign));
    assert_false(ring_take(ring, &fact, &foreign));
    assert_false(readable(ring_fd(ring)));
    ring_free(ring);
}

static void a_change_of_state_wakes(void **state)
{
    (void)state;
    struct ring *ring = ring_new(16);
    struct ring_status status = {.state = CAPTURE_RUNNING, .link_type = 1, .packets = 5};
    struct fact fact;
    uint64_t foreign = 0;
    ring_report(ring, &status);
    assert_true(readable(ring_fd(ring)));
    assert_false(ring_take(ring, &fact, &foreign));
    status.packets = 6;
    ring_report(ring, &status);
    assert_false(readable(ring_fd(ring)));
    status.dropped = 1;
    ring_report(ring, &status);
    assert_true(readable(ring_fd(ring)));
    ring_free(ring);
}

static void the_end_is_told_last(void **state)
{
    (void)state;
    struct ring *ring = ring_new(16);
    struct fact fact = fact_of(1);
    struct ring_status status = {.state = CAPTURE_ENDED};
    uint64_t foreign = 0;
    ring_put(ring, &fact, false, -1);
    ring_report(ring, &status);
    ring_status(ring, &status);
    assert_int_equal(status.state, CAPTURE_RUNNING);
    assert_true(ring_take(ring, &fact, &foreign));
    ring_status(ring, &status);
    assert_int_equal(status.state, CAPTURE_ENDED);
    ring_free(ring);
}

static void sums_outlive_a_producer(void **state)
{
    (void)state;
    struct ring *ring = ring_new(16);
    struct ring_status status;
    ring_adopt(ring);
    status = (struct ring_status){.state = CAPTURE_RUNNING,
        .packets = 10,
        .dropped = 2,
        .first_packet_ns = 100,
        .last_packet_ns = 200,
        .link_type = 276};
    ring_report(ring, &status);
    ring_fail(ring, "died");
    ring_status(ring, &status);
    assert_int_equal(status.state, CAPTURE_FAILED);
    assert_string_equal(status.text, "died");
    assert_int_equal(status.packets, 10);
    ring_adopt(ring);
    ring_status(ring, &status);
    assert_int_equal(status.state, CAPTURE_STARTING);
    assert_int_equal(status.generation, 2);
    assert_int_equal(status.last_packet_ns, 200);
    assert_string_equal(status.text, "");
    status = (struct ring_status){.state = CAPTURE_RUNNING,
        .packets = 5,
        .dropped = 1,
        .first_packet_ns = 300,
        .last_packet_ns = 400,
        .generation = 77};
    ring_report(ring, &status);
    ring_status(ring, &status);
    assert_int_equal(status.packets, 15);
    assert_int_equal(status.dropped, 3);
    assert_int_equal(status.first_packet_ns, 100);
    assert_int_equal(status.last_packet_ns, 400);
    assert_int_equal(status.generation, 2);
    ring_free(ring);
}

/* ---- two processes ---- */

/* A child that does not outlive a test that fails. */
static pid_t fork_bound(void)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    return child;
}

static void million_across_processes(void **state)
{
    (void)state;
    struct ring *ring = ring_new(256); /* far fewer than there are facts: both sides wait */
    pid_t child = fork_bound();
    if (child == 0) {
        for (uint32_t i = 0; i < MANY; i++) {
            struct fact fact = fact_of(i);
            if (!ring_put(ring, &fact, true, -1))
                _exit(1);
        }
        struct ring_status status = {.state = CAPTURE_ENDED, .packets = MANY};
        ring_flush(ring);
        ring_report(ring, &status);
        _exit(0);
    }
    uint32_t expected = 0;
    uint64_t foreign = 0;
    struct ring_status status = {.state = CAPTURE_STARTING};
    while (status.state != CAPTURE_ENDED) {
        struct pollfd end = {.fd = ring_fd(ring), .events = POLLIN};
        assert_int_equal(poll(&end, 1, 10000), 1);
        struct fact fact;
        while (ring_take(ring, &fact, &foreign))
            assert_true(is_fact(&fact, expected++));
        ring_status(ring, &status);
    }
    assert_int_equal(expected, MANY);
    assert_int_equal(foreign, 0);
    assert_int_equal(status.dropped, 0);
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    ring_free(ring);
}

static void waiting_ends_with_the_lifeline(void **state)
{
    (void)state;
    struct ring *ring = ring_new(4);
    int line[2];
    assert_int_equal(pipe(line), 0);
    pid_t child = fork_bound();
    if (child == 0) {
        struct fact fact = fact_of(1);
        close(line[1]);
        while (ring_put(ring, &fact, true, line[0]))
            ;
        _exit(7);
    }
    close(line[0]);
    usleep(20000);
    assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
    close(line[1]);
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(WEXITSTATUS(result), 7);
    ring_free(ring);
}

/* ---- a producer that lies ---- */

struct lie {
    const char *situation;
    void (*tell)(struct ring *ring);
};

static void head_far_ahead(struct ring *ring)
{
    atomic_store(&ring->shared->head, UINT64_MAX - 7);
}

static void head_behind(struct ring *ring)
{
    atomic_store(&ring->shared->head, ring->tail - 8);
}

static void head_just_too_far(struct ring *ring)
{
    atomic_store(&ring->shared->head, ring->tail + ring->size + 8);
}

static void head_not_aligned(struct ring *ring)
{
    atomic_store(&ring->shared->head, ring->tail + 3);
}

static void record_cut(struct ring *ring)
{
    struct fact fact = fact_of(62);
    ring_put(ring, &fact, false, -1);
    atomic_store(&ring->shared->head, ring->tail + FACT_FIXED + 1);
}

static void poke(struct ring *ring, size_t offset, uint8_t value)
{
    struct fact fact = fact_of(5);
    uint64_t at = ring->head;
    ring_put(ring, &fact, false, -1);
    ring->shared->octets[(at + offset) & (ring->size - 1)] = value;
}

static void kind_none(struct ring *ring)
{
    poke(ring, offsetof(struct fact, kind), FACT_NONE);
}

static void kind_unknown(struct ring *ring)
{
    poke(ring, offsetof(struct fact, kind), FACT_KIND_COUNT);
}

static void direction_unknown(struct ring *ring)
{
    poke(ring, offsetof(struct fact, direction), DIRECTION_COUNT);
}

static void transport_unknown(struct ring *ring)
{
    poke(ring, offsetof(struct fact, transport), TRANSPORT_COUNT);
}

static void family_unknown(struct ring *ring)
{
    poke(ring, offsetof(struct fact, destination) + offsetof(struct address, family), 5);
}

static void address_with_a_tail(struct ring *ring)
{
    poke(ring, offsetof(struct fact, source) + offsetof(struct address, bytes) + 15, 1);
}

static void label_too_long(struct ring *ring)
{
    poke(ring, offsetof(struct fact, name), 64);
}

static void name_without_end(struct ring *ring)
{
    poke(ring, offsetof(struct fact, name) + 7, 9);
}

static const struct lie lies[] = {
    {"head far ahead", head_far_ahead},
    {"head behind the tail", head_behind},
    {"head one record too far", head_just_too_far},
    {"head not aligned", head_not_aligned},
    {"record longer than what is there", record_cut},
    {"no kind", kind_none},
    {"kind out of range", kind_unknown},
    {"direction out of range", direction_unknown},
    {"transport out of range", transport_unknown},
    {"address family that does not exist", family_unknown},
    {"IPv4 address with octets behind it", address_with_a_tail},
    {"label longer than 63", label_too_long},
    {"name that does not end", name_without_end},
};

static void lies_are_counted_and_passed_over(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        struct ring *ring = ring_new(16);
        struct fact fact = fact_of(9);
        uint64_t foreign = 0;
        ring_put(ring, &fact, false, -1);
        if (!ring_take(ring, &fact, &foreign))
            fail();
        lies[i].tell(ring);
        if (ring_take(ring, &fact, &foreign) || foreign == 0)
            fail_msg("%s: taken, or not counted", lies[i].situation);
        /* The next producer is honest, and is heard. */
        ring_adopt(ring);
        fact = fact_of(4);
        ring_put(ring, &fact, false, -1);
        memset(&fact, 0, sizeof(fact));
        bool got = false;
        for (int tries = 0; tries < 4 && !got; tries++)
            got = ring_take(ring, &fact, &foreign);
        if (!got || !is_fact(&fact, 4))
            fail_msg("%s: the next producer is not heard", lies[i].situation);
        ring_free(ring);
    }
}

static void a_flood_of_lies_gives_way(void **state)
{
    (void)state;
    struct ring *ring = ring_new(1024);
    struct fact fact = fact_of(1);
    uint64_t foreign = 0;
    fact.kind = FACT_NONE;
    for (unsigned i = 0; i < SKIP_MAX + 10; i++)
        ring_put(ring, &fact, false, -1);
    assert_false(ring_take(ring, &fact, &foreign));
    assert_int_equal(foreign, SKIP_MAX);
    assert_true(readable(ring_fd(ring)));
    assert_false(ring_take(ring, &fact, &foreign));
    assert_int_equal(foreign, SKIP_MAX + 10);
    assert_false(readable(ring_fd(ring)));
    ring_free(ring);
}

static void status_is_not_believed(void **state)
{
    (void)state;
    struct ring *ring = ring_new(4);
    struct ring_status status = {.link_type = 1};
    memset(status.text, 0x1B, sizeof(status.text)); /* no end, and an escape character */
    uint32_t odd = CAPTURE_STATES + 4;
    memcpy(&status.state, &odd, sizeof(odd));
    status_write(ring->shared, &status);
    atomic_store(&ring->shared->sequence, 7); /* a producer that never lets go */
    ring_status(ring, &status);
    assert_int_equal(status.state, CAPTURE_FAILED);
    assert_true(strlen(status.text) < sizeof(status.text));
    assert_null(strchr(status.text, 0x1B));
    ring_free(ring);
}

/* Everything shared is written at once and all the time while the consumer looks. */
static void scribbling_harms_nobody(void **state)
{
    (void)state;
    struct ring *ring = ring_new(32);
    pid_t child = fork_bound();
    if (child == 0) {
        uint64_t random = 88172645463325252U;
        for (;;) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            ring->shared->octets[random % ring->size] = (uint8_t)(random >> 32);
            uint64_t tail = atomic_load_explicit(&ring->shared->tail, memory_order_relaxed);
            if (random % 16 == 0)
                atomic_store(&ring->shared->head, tail + (random >> 40) % (2 * ring->size));
            else if (random % 1024 == 1)
                atomic_store(&ring->shared->head, random);
            else if (random % 64 == 2)
                atomic_store(&ring->shared->tail, random);
            atomic_fetch_add(&ring->shared->sequence, 1);
        }
    }
    uint64_t foreign = 0, taken = 0;
    struct fact fact;
    struct ring_status status;
    for (unsigned i = 0; i < 200000; i++) {
        memset(&fact, 0, sizeof(fact));
        if (ring_take(ring, &fact, &foreign)) {
            taken++;
            assert_true(fact_well_formed(&fact));
        }
        if (i % 100 == 0)
            ring_status(ring, &status);
    }
    assert_true(foreign > 0);
    (void)taken;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    ring_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_out_as_it_went_in),
        cmocka_unit_test(holds_as_many_as_promised),
        cmocka_unit_test(full_is_counted_and_passes),
        cmocka_unit_test(only_the_name_is_copied),
        cmocka_unit_test(wakes_who_sleeps),
        cmocka_unit_test(a_change_of_state_wakes),
        cmocka_unit_test(the_end_is_told_last),
        cmocka_unit_test(sums_outlive_a_producer),
        cmocka_unit_test(million_across_processes),
        cmocka_unit_test(waiting_ends_with_the_lifeline),
        cmocka_unit_test(lies_are_counted_and_passed_over),
        cmocka_unit_test(a_flood_of_lies_gives_way),
        cmocka_unit_test(status_is_not_believed),
        cmocka_unit_test(scribbling_harms_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
