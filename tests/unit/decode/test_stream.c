/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "build.h"

/* Through the whole decoder: octets of a stream in, names out. */

#define SECOND UINT64_C(1000000000)
#define ISN 0xFFFFFF80U /* so that sequence numbers wrap within each test */

enum { CLIENT = 40000, SERVER = 53 };

struct wire {
    struct seen seen;
    uint64_t time_ns;
};

static struct wire wire;

static void wire_begin(void)
{
    seen_begin(&wire.seen);
    wire.time_ns = SECOND;
}

/* A segment that begins offset octets into the stream; captured says how much of it was. */
static void send_cut(
    uint32_t offset, const uint8_t *octets, size_t length, size_t captured, unsigned flags)
{
    static struct bytes bytes;
    bytes_clear(&bytes);
    append(&bytes, octets, length);
    wrap_tcp(&bytes, CLIENT, SERVER, ISN + 1 + offset, flags);
    wrap_ipv4(&bytes, 6);
    decode_cut(
        &wire.seen, RAW, bytes_at(&bytes), 40 + captured, bytes_length(&bytes), wire.time_ns);
}

static void send(uint32_t offset, const uint8_t *octets, size_t length, unsigned flags)
{
    send_cut(offset, octets, length, length, flags);
}

static void send_syn(void)
{
    send((uint32_t)-1, NULL, 0, TCP_SYN);
    wire.seen.count = 0; /* the connection itself is a fact that is looked at elsewhere */
}

/* Appends one message with its length in front: a question for text, padded with EDNS padding
 * (RFC 7830) to at least size octets. */
static void append_message(struct bytes *stream, const char *text, unsigned type, size_t size)
{
    static struct bytes message;
    query(&message, text, type);
    size_t length = bytes_length(&message);
    if (length + 15 <= size) {
        static const uint8_t zeros[65536];
        put16(bytes_at(&message) + 10, 1);
        size_t padding = size - length - 15;
        append(&message, "\0", 1);
        append16(&message, 41);
        append16(&message, 1232);
        append(&message, zeros, 4);
        append16(&message, padding + 4);
        append16(&message, 12);
        append16(&message, padding);
        append(&message, zeros, padding);
    }
    append16(stream, bytes_length(&message));
    append(stream, bytes_at(&message), bytes_length(&message));
}

/* The names that came out, with blanks between. */
static const char *names(void)
{
    static char text[4096];
    size_t used = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < wire.seen.count && i < LENGTH(wire.seen.facts); i++)
        used += (size_t)snprintf(
            text + used, sizeof text - used, "%s%s", i ? " " : "", name_of(&wire.seen.facts[i]));
    return text;
}

static void expect(const char *what, const char *expected, unsigned malformed, unsigned lost)
{
    const struct packet_counts *counts = packet_counts(wire.seen.decoder);
    if (strcmp(names(), expected) != 0)
        fail_msg("%s: expected \"%s\", got \"%s\"", what, expected, names());
    if (counts->malformed != malformed || counts->streams_lost != lost)
        fail_msg("%s: malformed %lu, lost %lu", what, (unsigned long)counts->malformed,
            (unsigned long)counts->streams_lost);
}

static void three_messages(struct bytes *stream)
{
    bytes_clear(stream);
    append_message(stream, "first.example", 1, 0);
    append_message(stream, "second.example", 28, 100);
    append_message(stream, "third.example", 16, 0);
}

#define THREE "first.example second.example third.example"

static void split_at_every_octet(void **state)
{
    static struct bytes stream;
    (void)state;
    three_messages(&stream);
    size_t length = bytes_length(&stream);
    for (size_t cut = 0; cut <= length; cut++) {
        for (int reversed = 0; reversed < 2; reversed++) {
            char what[64];
            snprintf(what, sizeof what, "cut at %zu%s", cut, reversed ? ", reversed" : "");
            wire_begin();
            send_syn();
            if (!reversed)
                send(0, bytes_at(&stream), cut, TCP_ACK);
            send((uint32_t)cut, bytes_at(&stream) + cut, length - cut, TCP_ACK);
            if (reversed)
                send(0, bytes_at(&stream), cut, TCP_ACK);
            expect(what, THREE, 0, 0);
            assert_int_equal(wire.seen.facts[1].type, 28);
            assert_int_equal(wire.seen.facts[1].transport, TRANSPORT_TCP);
            seen_end(&wire.seen);
        }
    }
}

