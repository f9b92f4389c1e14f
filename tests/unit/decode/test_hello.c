/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/hello.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "decode/stream.h"
#include "hello_build.h"

static struct bytes stream, bytes;
static struct seen seen;

#define ISN UINT32_C(0xFFFFFE00) /* so that sequence numbers wrap within a long hello */
#define FIRST (ISN + 1)

enum { PORT = 40000 };
#define MS UINT64_C(1000000)
#define START UINT64_C(1700000000000000000)

/* One fact in one line. */
static const char *line_of(const struct fact *fact)
{
    static char line[NAME_TEXT_MAX + 64];
    if (fact->kind == FACT_CONNECT)
        return "connect";
    snprintf(line, sizeof line, "%s %s %s %u%s%s", fact->kind == FACT_HELLO ? "hello" : "?",
        transport_word((enum transport)fact->transport), name_of(fact), fact->alpn,
        fact->flags & FACT_ECH ? " ech" : "", fact->flags & FACT_CUT ? " cut" : "");
    return line;
}

/* All hellos so far, one line each, without the connections' beginnings. */
static const char *hellos(void)
{
    static char all[4000];
    size_t used = 0;
    all[0] = '\0';
    for (unsigned i = 0; i < seen.count && i < LENGTH(seen.facts); i++)
        if (seen.facts[i].kind != FACT_CONNECT)
            used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", used > 0 ? "; " : "",
                line_of(&seen.facts[i]));
    return all;
}

static uint64_t now;

/* A segment with octets from..to of the stream (to 0: none), snapped by so many octets. */
static void segment_of(
    unsigned source, unsigned flags, uint32_t base, size_t from, size_t to, size_t snapped)
{
    bytes_clear(&bytes);
    if (to > from)
        append(&bytes, bytes_at(&stream) + from, to - from);
    wrap_tcp(&bytes, source, 443, base + (uint32_t)from, flags);
    wrap_ipv4(&bytes, 6);
    size_t length = bytes_length(&bytes);
    decode_cut(&seen, RAW, bytes_at(&bytes), length - snapped, length, now);
}

static void segment(size_t from, size_t to)
{
    segment_of(PORT, TCP_ACK, FIRST, from, to, 0);
}

static void syn(void)
{
    segment_of(PORT, TCP_SYN, ISN, 0, 0, 0);
}

static void begin(const struct hello_plan *plan)
{
    seen_begin(&seen);
    now = START;
    hello_stream(&stream, plan);
}

static void expect(const char *what, const char *expected, unsigned malformed)
{
    if (strcmp(hellos(), expected) != 0)
        fail_msg("%s: \"%s\", expected \"%s\"", what, hellos(), expected);
    if (packet_counts(seen.decoder)->malformed != malformed)
        fail_msg("%s: %u malformed, expected %u", what,
            (unsigned)packet_counts(seen.decoder)->malformed, malformed);
}

static const struct hello_plan usual = {.host = "a.example", .alpn = "h2 http/1.1"};
static const struct hello_plan large = {
    .host = "big.example", .alpn = "h2", .before = 1300, .ech = true};
static const char told[] = "hello tcp a.example 3";
static const char large_told[] = "hello tcp big.example 2 ech";

