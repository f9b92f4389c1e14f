/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/fragment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "build.h"

/* Through the whole decoder: what counts is which names come out. */

#define SECOND UINT64_C(1000000000)

enum { MORE = 0x2000 };

/* One IPv4 fragment of the UDP datagram in whole: its octets from..to. */
static void send_ipv4(struct seen *seen, struct bytes *whole, unsigned id, size_t from, size_t to,
    bool more, uint64_t time_ns)
{
    static struct bytes part;
    bytes_clear(&part);
    append(&part, bytes_at(whole) + from, to - from);
    wrap_ipv4(&part, 17);
    put16(bytes_at(&part) + 4, id);
    put16(bytes_at(&part) + 6, (more ? MORE : 0) | from / 8);
    decode(seen, RAW, &part, time_ns);
}

static void send_ipv6(struct seen *seen, struct bytes *whole, uint32_t id, unsigned protocol,
    size_t from, size_t to, bool more, uint64_t time_ns)
{
    static struct bytes part;
    bytes_clear(&part);
    append(&part, bytes_at(whole) + from, to - from);
    uint8_t *header = prepend(&part, 8);
    header[0] = (uint8_t)protocol;
    put16(header + 2, from | more);
    put32(header + 4, id);
    wrap_ipv6(&part, 44);
    decode(seen, RAW, &part, time_ns);
}

/* A query whose name fills 200 octets, so that fragments of 48 cut it in many. */
static void long_query(struct bytes *bytes)
{
    char name[200];
    memset(name, 'n', sizeof name);
    name[50] = name[100] = name[150] = '.';
    name[199] = '\0';
    query(bytes, name, 1);
    wrap_udp(bytes, 40000, 53);
}

static void expect_long_name(struct seen *seen, unsigned count, unsigned flags)
{
    assert_int_equal(seen->count, count);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(seen->facts[i].kind, FACT_QUESTION);
        assert_int_equal(seen->facts[i].name_length, 201);
        assert_int_equal(seen->facts[i].flags, FACT_RECURSION | flags);
        assert_int_equal(strspn(name_of(&seen->facts[i]), "n."), 199);
    }
    assert_int_equal(packet_counts(seen->decoder)->malformed, 0);
}