static void one_octet_at_a_time(void **state)
{
    static struct bytes stream;
    (void)state;
    three_messages(&stream);
    wire_begin();
    send_syn();
    for (size_t i = 0; i < bytes_length(&stream); i++)
        send((uint32_t)i, bytes_at(&stream) + i, 1, TCP_ACK);
    expect("one octet at a time", THREE, 0, 0);
    seen_end(&wire.seen);
}

/* Parts of 10 octets in a shuffled order, each sent twice, some overlapping their neighbours. */
static void shuffled_and_retransmitted(void **state)
{
    static struct bytes stream;
    uint32_t random = 1;
    (void)state;
    for (int round = 0; round < 200; round++) {
        unsigned order[16];
        for (unsigned i = 0; i < LENGTH(order); i++)
            order[i] = i;
        for (unsigned i = LENGTH(order) - 1; i > 0; i--) {
            random = random * 1664525 + 1013904223;
            unsigned other = (random >> 16) % (i + 1), kept = order[i];
            order[i] = order[other];
            order[other] = kept;
        }
        three_messages(&stream);
        size_t length = bytes_length(&stream);
        wire_begin();
        send_syn();
        for (unsigned i = 0; i < LENGTH(order); i++) {
            size_t from = order[i] * (length / LENGTH(order));
            size_t to = order[i] + 1 == LENGTH(order) ? length : from + length / LENGTH(order);
            if (round % 2 == 0 && from > 3)
                from -= 3;
            send((uint32_t)from, bytes_at(&stream) + from, to - from, TCP_ACK);
            send((uint32_t)from, bytes_at(&stream) + from, to - from, TCP_ACK);
        }
        expect("shuffled", THREE, 0, 0);
        seen_end(&wire.seen);
    }
}

static void the_rest_of_a_message_is_not_needed(void **state)
{
    static struct bytes stream;
    (void)state;
    /* Segmentation left to the network card: 60,000 octets in one frame, of which 2,048 were
     * captured. The next message is found behind it. */
    bytes_clear(&stream);
    append_message(&stream, "big.example", 1, 60000);
    size_t big = bytes_length(&stream);
    append_message(&stream, "next.example", 1, 0);
    size_t length = bytes_length(&stream);
    wire_begin();
    send_syn();
    send_cut(0, bytes_at(&stream), big, 2008, TCP_ACK);
    send((uint32_t)big, bytes_at(&stream) + big, length - big, TCP_ACK);
    expect("cut within a message", "big.example next.example", 0, 0);
    seen_end(&wire.seen);

    /* Its middle was never captured at all. */
    wire_begin();
    send_syn();
    send(0, bytes_at(&stream), 1000, TCP_ACK);
    send(50000, bytes_at(&stream) + 50000, length - 50000, TCP_ACK);
    expect("gap within a message", "big.example next.example", 0, 0);
    seen_end(&wire.seen);

    /* The head of the second one is in the part that was cut off: lost, and said so. The stream
     * goes on where a message begins with a segment. */
    bytes_clear(&stream);
    append_message(&stream, "big.example", 1, 3000);
    append_message(&stream, "unseen.example", 1, 0);
    size_t second = bytes_length(&stream);
    append_message(&stream, "third.example", 1, 0);
    length = bytes_length(&stream);
    wire_begin();
    send_syn();
    send_cut(0, bytes_at(&stream), second, 2008, TCP_ACK);
    send((uint32_t)second, bytes_at(&stream) + second, length - second, TCP_ACK);
    expect("head cut off", "big.example third.example", 0, 1);
    seen_end(&wire.seen);
}

