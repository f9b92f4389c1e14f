/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/quic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "quic_build.h"

static struct bytes message, frames, datagram, bytes;
static struct seen seen;
static uint64_t now;

#define MS UINT64_C(1000000)
#define START UINT64_C(1700000000000000000)
#define OTHER_DCID "another1"

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t length = strlen(hex) / 2;
    for (size_t i = 0; i < length; i++) {
        unsigned octet;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &octet), 1);
        out[i] = (uint8_t)octet;
    }
    return length;
}

static void assert_octets(const uint8_t *got, const char *hex)
{
    uint8_t expected[64];
    size_t length = from_hex(hex, expected);
    assert_memory_equal(got, expected, length);
}

/* RFC 9001, A.1 and RFC 9369, A.1: what follows from the connection ID of the example. */
static void keys_of_the_standards(void **state)
{
    static const char *const expected[2][3] = {
        {"1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c",
            "9f50449e04a0e810283a1e9933adedd2"},
        {"8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f",
            "45b95e15235d6f45a6b19cbcb0294ba9"}};
    struct quic_crypto *crypto = quic_crypto_new();
    (void)state;
    assert_non_null(crypto);
    for (int round = 0; round < 3; round++) {
        for (int version = QUIC_V1; version <= QUIC_V2; version++) {
            struct quic_keys keys;
            assert_true(quic_crypto_derive(
                crypto, (enum quic_version)version, (const uint8_t *)EXAMPLE_DCID, 8, &keys));
            assert_octets(keys.key, expected[version][0]);
            assert_octets(keys.iv, expected[version][1]);
            assert_octets(keys.header, expected[version][2]);
        }
    }
    quic_crypto_free(crypto);
    quic_crypto_free(NULL);
}

/* The ClientHello of both appendices. */
static const char example_hello[] =
    "010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c0000041301130201"
    "0000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d00170018001000070005"
    "04616c706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f"
    "1ce15d43e994ec74d748002b0003020304000d0010000e0403050306030203080408050806002d00020101001c00"
    "024001003900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8"
    "f03e51570806048000ffff";

static void begin(void)
{
    seen_begin(&seen);
    now = START;
    bytes_clear(&datagram);
    bytes_clear(&frames);
}

/* Send the datagram, snapped by so many octets, and begin a new one. */
static void send_snapped(unsigned source, size_t snapped)
{
    bytes_clear(&bytes);
    append(&bytes, bytes_at(&datagram), bytes_length(&datagram));
    wrap_udp(&bytes, source, 443);
    wrap_ipv4(&bytes, 17);
    size_t length = bytes_length(&bytes);
    decode_cut(&seen, RAW, bytes_at(&bytes), length - snapped, length, now);
    bytes_clear(&datagram);
}

static void send_it(void)
{
    send_snapped(50000, 0);
}

static const char *hellos(void)
{
    static char all[4000];
    size_t used = 0;
    all[0] = '\0';
    for (unsigned i = 0; i < seen.count && i < LENGTH(seen.facts); i++) {
        const struct fact *fact = &seen.facts[i];
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s %s %u%s%s",
            used > 0 ? "; " : "", fact->kind == FACT_HELLO ? "hello" : "?", name_of(fact),
            fact->alpn, fact->flags & FACT_ECH ? " ech" : "", fact->flags & FACT_CUT ? " cut" : "");
        assert_int_equal(fact->transport, TRANSPORT_UDP);
    }
    return all;
}

static void expect(const char *what, const char *expected, unsigned malformed)
{
    if (strcmp(hellos(), expected) != 0)
        fail_msg("%s: \"%s\", expected \"%s\"", what, hellos(), expected);
    if (packet_counts(seen.decoder)->malformed != malformed)
        fail_msg("%s: %u malformed, expected %u", what,
            (unsigned)packet_counts(seen.decoder)->malformed, malformed);
}

/* Frames with octets from..to of the message, from a clear buffer. */
static void crypto(size_t from, size_t to)
{
    bytes_clear(&frames);
    append_crypto(&frames, from, bytes_at(&message) + from, to - from);
}

static void make_message(const struct hello_plan *plan)
{
    bytes_clear(&message);
    append_hello(&message, plan);
}