static void every_order_of_three_parts(void **state)
{
    static const unsigned orders[6][3] = {
        {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static struct bytes whole;
    static struct seen seen;
    (void)state;
    long_query(&whole);
    size_t length = bytes_length(&whole);
    for (size_t cut = 8; cut < 200; cut += 8) {
        for (size_t order = 0; order < LENGTH(orders); order++) {
            for (int version = 4; version <= 6; version += 2) {
                const size_t bounds[4] = {0, cut, cut + 8, length};
                seen_begin(&seen);
                for (size_t i = 0; i < 3; i++) {
                    unsigned part = orders[order][i];
                    size_t from = bounds[part], to = bounds[part + 1];
                    if (version == 4)
                        send_ipv4(&seen, &whole, 7, from, to, part < 2, 1);
                    else
                        send_ipv6(&seen, &whole, 7, 17, from, to, part < 2, 1);
                }
                expect_long_name(&seen, 1, FACT_FRAGMENTED);
                assert_int_equal(packet_counts(seen.decoder)->fragments_lost, 0);
                seen_end(&seen);
            }
        }
    }
}

static void the_first_fragment_is_enough(void **state)
{
    static struct bytes whole;
    static struct seen seen;
    (void)state;
    long_query(&whole);
    /* An answer of 1,600 octets, in either order; nothing waits, nothing is lost. */
    for (size_t i = 0; i < 1600; i++)
        append(&whole, "\0", 1);
    put16(bytes_at(&whole) + 4, bytes_length(&whole));
    for (int order = 0; order < 2; order++) {
        seen_begin(&seen);
        for (int i = 0; i < 2; i++) {
            if (i == order)
                send_ipv4(&seen, &whole, 9, 0, 1480, true, 1);
            else
                send_ipv4(&seen, &whole, 9, 1480, bytes_length(&whole), false, 1);
        }
        expect_long_name(&seen, 1, 0);
        query(&whole, "late.example", 1); /* half a minute later, somebody looks */
        wrap_udp(&whole, 40000, 53);
        wrap_ipv4(&whole, 17);
        decode(&seen, RAW, &whole, 100 * SECOND);
        assert_int_equal(packet_counts(seen.decoder)->fragments_lost, 0);
        seen_end(&seen);
        long_query(&whole);
        for (size_t i = 0; i < 1600; i++)
            append(&whole, "\0", 1);
        put16(bytes_at(&whole) + 4, bytes_length(&whole));
    }
    /* The name is in the first fragment although that is small: later ones do not wait. */
    query(&whole, "a.example", 1);
    wrap_udp(&whole, 40000, 53);
    append(&whole, "tail behind", 11);
    put16(bytes_at(&whole) + 4, bytes_length(&whole));
    seen_begin(&seen);
    send_ipv4(&seen, &whole, 9, 0, 40, true, 1);
    send_ipv4(&seen, &whole, 9, 40, bytes_length(&whole), false, 1);
    send_ipv4(&seen, &whole, 9, 0, 40, true, 1); /* comes again, and is no other look-up */
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.facts[0].flags, FACT_RECURSION);
    query(&whole, "late.example", 1);
    wrap_udp(&whole, 40000, 53);
    wrap_ipv4(&whole, 17);
    decode(&seen, RAW, &whole, 100 * SECOND);
    assert_int_equal(packet_counts(seen.decoder)->fragments_lost, 0);
    seen_end(&seen);
}

static void extension_headers_behind_the_fragment_header(void **state)
{
    static struct bytes whole;
    static struct seen seen;
    (void)state;
    long_query(&whole);
    uint8_t *options = prepend(&whole, 64);
    options[0] = 17;
    options[1] = 64 / 8 - 1;
    seen_begin(&seen);
    for (size_t from = 0; from < bytes_length(&whole); from += 48) {
        size_t to = from + 48 < bytes_length(&whole) ? from + 48 : bytes_length(&whole);
        send_ipv6(&seen, &whole, 7, 60, from, to, to < bytes_length(&whole), 1);
    }
    expect_long_name(&seen, 1, FACT_FRAGMENTED);
    seen_end(&seen);
}

struct part {
    size_t from, to;
    bool more, forged;
};

static void overlaps(void **state)
{
    static const struct {
        const char *what;
        struct part parts[4];
        unsigned questions, lost;
    } cases[] = {
        {"none", {{0, 48, true, false}, {48, 237, false, false}}, 1, 0},
        {"repeated", {{0, 48, true, false}, {0, 48, true, false}, {48, 237, false, false}}, 1, 0},
        {"same place, other octets",
            {{0, 48, true, false}, {0, 48, true, true}, {48, 237, false, false}}, 0, 1},
        {"overlap by one unit",
            {{0, 48, true, false}, {40, 96, true, false}, {96, 237, false, false}}, 0, 1},
        {"overlap with the same octets is one too", {{0, 48, true, false}, {40, 237, false, false}},
            0, 1},
        {"the name was known before",
            {{0, 48, true, false}, {48, 237, false, false}, {40, 96, true, true}}, 1, 0},
    };
    static struct bytes whole, forged;
    static struct seen seen;
    (void)state;
    long_query(&whole);
    assert_int_equal(bytes_length(&whole), 225);
    for (size_t i = 0; i < LENGTH(cases); i++) {
        seen_begin(&seen);
        for (size_t j = 0; j < 4 && cases[i].parts[j].to > 0; j++) {
            const struct part *part = &cases[i].parts[j];
            long_query(&forged);
            if (part->forged)
                memset(bytes_at(&forged) + 32, 'f', 12);
            size_t to = part->to < 225 ? part->to : 225;
            send_ipv4(&seen, &forged, 5, part->from, to, part->more, 1);
        }
        if (seen.count != cases[i].questions ||
            packet_counts(seen.decoder)->fragments_lost != cases[i].lost)
            fail_msg("%s: %u questions, %lu lost", cases[i].what, seen.count,
                (unsigned long)packet_counts(seen.decoder)->fragments_lost);
        seen_end(&seen);
    }
}

static void what_never_comes_is_counted(void **state)
{
    static struct bytes whole;
    static struct seen seen;
    (void)state;
    long_query(&whole);
    seen_begin(&seen);
    send_ipv4(&seen, &whole, 1, 0, 48, true, SECOND);
    send_ipv4(&seen, &whole, 2, 48, 96, true, 2 * SECOND);
    send_ipv4(&seen, &whole, 3, 0, 48, true, 40 * SECOND); /* the first two are too old now */
    assert_int_equal(packet_counts(seen.decoder)->fragments_lost, 2);
    send_ipv4(&seen, &whole, 2, 0, 48, true, 41 * SECOND);
    send_ipv4(&seen, &whole, 2, 96, 225, false, 41 * SECOND);
    assert_int_equal(seen.count, 0); /* 48..96 was forgotten */
    send_ipv4(&seen, &whole, 2, 48, 96, true, 41 * SECOND);
    expect_long_name(&seen, 1, FACT_FRAGMENTED);
    /* The clock is set back by a year: the third is as stale as if it were old. */
    send_ipv4(&seen, &whole, 4, 48, 96, true, SECOND);
    assert_int_equal(packet_counts(seen.decoder)->fragments_lost, 3);
    seen_end(&seen);
}

static void a_flood_of_fragments_is_bounded(void **state)
{
    static struct bytes whole;
    static struct seen seen;
    (void)state;
    long_query(&whole);
    seen_begin(&seen);
    for (unsigned id = 0; id < 5000; id++)
        send_ipv4(&seen, &whole, id, 48, 96, true, 1);
    assert_int_equal(packet_counts(seen.decoder)->fragments_lost, 5000 - 256);
    /* The newest are still there. */
    send_ipv4(&seen, &whole, 4999, 96, 225, false, 1);
    send_ipv4(&seen, &whole, 4999, 0, 48, true, 1);
    expect_long_name(&seen, 1, FACT_FRAGMENTED);
    seen_end(&seen);
}

static void datagrams_are_kept_apart(void **state)
{
    static struct bytes whole;
    static struct seen seen;
    (void)state;
    long_query(&whole);
    seen_begin(&seen);
    /* Another identification, another protocol, another family: no part of the first. */
    send_ipv4(&seen, &whole, 7, 0, 48, true, 1);
    send_ipv4(&seen, &whole, 8, 48, 225, false, 1);
    send_ipv6(&seen, &whole, 7, 17, 48, 225, false, 1);
    assert_int_equal(seen.count, 0);
    send_ipv4(&seen, &whole, 7, 48, 225, false, 1);
    expect_long_name(&seen, 1, FACT_FRAGMENTED);
    seen_end(&seen);
}

static void a_joined_message_can_be_malformed(void **state)
{
    static struct bytes whole;
    static struct seen seen;
    (void)state;
    long_query(&whole);
    bytes_at(&whole)[100] = 0x80;
    memset(bytes_at(&whole) + 21, 63, 40); /* labels that lead to the reserved type and beyond */
    whole.end -= 60;                       /* and the end is missing */
    put16(bytes_at(&whole) + 4, bytes_length(&whole));
    seen_begin(&seen);
    send_ipv4(&seen, &whole, 7, 48, bytes_length(&whole), false, 1);
    send_ipv4(&seen, &whole, 7, 0, 48, true, 1);
    assert_int_equal(seen.count, 0);
    assert_int_equal(packet_counts(seen.decoder)->malformed, 1);
    seen_end(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_of_three_parts),
        cmocka_unit_test(the_first_fragment_is_enough),
        cmocka_unit_test(extension_headers_behind_the_fragment_header),
        cmocka_unit_test(overlaps),
        cmocka_unit_test(what_never_comes_is_counted),
        cmocka_unit_test(a_flood_of_fragments_is_bounded),
        cmocka_unit_test(datagrams_are_kept_apart),
        cmocka_unit_test(a_joined_message_can_be_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