static void gaps_are_given_up(void **state)
{
    static struct bytes stream;
    (void)state;
    three_messages(&stream);
    size_t first = 2 + 31, second = first + 2 + 100, length = bytes_length(&stream);
    assert_int_equal(octets_u16(bytes_at(&stream)), 31);
    wire_begin();
    send_syn();
    send((uint32_t)first, bytes_at(&stream) + first, second - first, TCP_ACK);
    send((uint32_t)second, bytes_at(&stream) + second, length - second, TCP_ACK);
    expect("waiting", "", 0, 0);
    wire.time_ns += 5 * SECOND; /* any packet tells the time */
    send(0, NULL, 0, TCP_ACK);
    expect("given up", "second.example third.example", 0, 1);
    assert_int_equal(wire.seen.facts[0].time_ns, SECOND);
    send(0, bytes_at(&stream), first, TCP_ACK);
    expect("too late", "second.example third.example", 0, 1);
    seen_end(&wire.seen);

    /* A sender of small parts behind a gap cannot make more wait than there is room for. */
    wire_begin();
    send_syn();
    for (uint32_t i = 0; i < 1000; i++)
        send(100 + 20 * i, (const uint8_t *)"xxxxxxxxxx", 10, TCP_ACK);
    assert_int_equal(wire.seen.count, 0);
    assert_int_equal(packet_counts(wire.seen.decoder)->malformed, 0);
    assert_true(packet_counts(wire.seen.decoder)->streams_lost >= 1);
    seen_end(&wire.seen);
}

static void streams_that_nobody_saw_begin(void **state)
{
    static struct bytes stream, noise;
    (void)state;
    three_messages(&stream);
    size_t first = 2 + 31, length = bytes_length(&stream);

    wire_begin();
    send((uint32_t)first, bytes_at(&stream) + first, length - first, TCP_ACK);
    expect("at a message", "second.example third.example", 0, 0);
    seen_end(&wire.seen);

    wire_begin();
    send(0, bytes_at(&stream), 2, TCP_ACK);
    send(2, bytes_at(&stream) + 2, length - 2, TCP_ACK);
    expect("length in a segment of its own", THREE, 0, 0);
    seen_end(&wire.seen);

    wire_begin();
    send(10, bytes_at(&stream) + 10, first - 10, TCP_ACK);
    send((uint32_t)first, bytes_at(&stream) + first, length - first, TCP_ACK);
    expect("within a message", "second.example third.example", 0, 0);
    seen_end(&wire.seen);

    /* Random octets: next to nothing passes for a message, and nothing is called malformed. */
    uint32_t random = 7;
    wire_begin();
    for (uint32_t round = 0; round < 2000; round++) {
        bytes_clear(&noise);
        for (int i = 0; i < 400; i++) {
            random = random * 1664525 + 1013904223;
            append(&noise, &(uint8_t){(uint8_t)(random >> 24)}, 1);
        }
        send(400 * round, bytes_at(&noise), 400, TCP_ACK);
    }
    expect("noise", "", 0, 0);
    seen_end(&wire.seen);
}

static void lengths_that_lie(void **state)
{
    static const struct {
        const char *what;
        unsigned length;
        const char *expected;
        unsigned malformed;
    } cases[] = {
        {"zero", 0, "second.example", 1},
        {"within the header", 11, "second.example", 1},
        {"within the question", 30, "second.example", 1},
        {"true", 31, "first.example second.example", 0},
        /* Swallows the next message, for a server as for us. */
        {"too long", 31 + 34, "first.example", 0},
    };
    static struct bytes stream;
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        bytes_clear(&stream);
        append_message(&stream, "first.example", 1, 0);
        size_t first = bytes_length(&stream);
        append_message(&stream, "second.example", 1, 0);
        put16(bytes_at(&stream), cases[i].length);
        wire_begin();
        send_syn();
        send(0, bytes_at(&stream), first, TCP_ACK);
        send((uint32_t)first, bytes_at(&stream) + first, bytes_length(&stream) - first, TCP_ACK);
        expect(cases[i].what, cases[i].expected, cases[i].malformed, 0);
        seen_end(&wire.seen);
    }
}