static const struct hello_plan usual = {.host = "quic.example", .alpn = "h3"};
static const struct hello_plan large = {
    .host = "big.example", .alpn = "h3 h3-29", .before = 1216, .ech = true};
static const char told[] = "hello quic.example 4";
static const char large_told[] = "hello big.example 4 ech";

/* RFC 9001, A.2 and RFC 9369, A.2: the packet as it is printed there, by its ends; the last octets
 * vouch for all. */
static void packets_of_the_standards(void **state)
{
    static const struct {
        unsigned version;
        const char *head, *tail;
    } cases[] = {
        {1, "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242",
            "e221af44860018ab0856972e194cd934"},
        {2, "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04",
            "a18b2faa745b6fe189cf772a9f84cbfc"},
    };
    uint8_t octets[400];
    size_t length = from_hex(example_hello, octets);
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        begin();
        append_crypto(&frames, 0, octets, length);
        append_initial(&datagram, &frames,
            &(struct quic_plan){.version = cases[i].version, .number = 2, .padding = 1162});
        assert_int_equal(bytes_length(&datagram), 1200);
        assert_octets(bytes_at(&datagram), cases[i].head);
        assert_octets(bytes_at(&datagram) + 1200 - 16, cases[i].tail);
        now += 7;
        send_it();
        expect("example", "hello example.com 64", 0);
        const struct fact *fact = &seen.facts[0];
        assert_true(fact->time_ns == START + 7);
        assert_int_equal(fact->source_port, 50000);
        assert_int_equal(fact->destination_port, 443);
        assert_int_equal(fact->interface, 3);
        assert_int_equal(fact->destination.bytes[0], 198);
        assert_int_equal(fact->rcode | fact->id | fact->type | fact->class | fact->answers, 0);
        assert_int_equal(packet_counts(seen.decoder)->hellos, 1);
        seen_end(&seen);
    }
}

static void one_datagram(void **state)
{
    static const struct {
        const char *what;
        struct quic_plan plan;
        const char *expected;
    } cases[] = {
        {"version 1", {.version = 1}, told},
        {"version 2", {.version = 2}, told},
        {"number of one octet", {.version = 1, .number = 9, .number_length = 1}, told},
        {"number of two octets", {.version = 2, .number = 777, .number_length = 2}, told},
        {"number of three octets", {.version = 1, .number = 70000, .number_length = 3}, told},
        {"a large number", {.version = 1, .number = 0xFEDCBA98}, told},
        {"token", {.version = 1, .token = 100}, told},
        {"long token", {.version = 2, .token = 700}, told},
        {"source ID", {.version = 1, .scid = "source"}, told},
        {"destination ID of 20", {.version = 1, .dcid = "abcdefghijklmnopqrst", .dcid_length = 20},
            told},
        {"destination ID of 21", {.version = 1, .dcid = "abcdefghijklmnopqrstu", .dcid_length = 21},
            ""},
        {"short destination ID", {.version = 1, .dcid = "abcd", .dcid_length = 4}, ""},
        {"the same after Retry", {.version = 1, .dcid = "abcd", .dcid_length = 4, .token = 9},
            told},
        {"server's", {.version = 1, .server = true}, ""},
        {"other keys", {.version = 1, .key_dcid = OTHER_DCID}, ""},
        {"length one more", {.version = 1, .length_more = 1}, ""},
        {"length one less", {.version = 1, .length_more = -1}, ""},
    };
    (void)state;
    make_message(&usual);
    for (size_t i = 0; i < LENGTH(cases); i++) {
        begin();
        crypto(0, bytes_length(&message));
        struct quic_plan plan = cases[i].plan;
        plan.padding = 1162;
        append_initial(&datagram, &frames, &plan);
        send_it();
        expect(cases[i].what, cases[i].expected, 0);
        assert_false(packet_waiting(seen.decoder));
        seen_end(&seen);
    }
}