static void one_segment(void **state)
{
    (void)state;
    for (int with_syn = 0; with_syn < 2; with_syn++) {
        begin(&usual);
        if (with_syn)
            syn();
        now += 5;
        segment(0, bytes_length(&stream));
        expect("one segment", told, 0);
        const struct fact *fact = &seen.facts[seen.count - 1];
        assert_true(fact->time_ns == START + 5);
        assert_int_equal(fact->interface, 3);
        assert_int_equal(fact->direction, DIRECTION_UNKNOWN);
        assert_int_equal(fact->source_port, PORT);
        assert_int_equal(fact->destination_port, 443);
        assert_int_equal(fact->source.family, FAMILY_IPV4);
        assert_int_equal(fact->destination.bytes[0], 198);
        assert_int_equal(fact->rcode | fact->id | fact->type | fact->class | fact->answers, 0);
        assert_int_equal(packet_counts(seen.decoder)->hellos, 1);
        /* Sent again, and what follows: nothing new. */
        segment(0, bytes_length(&stream));
        segment(20, bytes_length(&stream));
        segment(bytes_length(&stream), bytes_length(&stream) + 300);
        expect("sent again", told, 0);
        /* After HelloRetryRequest a second hello comes on the same connection. */
        segment_of(PORT, TCP_ACK, FIRST + 600, 0, bytes_length(&stream), 0);
        expect("second hello", told, 0);
        seen_end(&seen);
    }
}