static void ends_of_streams(void **state)
{
    static struct bytes stream;
    (void)state;
    bytes_clear(&stream);
    append_message(&stream, "first.example", 1, 0);
    size_t length = bytes_length(&stream);

    wire_begin();
    send_syn();
    send(0, bytes_at(&stream), length, TCP_ACK | TCP_FIN);
    expect("FIN with the message", "first.example", 0, 0);
    send_syn(); /* the same ports once more, the same sequence numbers too */
    send(0, bytes_at(&stream), length, TCP_ACK);
    expect("a new connection with the same ports", "first.example", 0, 0);
    send(0, bytes_at(&stream), length, TCP_ACK);
    expect("retransmitted", "first.example", 0, 0);
    send((uint32_t)length, NULL, 0, TCP_RST);
    seen_end(&wire.seen);

    wire_begin();
    send_syn();
    send(0, bytes_at(&stream), 20, TCP_ACK | TCP_FIN);
    expect("FIN within a message", "", 1, 0);
    seen_end(&wire.seen);

    wire_begin();
    send_syn();
    send(20, bytes_at(&stream) + 20, length - 20, TCP_ACK | TCP_FIN);
    send(0, bytes_at(&stream), 20, TCP_ACK);
    expect("FIN before its turn", "first.example", 0, 0);
    seen_end(&wire.seen);

    wire_begin();
    send_syn();
    send(0, bytes_at(&stream), 20, TCP_ACK);
    send(20, NULL, 0, TCP_RST);
    send(20, bytes_at(&stream) + 20, length - 20, TCP_ACK);
    expect("RST within a message", "", 0, 0);
    seen_end(&wire.seen);

    /* TCP Fast Open (RFC 7413): data beside SYN; and SYN repeated after data. */
    wire_begin();
    send((uint32_t)-1, bytes_at(&stream), length, TCP_SYN);
    assert_int_equal(wire.seen.count, 2);
    assert_int_equal(wire.seen.facts[0].kind, FACT_CONNECT);
    assert_int_equal(wire.seen.facts[1].kind, FACT_QUESTION);
    send_syn();
    send((uint32_t)length, bytes_at(&stream), length, TCP_ACK);
    expect("after a repeated SYN", "first.example", 0, 0);
    seen_end(&wire.seen);

    /* Keepalive: one octet before what comes next. */
    wire_begin();
    send_syn();
    send(0, bytes_at(&stream), length, TCP_ACK);
    send((uint32_t)length - 1, (const uint8_t *)"x", 1, TCP_ACK);
    send((uint32_t)length, bytes_at(&stream), length, TCP_ACK);
    expect("keepalive", "first.example first.example", 0, 0);
    seen_end(&wire.seen);

    /* Far away in sequence space: the ports were used anew, and nobody saw it. */
    wire_begin();
    send_syn();
    send(0, bytes_at(&stream), length, TCP_ACK);
    send(0x40000000, bytes_at(&stream), length, TCP_ACK);
    send(0xC0000000, bytes_at(&stream), length, TCP_ACK);
    expect("reused ports", "first.example first.example first.example", 0, 0);
    seen_end(&wire.seen);
}

/* More streams than the table holds: each whole message is still seen. */
static void a_full_table(void **state)
{
    static struct bytes stream, bytes;
    static struct seen seen;
    (void)state;
    bytes_clear(&stream);
    append_message(&stream, "full.example", 1, 0);
    seen_begin(&seen);
    for (int round = 0; round < 2; round++) {
        for (unsigned port = 1024; port < 11024; port++) {
            bytes_clear(&bytes);
            if (round == 1)
                append(&bytes, bytes_at(&stream), bytes_length(&stream));
            wrap_tcp(&bytes, port, SERVER, round == 0 ? 0 : 1, round == 0 ? TCP_SYN : TCP_ACK);
            wrap_ipv4(&bytes, 6);
            decode(&seen, RAW, &bytes, SECOND + port);
        }
    }
    assert_int_equal(packet_counts(seen.decoder)->questions, 10000);
    assert_int_equal(packet_counts(seen.decoder)->streams_lost, 0); /* none was in the midst */
    seen_end(&seen);

    /* Half a message in each: those that had to go are counted. */
    seen_begin(&seen);
    for (unsigned port = 1024; port < 11024; port++) {
        bytes_clear(&bytes);
        append(&bytes, bytes_at(&stream), 20);
        wrap_tcp(&bytes, port, SERVER, 1, TCP_ACK);
        wrap_ipv4(&bytes, 6);
        decode(&seen, RAW, &bytes, SECOND + port);
    }
    assert_int_equal(packet_counts(seen.decoder)->streams_lost, 10000 - 2048);
    seen_end(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(split_at_every_octet),
        cmocka_unit_test(one_octet_at_a_time),
        cmocka_unit_test(shuffled_and_retransmitted),
        cmocka_unit_test(the_rest_of_a_message_is_not_needed),
        cmocka_unit_test(gaps_are_given_up),
        cmocka_unit_test(streams_that_nobody_saw_begin),
        cmocka_unit_test(lengths_that_lie),
        cmocka_unit_test(ends_of_streams),
        cmocka_unit_test(a_full_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