/* One octet changed anywhere: authenticated, so there is nothing to tell, and nothing to blame. */
static void changed_anywhere(void **state)
{
    (void)state;
    make_message(&usual);
    for (size_t at = 0; at < 240; at++) {
        begin();
        crypto(0, bytes_length(&message));
        append_initial(&datagram, &frames, &(struct quic_plan){.version = 1});
        assert_true(bytes_length(&datagram) > 160);
        if (at >= bytes_length(&datagram)) {
            seen_end(&seen);
            break;
        }
        bytes_at(&datagram)[at] ^= 0x10;
        send_it();
        expect("changed", "", 0);
        seen_end(&seen);
    }
}

static const struct quic_plan first = {.version = 1, .padding = 1162};

static void several_frames(void **state)
{
    static const uint8_t ack[] = {2, 5, 10, 1, 0, 0, 1}, ack_ecn[] = {3, 5, 0x44, 0, 0, 2, 1, 2, 3};
    static const uint8_t close[] = {0x1c, 0x41, 0x40, 6, 3, 'e', 'n', 'd'};
    (void)state;
    make_message(&usual);
    size_t length = bytes_length(&message);
    const uint8_t *octets = bytes_at(&message);
    begin();
    append(&frames, "\1\0\0\1", 4);
    append(&frames, ack, sizeof ack);
    append_crypto(&frames, 100, octets + 100, length - 100);
    append(&frames, ack_ecn, sizeof ack_ecn);
    append_crypto(&frames, 0, octets, 30);
    append_crypto(&frames, 80, octets + 80, 40);
    append(&frames, "\0\0\0\1", 4);
    append_crypto(&frames, 20, octets + 20, 70);
    append(&frames, close, sizeof close);
    append_initial(&datagram, &frames, &first);
    send_it();
    expect("shuffled frames", told, 0);
    seen_end(&seen);

    /* A frame for each octet is more than anybody sends: bounded, and no harm. */
    begin();
    for (size_t at = length; at-- > 0;)
        append_crypto(&frames, at, octets + at, 1);
    append_initial(&datagram, &frames, &first);
    send_it();
    expect("octet by octet, backwards", told, 0);
    seen_end(&seen);
    begin();
    for (size_t at = 1; at < length; at += 2)
        append_crypto(&frames, at, octets + at, 1);
    append_initial(&datagram, &frames, &first);
    send_it();
    crypto(0, length);
    append_initial(&datagram, &frames, &(struct quic_plan){.version = 1, .number = 1});
    send_it();
    expect("every other octet", told, 0);
    seen_end(&seen);

    /* What came first stays. */
    begin();
    crypto(0, 60);
    append_initial(&datagram, &frames, &first);
    send_it();
    uint8_t wrong[2000];
    memset(wrong, 0xFF, sizeof wrong);
    memcpy(wrong + 60, octets + 60, length - 60);
    bytes_clear(&frames);
    append_crypto(&frames, 0, wrong, length);
    append_initial(&datagram, &frames, &(struct quic_plan){.version = 1, .number = 1});
    send_it();
    expect("overlap", told, 0);
    seen_end(&seen);
}