/* Every way to cut one hello into two, and into three that come in every order. */
static void split_anywhere(void **state)
{
    static const uint8_t orders[6][3] = {
        {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    (void)state;
    hello_stream(&stream, &usual);
    size_t length = bytes_length(&stream);
    for (size_t cut = 1; cut < length; cut++) {
        for (int order = 0; order < 6; order++) {
            size_t edges[4] = {0, cut, cut + (length - cut) / 2, length};
            begin(&usual);
            syn();
            for (int i = 0; i < 3; i++)
                segment(edges[orders[order][i]], edges[orders[order][i] + 1]);
            segment(edges[1], edges[3]);
            char what[64];
            snprintf(what, sizeof what, "cut at %zu, order %d", cut, order);
            expect(what, told, 0);
            assert_false(packet_waiting(seen.decoder));
            seen_end(&seen);
        }
        /* Without SYN the beginning must look like one. */
        begin(&usual);
        segment(0, cut);
        segment(cut, length);
        expect("without SYN", cut >= 6 ? told : "", 0);
        seen_end(&seen);
    }
}

static void in_records(void **state)
{
    (void)state;
    for (size_t size = 1; size < 200; size += 13) {
        begin(&usual);
        bytes_clear(&stream);
        append_hello(&stream, &usual);
        split_records(&stream, stream.start, size);
        syn();
        size_t length = bytes_length(&stream);
        segment(0, length / 3);
        segment(length / 3 * 2, length);
        segment(length / 3, length / 3 * 2);
        expect("records", told, 0);
        seen_end(&seen);
    }
}

/* Which of two copies of an octet counts: the one that came first. */
static void overlaps(void **state)
{
    (void)state;
    begin(&usual);
    size_t length = bytes_length(&stream);
    syn();
    segment(0, 60);
    uint8_t right[2000];
    memcpy(right, bytes_at(&stream), length);
    memset(bytes_at(&stream), 0xFF, 60);
    memcpy(bytes_at(&stream), right, 11);
    segment(0, 70); /* begins like the hello, overlaps */
    segment(30, 100);
    memcpy(bytes_at(&stream), right, 100);
    memset(bytes_at(&stream) + 60, 0, 40);
    segment(50, length);
    /* 60 to 99 came first as they should. */
    expect("overlap", told, 0);
    seen_end(&seen);
}

static void large_hellos(void **state)
{
    static const struct {
        const char *what;
        size_t before, behind;
        size_t step; /* octets of a segment */
    } cases[] = {
        {"post-quantum key share, name in the second", 1300, 0, 1380},
        {"the same, small segments", 1300, 0, 100},
        {"16 KiB", 8000, 8000, 1380},
        {"16 KiB, octet by octet", 8000, 8000, 7},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct hello_plan plan = large;
        plan.before = cases[i].before;
        plan.behind = cases[i].behind;
        begin(&plan);
        size_t length = bytes_length(&stream);
        for (size_t at = 0; at < length; at += cases[i].step)
            segment(at, at + cases[i].step < length ? at + cases[i].step : length);
        expect(cases[i].what, large_told, 0);
        seen_end(&seen);
    }
}

/* More than is ever gathered: told as soon as that is full. */
static void too_large(void **state)
{
    struct hello_plan plan = usual;
    (void)state;
    plan.behind = 40000;
    begin(&plan);
    size_t length = bytes_length(&stream);
    syn();
    for (size_t at = 0; at < 16800; at += 1400)
        segment(at, at + 1400);
    expect("not yet", "", 0);
    segment(16800, 18200);
    expect("full", "hello tcp a.example 3 cut", 0);
    segment(18200, length);
    expect("and the rest", "hello tcp a.example 3 cut", 0);
    assert_false(packet_waiting(seen.decoder));
    seen_end(&seen);
}

static void what_does_not_come(void **state)
{
    struct hello_plan plan = usual;
    plan.behind = 4000;
    (void)state;
    /* The middle is missing: told a second after the end was seen. */
    begin(&plan);
    size_t length = bytes_length(&stream);
    syn();
    segment(0, 1400);
    segment(2800, length);
    expect("gap", "", 0);
    assert_true(packet_waiting(seen.decoder));
    now += 900 * MS;
    packet_sweep(seen.decoder, now);
    expect("gap, not yet", "", 0);
    now += 200 * MS;
    packet_sweep(seen.decoder, now);
    expect("gap, a second later", "hello tcp a.example 3 cut", 0);
    assert_true(seen.facts[seen.count - 1].time_ns == START);
    assert_false(packet_waiting(seen.decoder));
    segment(1400, 2800);
    expect("too late", "hello tcp a.example 3 cut", 0);
    seen_end(&seen);

    /* Only the beginning, before the name. */
    begin(&plan);
    syn();
    segment(0, 60);
    now += 2900 * MS;
    packet_sweep(seen.decoder, now);
    expect("beginning, not yet", "", 0);
    now += 200 * MS;
    packet_sweep(seen.decoder, now);
    expect("beginning", "hello tcp - 0 cut", 0);
    seen_end(&seen);

    /* The clock was set back. */
    begin(&plan);
    segment(0, 1400);
    packet_sweep(seen.decoder, now - 100000 * MS);
    expect("clock set back", "hello tcp a.example 3 cut", 0);
    seen_end(&seen);

    /* Only the end: nobody knows of what. */
    begin(&plan);
    syn();
    segment(1400, 2800);
    now += 1100 * MS;
    packet_sweep(seen.decoder, now);
    expect("end alone", "", 0);
    assert_false(packet_waiting(seen.decoder));
    seen_end(&seen);

    /* One octet of a handshake record is no hello yet. */
    begin(&plan);
    syn();
    segment(0, 1);
    packet_end(seen.decoder);
    expect("one octet", "", 0);
    seen_end(&seen);

    static const struct {
        const char *what;
        unsigned flags;
    } ends[] = {{"FIN", TCP_FIN | TCP_ACK}, {"RST", TCP_RST}, {"end of file", 0}};
    for (size_t i = 0; i < LENGTH(ends); i++) {
        begin(&plan);
        syn();
        segment(0, 1400);
        if (ends[i].flags)
            segment_of(PORT, ends[i].flags, FIRST + 1400, 0, 0, 0);
        else
            packet_end(seen.decoder);
        expect(ends[i].what, "hello tcp a.example 3 cut", 0);
        packet_end(seen.decoder);
        expect(ends[i].what, "hello tcp a.example 3 cut", 0);
        seen_end(&seen);
    }
}

/* The capture holds less than there was: told at once, unless that did not matter. */
static void snapped(void **state)
{
    (void)state;
    begin(&usual);
    size_t length = bytes_length(&stream);
    seen_end(&seen);
    for (size_t held = 6; held < length; held++) {
        begin(&usual);
        segment_of(PORT, TCP_ACK, FIRST, 0, length, length - held);
        const char *got = hellos();
        if (!strstr(got, " cut") || packet_waiting(seen.decoder) ||
            packet_counts(seen.decoder)->malformed != 0)
            fail_msg("%zu of %zu octets: %s", held, length, got);
        seen_end(&seen);
    }
    begin(&usual);
    append_filler(&stream, 500);
    segment_of(PORT, TCP_ACK, FIRST, 0, length + 500, 500);
    expect("cut behind the hello", told, 0);
    seen_end(&seen);

    begin(&large);
    length = bytes_length(&stream);
    syn();
    segment_of(PORT, TCP_ACK, FIRST, 700, length, 10);
    expect("snapped tail, first", "", 0);
    segment(0, 700);
    expect("snapped tail, and the head", "hello tcp big.example 2 ech cut", 0);
    seen_end(&seen);
}

static void lies_and_others(void **state)
{
    (void)state;
    begin(&usual);
    bytes_at(&stream)[5 + 38] = 0xFF; /* session ID */
    size_t length = bytes_length(&stream);
    syn();
    segment(0, length);
    segment(0, length);
    expect("lie, sent again", "", 1);
    seen_end(&seen);

    begin(&usual);
    bytes_at(&stream)[5 + 38] = 0xFF;
    segment(0, 45);
    segment(45, length);
    expect("lie in two segments", "", 1);
    seen_end(&seen);

    static const struct {
        const char *what;
        size_t at;
        uint8_t value;
    } cases[] = {{"application data", 0, 0x17}, {"SSL 2", 1, 2}, {"server's hello", 5, 2},
        {"no version", 9, 7}};
    for (size_t i = 0; i < LENGTH(cases); i++) {
        for (int with_syn = 0; with_syn < 2; with_syn++) {
            begin(&usual);
            bytes_at(&stream)[cases[i].at] = cases[i].value;
            if (with_syn)
                syn();
            segment(0, 50);
            segment(50, length);
            expect(cases[i].what, "", 0);
            assert_false(packet_waiting(seen.decoder));
            seen_end(&seen);
        }
    }

    /* A header that is longer than its segment, on a port that is not DNS's. */
    begin(&usual);
    bytes_clear(&bytes);
    wrap_tcp(&bytes, PORT, 443, FIRST, TCP_ACK);
    bytes_at(&bytes)[12] = 0xF0;
    wrap_ipv4(&bytes, 6);
    decode(&seen, RAW, &bytes, now);
    bytes_at(&bytes)[20 + 12] = 0x10;
    decode(&seen, RAW, &bytes, now);
    expect("header", "", 0);
    seen_end(&seen);
}

static void connections(void **state)
{
    (void)state;
    /* The same ports again, with a SYN of its own. */
    begin(&usual);
    size_t length = bytes_length(&stream);
    syn();
    segment(0, length);
    syn();
    segment(0, length);
    expect("SYN sent again", told, 0);
    segment_of(PORT, TCP_SYN, ISN + 5000, 0, 0, 0);
    segment_of(PORT, TCP_ACK, FIRST + 5000, 0, length, 0);
    expect("new connection", "hello tcp a.example 3; hello tcp a.example 3", 0);
    /* And without one, far away. */
    segment_of(PORT, TCP_ACK, FIRST + (1U << 30), 0, length, 0);
    expect("far away", "hello tcp a.example 3; hello tcp a.example 3; hello tcp a.example 3", 0);
    seen_end(&seen);

    /* Data beside SYN (RFC 7413). */
    begin(&usual);
    bytes_clear(&bytes);
    append(&bytes, bytes_at(&stream), length);
    wrap_tcp(&bytes, PORT, 443, ISN, TCP_SYN);
    wrap_ipv4(&bytes, 6);
    decode(&seen, RAW, &bytes, now);
    expect("data beside SYN", told, 0);
    seen_end(&seen);

    /* Something else comes first (STARTTLS). */
    begin(&usual);
    syn();
    struct bytes *octets = &bytes;
    bytes_clear(octets);
    append(octets, "EHLO a\r\nSTARTTLS\r\n", 18);
    wrap_tcp(octets, PORT, 443, FIRST, TCP_ACK);
    wrap_ipv4(octets, 6);
    decode(&seen, RAW, octets, now);
    segment_of(PORT, TCP_ACK, FIRST + 18, 0, 100, 0);
    segment_of(PORT, TCP_ACK, FIRST + 18, 100, length, 0);
    expect("STARTTLS", told, 0);
    seen_end(&seen);

    /* The same, and the first words were not captured. */
    begin(&usual);
    syn();
    segment_of(PORT, TCP_ACK, FIRST + 18, 0, 100, 0);
    segment_of(PORT, TCP_ACK, FIRST + 18, 100, length, 0);
    expect("STARTTLS, first words missing", told, 0);
    seen_end(&seen);

    /* A new connection while the old one's hello was not all there. */
    begin(&usual);
    syn();
    segment(0, 130);
    segment_of(PORT, TCP_SYN, ISN + 9000, 0, 0, 0);
    segment_of(PORT, TCP_ACK, FIRST + 9000, 0, length, 0);
    expect("given up", "hello tcp a.example 3 cut; hello tcp a.example 3", 0);
    seen_end(&seen);

    /* TCP on the ports of DNS carries DNS, whatever it looks like. */
    begin(&usual);
    bytes_clear(&bytes);
    append(&bytes, bytes_at(&stream), length);
    wrap_tcp(&bytes, PORT, 53, FIRST, TCP_ACK);
    wrap_ipv4(&bytes, 6);
    decode(&seen, RAW, &bytes, now);
    expect("port 53", "", 0);
    seen_end(&seen);
}

/* What comes in is not what this machine said; what is forwarded is told per interface. */
static void directions(void **state)
{
    static const struct {
        const char *what;
        unsigned packet_type;
        const char *expected;
    } cases[] = {{"sent", 4, "hello tcp a.example 3"}, {"received", 0, ""}};
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        begin(&usual);
        bytes_clear(&bytes);
        append(&bytes, bytes_at(&stream), bytes_length(&stream));
        wrap_tcp(&bytes, PORT, 443, FIRST, TCP_ACK);
        wrap_ipv6(&bytes, 6);
        uint8_t *header = prepend(&bytes, 20);
        put16(header, 0x86DD);
        header[7] = 2;
        header[10] = (uint8_t)cases[i].packet_type;
        decode(&seen, SLL2, &bytes, now);
        expect(cases[i].what, cases[i].expected, 0);
        seen_end(&seen);
    }
}

/* More unfinished hellos than there is room for: the oldest is told and goes, none is lost. */
static void flood(void **state)
{
    enum { FLOOD = 5000 };
    (void)state;
    begin(&large);
    size_t length = bytes_length(&stream);
    for (unsigned i = 0; i < FLOOD; i++) {
        now += MS / 100;
        segment_of(10000 + i, TCP_SYN, ISN, 0, 0, 0);
        segment_of(10000 + i, TCP_ACK, FIRST, 0, 1000, 0);
    }
    /* The newest is still there. */
    unsigned before = seen.count;
    segment_of(10000 + FLOOD - 1, TCP_ACK, FIRST, 1000, length, 0);
    assert_int_equal(seen.count, before + 1);
    packet_end(seen.decoder);
    assert_int_equal(packet_counts(seen.decoder)->hellos, FLOOD);
    assert_int_equal(packet_counts(seen.decoder)->malformed, 0);
    seen_end(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_segment),
        cmocka_unit_test(split_anywhere),
        cmocka_unit_test(in_records),
        cmocka_unit_test(overlaps),
        cmocka_unit_test(large_hellos),
        cmocka_unit_test(too_large),
        cmocka_unit_test(what_does_not_come),
        cmocka_unit_test(snapped),
        cmocka_unit_test(lies_and_others),
        cmocka_unit_test(connections),
        cmocka_unit_test(directions),
        cmocka_unit_test(flood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