static void several_packets(void **state)
{
    static const unsigned orders[6][3] = {
        {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    (void)state;
    make_message(&large);
    size_t length = bytes_length(&message);
    for (unsigned version = 1; version <= 2; version++) {
        for (size_t order = 0; order < 6; order++) {
            for (int coalesced = 0; coalesced < 2; coalesced++) {
                begin();
                for (unsigned i = 0; i < 3; i++) {
                    unsigned part = orders[order][i];
                    crypto(length * part / 3, length * (part + 1) / 3);
                    append_initial(&datagram, &frames,
                        &(struct quic_plan){.version = version, .number = part, .padding = 300});
                    now += MS;
                    if (!coalesced)
                        send_it();
                }
                if (coalesced)
                    send_it();
                expect("three packets", large_told, 0);
                assert_true(seen.facts[0].time_ns == START + 3 * MS);
                assert_false(packet_waiting(seen.decoder));
                /* Sent again. */
                crypto(0, length);
                append_initial(&datagram, &frames, &first);
                send_it();
                expect("sent again", large_told, 0);
                seen_end(&seen);
            }
        }
    }

    /* Behind packets of other kinds, whose octets mean nothing here. */
    for (unsigned version = 1; version <= 2; version++) {
        static const uint8_t types[2][2] = {{0xD0, 0xE0}, {0xE0, 0xF0}};
        begin();
        for (int i = 0; i < 2; i++) {
            append(&datagram, &types[version - 1][i], 1);
            append(&datagram, version == 2 ? "\x6b\x33\x43\xcf" : "\0\0\0\1", 4);
            append(&datagram, "\x8" EXAMPLE_DCID "\0\x40\x50", 12);
            append_filler(&datagram, 0x50);
        }
        make_message(&usual);
        crypto(0, bytes_length(&message));
        append_initial(&datagram, &frames, &(struct quic_plan){.version = version});
        append(&datagram, "\x41garbage", 8);
        send_it();
        expect("0-RTT and Handshake in front", told, 0);
        seen_end(&seen);
    }
}

static void others(void **state)
{
    static const struct {
        const char *what;
        size_t at;
        uint8_t value;
    } cases[] = {{"version 0: negotiation", 4, 0}, {"a draft", 4, 29}, {"another version", 1, 0xFF},
        {"short header", 0, 0x40}, {"no fixed bit", 0, 0x80}, {"Retry", 0, 0xF0},
        {"token longer than the packet", 15, 0x7F}};
    (void)state;
    make_message(&usual);
    for (size_t i = 0; i < LENGTH(cases); i++) {
        begin();
        crypto(0, bytes_length(&message));
        append_initial(&datagram, &frames, &first);
        bytes_at(&datagram)[cases[i].at] = cases[i].value;
        send_it();
        expect(cases[i].what, "", 0);
        seen_end(&seen);
    }
    /* A UDP port of DNS carries DNS. */
    begin();
    crypto(0, bytes_length(&message));
    append_initial(&datagram, &frames, &first);
    wrap_udp(&datagram, 5353, 5353);
    wrap_ipv4(&datagram, 17);
    decode(&seen, RAW, &datagram, now);
    assert_int_equal(packet_counts(seen.decoder)->hellos, 0);
    seen_end(&seen);
}

static void lies(void **state)
{
    static const struct {
        const char *what;
        const char *octets;
        size_t length;
        unsigned malformed;
    } cases[] = {
        {"padding alone", "\0\0\0\0", 4, 0},
        {"ping alone", "\1", 1, 0},
        {"a STREAM frame", "\x08\1\1", 3, 1},
        {"an unknown frame", "\x3f", 1, 1},
        {"CRYPTO longer than the packet", "\6\0\x7f\xff\1", 5, 1},
        {"CRYPTO that ends in its header", "\6\0", 2, 1},
        {"ACK of a million ranges", "\2\5\0\x80\x0f\x42\x40\0\1\1", 10, 1},
        {"CLOSE with a lying reason", "\x1c\0\0\x7f\xff", 5, 1},
        {"a server's hello", "\6\0\12\2\0\0\6\3\3\1\1\1\1", 13, 1},
        {"a hello that lies",
            "\6\0\x2b\1\0\0\x27\3\3"
            "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\x9\1\1\1\1",
            46, 1},
        {"CRYPTO far away", "\6\x80\x0f\x42\x40\2xx", 8, 0},
        {"the end of the stream of all", "\6\xff\xff\xff\xff\xff\xff\xff\xff\2xx", 12, 0},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        begin();
        for (int again = 0; again < 2; again++) {
            bytes_clear(&frames);
            append(&frames, cases[i].octets, cases[i].length);
            if (!again && cases[i].malformed == 0)
                append(&frames, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
            while (bytes_length(&frames) < 4)
                prepend(&frames, 1);
            append_initial(&datagram, &frames, &(struct quic_plan){.version = 1, .number = 3});
            send_it();
        }
        expect(cases[i].what, "", cases[i].malformed);
        seen_end(&seen);
    }
}

/* The client is told to come back (Retry), or the server chooses a name of its own. */
static void changed_destination(void **state)
{
    (void)state;
    make_message(&large);
    size_t length = bytes_length(&message);
    const char *chosen = "chosen-1";

    begin();
    crypto(0, 900);
    append_initial(&datagram, &frames, &first);
    send_it();
    crypto(900, length);
    append_initial(&datagram, &frames,
        &(struct quic_plan){
            .version = 1, .number = 1, .dcid = chosen, .dcid_length = 8, .key_dcid = EXAMPLE_DCID});
    send_it();
    expect("the server's choice, keys of the first", large_told, 0);
    seen_end(&seen);

    begin();
    crypto(0, 900);
    append_initial(&datagram, &frames, &first);
    send_it();
    for (int i = 0; i < 2; i++) {
        crypto(i ? 900 : 0, i ? length : 900);
        append_initial(&datagram, &frames,
            &(struct quic_plan){.version = 1,
                .number = 2 + (unsigned)i,
                .dcid = chosen,
                .dcid_length = 8,
                .token = 40});
        send_it();
    }
    expect("Retry, and the rest behind it", large_told, 0);
    seen_end(&seen);

    begin();
    for (int i = 0; i < 2; i++) {
        crypto(0, length);
        append_initial(&datagram, &frames,
            &(struct quic_plan){.version = 1,
                .number = (unsigned)i,
                .dcid = i ? chosen : EXAMPLE_DCID,
                .dcid_length = 8,
                .token = i ? 40 : 0});
        send_it();
    }
    expect("Retry after a whole hello", large_told, 0);
    /* Acknowledgements by the server's name tell nothing. */
    bytes_clear(&frames);
    append(&frames, "\2\0\0\0\0", 5);
    append_initial(&datagram, &frames,
        &(struct quic_plan){
            .version = 1, .number = 5, .dcid = "server-2", .dcid_length = 8, .key_dcid = chosen});
    send_it();
    expect("acknowledgement", large_told, 0);
    /* Another connection by the same ports. */
    make_message(&usual);
    crypto(0, bytes_length(&message));
    append_initial(&datagram, &frames,
        &(struct quic_plan){.version = 1, .dcid = OTHER_DCID, .dcid_length = 8});
    send_it();
    expect("another connection", "hello big.example 4 ech; hello quic.example 4", 0);
    /* And one that has a token from long ago. */
    now += 60000 * MS;
    crypto(0, bytes_length(&message));
    append_initial(&datagram, &frames,
        &(struct quic_plan){.version = 1, .dcid = "later-01", .dcid_length = 8, .token = 30});
    send_it();
    expect("another with a token",
        "hello big.example 4 ech; hello quic.example 4; hello quic.example 4", 0);
    seen_end(&seen);
}

static void what_does_not_come(void **state)
{
    (void)state;
    struct hello_plan plan = usual;
    plan.behind = 1500;
    make_message(&plan);
    size_t length = bytes_length(&message);
    begin();
    crypto(0, 1000);
    append_initial(&datagram, &frames, &first);
    send_it();
    now += 2900 * MS;
    packet_sweep(seen.decoder, now);
    expect("not yet", "", 0);
    now += 200 * MS;
    packet_sweep(seen.decoder, now);
    expect("beginning", "hello quic.example 4 cut", 0);
    crypto(1000, length);
    append_initial(&datagram, &frames, &(struct quic_plan){.version = 1, .number = 1});
    send_it();
    expect("too late", "hello quic.example 4 cut", 0);
    seen_end(&seen);

    /* That it is a client's hello is known from the keys. */
    begin();
    crypto(1000, length);
    append_initial(&datagram, &frames, &first);
    send_it();
    now += 1100 * MS;
    packet_sweep(seen.decoder, now);
    expect("end alone", "hello - 0 cut", 0);
    seen_end(&seen);
}

/* Snapped by the capture at every octet. */
static void snapped(void **state)
{
    (void)state;
    make_message(&usual);
    size_t message_length = bytes_length(&message);
    for (unsigned extra = 0; extra < 2; extra++) {
        begin();
        crypto(0, message_length);
        append_initial(&datagram, &frames, &(struct quic_plan){.version = 1});
        size_t length = bytes_length(&datagram);
        seen_end(&seen);
        for (size_t cut = 1; cut <= length + extra * 200; cut++) {
            begin();
            crypto(0, message_length);
            append_initial(&datagram, &frames,
                &(struct quic_plan){.version = 1, .padding = extra * (message_length + 200)});
            send_snapped(50000, cut);
            const char *got = hellos();
            bool whole = strcmp(got, told) == 0;
            bool part = strncmp(got, "hello ", 6) == 0 && strstr(got, " cut") != NULL;
            if (packet_counts(seen.decoder)->malformed != 0 || packet_waiting(seen.decoder) ||
                (*got && !whole && !part))
                fail_msg("%zu octets missing: %s", cut, got);
            if (cut <= 16 + extra * 190 && !whole)
                fail_msg("%zu octets missing behind the hello: %s", cut, got);
            if (cut == 30 + extra * 200 && !strstr(got, "quic.example"))
                fail_msg("name not seen: %s", got);
            seen_end(&seen);
        }
    }
    /* Two datagrams that left as one (UDP segmentation by the card), the second cut behind the
     * name. */
    make_message(&large);
    begin();
    for (unsigned i = 0; i < 2; i++) {
        crypto(i ? 900 : 0, i ? bytes_length(&message) : 900);
        append_initial(
            &datagram, &frames, &(struct quic_plan){.version = 1, .number = i, .padding = 1162});
    }
    send_snapped(50000, 1200 - 480);
    expect("two as one", "hello big.example 4 cut", 0);
    assert_false(packet_waiting(seen.decoder));
    seen_end(&seen);
    make_message(&usual);
    /* With keys that are not the packet's own, what is cut is noise. */
    begin();
    crypto(0, message_length);
    append_initial(&datagram, &frames, &(struct quic_plan){.version = 1, .key_dcid = OTHER_DCID});
    send_snapped(50000, 30);
    expect("noise", "", 0);
    seen_end(&seen);
}

/* Cut before the capture, so that lengths lie: not to be read. */
static void cut_at_every_octet(void **state)
{
    (void)state;
    make_message(&usual);
    for (size_t cut = 1; cut < 400; cut++) {
        begin();
        crypto(0, bytes_length(&message));
        append_initial(&datagram, &frames, &(struct quic_plan){.version = 2, .token = 5});
        if (cut >= bytes_length(&datagram)) {
            seen_end(&seen);
            break;
        }
        datagram.end -= cut;
        send_it();
        expect("cut", "", 0);
        seen_end(&seen);
    }
}

static void directions(void **state)
{
    (void)state;
    make_message(&usual);
    for (unsigned type = 0; type <= 4; type += 4) {
        begin();
        crypto(0, bytes_length(&message));
        append_initial(&datagram, &frames, &first);
        wrap_udp(&datagram, 50000, 8853);
        wrap_ipv6(&datagram, 17);
        uint8_t *header = prepend(&datagram, 20);
        put16(header, 0x86DD);
        header[10] = (uint8_t)type;
        decode(&seen, SLL2, &datagram, now);
        expect("direction", type == 4 ? told : "", 0);
        seen_end(&seen);
    }
}

/* More unfinished ones than there is room for: all are told. */
static void flood(void **state)
{
    enum { FLOOD = 3000 };
    (void)state;
    make_message(&large);
    begin();
    for (unsigned i = 0; i < FLOOD; i++) {
        char dcid[9];
        snprintf(dcid, sizeof dcid, "%08u", i);
        now += MS / 100;
        crypto(0, 600);
        append_initial(
            &datagram, &frames, &(struct quic_plan){.version = 1, .dcid = dcid, .dcid_length = 8});
        send_snapped(10000 + i, 0);
    }
    packet_end(seen.decoder);
    assert_int_equal(packet_counts(seen.decoder)->hellos, FLOOD);
    assert_int_equal(packet_counts(seen.decoder)->malformed, 0);
    seen_end(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_the_standards),
        cmocka_unit_test(packets_of_the_standards),
        cmocka_unit_test(one_datagram),
        cmocka_unit_test(changed_anywhere),
        cmocka_unit_test(several_frames),
        cmocka_unit_test(several_packets),
        cmocka_unit_test(others),
        cmocka_unit_test(lies),
        cmocka_unit_test(changed_destination),
        cmocka_unit_test(what_does_not_come),
        cmocka_unit_test(snapped),
        cmocka_unit_test(cut_at_every_octet),
        cmocka_unit_test(directions),
        cmocka_unit_test(flood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
