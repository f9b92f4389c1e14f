/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode [PACKETS]: what the decoder takes per packet, on frames in memory: queries and answers for
 * 10,000 names over Ethernet, IPv4 and UDP, and the same as cooked frames (SLL2) with IPv6; then
 * the beginnings of encrypted connections, each kind for itself and mixed with the look-ups, and
 * the data that follows them, which tells nothing. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/decode/quic_build.h"

enum { NAMES = 10000, FRAME = 160 };

struct frame_of_name {
    size_t length;
    uint8_t octets[FRAME];
};

static struct frame_of_name frames[NAMES];

/* One frame: link header, IP, UDP, and a message with EDNS; every second one is an answer. */
static void make(struct frame_of_name *frame, int link_type, unsigned number)
{
    char text[64];
    uint8_t name[NAME_WIRE_MAX], *at = frame->octets;
    memset(frame, 0, sizeof *frame);
    snprintf(text, sizeof text, "host%u.some-site.example.org", number);
    size_t name_length = name_parse(text, name);
    bool response = number % 2 == 1;
    size_t message = 12 + name_length + 4 + (response ? 16 : 0) + 11;
    uint8_t *ports;
    if (link_type == ETHERNET) {
        put16(at + 12, 0x0800);
        at += 14;
        at[0] = 0x45;
        put16(at + 2, 20 + 8 + message);
        at[8] = 64;
        at[9] = 17;
        memcpy(at + 12, (const uint8_t[]){192, 0, 2, 1, 198, 51, 100, 1}, 8);
        at += 20;
    } else {
        put16(at, 0x86DD);
        at[7] = 2;
        at[9] = 1;
        at[10] = 4;
        at += 20;
        at[0] = 0x60;
        put16(at + 4, 8 + message);
        at[6] = 17;
        at[8] = at[24] = 0x20;
        at[39] = 1;
        at += 40;
    }
    ports = at;
    put16(ports + (response ? 0 : 2), 53);
    put16(ports + (response ? 2 : 0), 40000 + number % 20000);
    put16(at + 4, 8 + message);
    at += 8;
    put16(at, number);
    put16(at + 2, response ? 0x8180 : 0x0100);
    at[5] = 1;
    at[7] = response;
    at[11] = 1;
    at += 12;
    memcpy(at, name, name_length);
    at += name_length;
    put16(at, 1);
    put16(at + 2, 1);
    at += 4;
    if (response) {
        memcpy(at, (const uint8_t[]){0xC0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 203, 0, 113, 7}, 16);
        at += 16;
    }
    memcpy(at, (const uint8_t[]){0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0}, 11);
    at += 11;
    frame->length = (size_t)(at - frame->octets);
}

static void count(void *context, const struct fact *fact)
{
    uint64_t *sum = context;
    *sum += fact->name_length;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int run(const char *what, int link_type, unsigned long packets)
{
    uint64_t sum = 0;
    struct packet_decoder *decoder = packet_decoder_new(1, count, &sum);
    if (!decoder)
        return 1;
    for (unsigned i = 0; i < NAMES; i++)
        make(&frames[i], link_type, i);
    double began = seconds();
    for (unsigned long i = 0; i < packets; i++) {
        const struct frame_of_name *frame = &frames[i % NAMES];
        packet_decode(decoder, link_type, frame->octets, frame->length, frame->length, i * 1000, 0);
    }
    double took = seconds() - began;
    const struct packet_counts *counts = packet_counts(decoder);
    printf("%-22s %lu packets, %llu questions, %.1f ns each\n", what, packets,
        (unsigned long long)counts->questions, took * 1e9 / (double)packets);
    int status = counts->malformed + counts->undecoded != 0;
    packet_decoder_free(decoder);
    return status;
}

/* ---- connections ---- */

enum { KINDS = 7, PARTS = 2, SOURCE = 14 + 12, SEQUENCE = 14 + 20 + 4 };

struct kind {
    const char *what;
    unsigned parts; /* frames of one connection */
    struct bytes frames[PARTS];
};

static struct kind kinds[KINDS];
static struct bytes message, crypto;

static void finish(struct bytes *frame, unsigned protocol)
{
    if (protocol == 6)
        wrap_tcp(frame, 40000, 443, 1000, 0x18);
    else
        wrap_udp(frame, 40000, 443);
    wrap_ipv4(frame, protocol);
    wrap_ethernet(frame, 0x0800);
}

static void make_tcp(struct kind *kind, const char *what, const struct hello_plan *plan, size_t cut)
{
    kind->what = what;
    kind->parts = cut > 0 ? 2 : 1;
    hello_stream(&message, plan);
    size_t length = bytes_length(&message), from = 0;
    for (unsigned i = 0; i < kind->parts; i++) {
        size_t to = cut > 0 && i == 0 ? cut : length;
        bytes_clear(&kind->frames[i]);
        append(&kind->frames[i], bytes_at(&message) + from, to - from);
        finish(&kind->frames[i], 6);
        put32(bytes_at(&kind->frames[i]) + SEQUENCE, (uint32_t)(1000 + from));
        from = to;
    }
}

static void make_quic(struct kind *kind, const char *what, const struct hello_plan *plan,
    struct quic_plan packet, size_t cut)
{
    kind->what = what;
    kind->parts = cut > 0 ? 2 : 1;
    bytes_clear(&message);
    append_hello(&message, plan);
    size_t length = bytes_length(&message), from = 0;
    for (unsigned i = 0; i < kind->parts; i++) {
        size_t to = cut > 0 && i == 0 ? cut : length;
        bytes_clear(&crypto);
        bytes_clear(&kind->frames[i]);
        append_crypto(&crypto, from, bytes_at(&message) + from, to - from);
        packet.padding = 1162;
        packet.number = i;
        append_initial(&kind->frames[i], &crypto, &packet);
        finish(&kind->frames[i], 17);
        from = to;
    }
}

static void make_kinds(void)
{
    static const struct hello_plan small = {
        .host = "www.example.org", .alpn = "h2 http/1.1", .behind = 300};
    static const struct hello_plan large = {
        .host = "www.example.org", .alpn = "h3", .before = 1216, .behind = 200, .ech = true};
    make_tcp(&kinds[0], "TLS hello", &small, 0);
    make_tcp(&kinds[1], "TLS hello in two", &large, 1400);
    make_tcp(&kinds[2], "TCP data of no hello", &small, 0);
    bytes_at(&kinds[2].frames[0])[14 + 20 + 20] = 0x17;
    make_quic(&kinds[3], "QUIC hello", &small, (struct quic_plan){.version = 1}, 0);
    make_quic(&kinds[4], "QUIC hello in two", &large, (struct quic_plan){.version = 1}, 1100);
    make_quic(&kinds[5], "QUIC, other keys", &small,
        (struct quic_plan){.version = 1, .key_dcid = "another1"}, 0);
    make_quic(&kinds[6], "UDP data of no hello", &small, (struct quic_plan){.version = 1}, 0);
    bytes_at(&kinds[6].frames[0])[14 + 20 + 8] = 0x40;
}

static uint8_t connection[4] = {10, 0, 0, 0};

/* One connection, by an address of its own. */
static void decode_connection(struct packet_decoder *decoder, struct kind *kind, uint32_t number)
{
    put32(connection, 0x0A000000 | (number & 0xFFFFFF));
    for (unsigned part = 0; part < kind->parts; part++) {
        struct bytes *frame = &kind->frames[part];
        size_t length = bytes_length(frame);
        memcpy(bytes_at(frame) + SOURCE, connection, sizeof connection);
        packet_decode(
            decoder, ETHERNET, bytes_at(frame), length, length, number * UINT64_C(1000), 0);
    }
}

static int run_kind(struct kind *kind, unsigned long packets)
{
    uint64_t sum = 0;
    struct packet_decoder *decoder = packet_decoder_new(1, count, &sum);
    if (!decoder)
        return 1;
    unsigned long connections = packets / 10 / kind->parts;
    double began = seconds();
    for (unsigned long i = 0; i < connections; i++)
        decode_connection(decoder, kind, (uint32_t)i);
    double took = seconds() - began;
    const struct packet_counts *counts = packet_counts(decoder);
    printf("%-22s %lu packets, %llu hellos, %.1f ns each\n", kind->what, connections * kind->parts,
        (unsigned long long)counts->hellos, took * 1e9 / (double)(connections * kind->parts));
    int status = counts->malformed != 0;
    packet_decoder_free(decoder);
    return status;
}

/* Of 100 packets 90 of DNS, 8 of TLS (two in pieces), 2 of QUIC. */
static int run_mixed(unsigned long packets)
{
    uint64_t sum = 0;
    struct packet_decoder *decoder = packet_decoder_new(1, count, &sum);
    if (!decoder)
        return 1;
    for (unsigned i = 0; i < NAMES; i++)
        make(&frames[i], ETHERNET, i);
    double began = seconds();
    for (unsigned long i = 0; i < packets / 100; i++) {
        for (unsigned j = 0; j < 90; j++) {
            const struct frame_of_name *frame = &frames[(i * 90 + j) % NAMES];
            packet_decode(
                decoder, ETHERNET, frame->octets, frame->length, frame->length, i * 1000, 0);
        }
        for (unsigned j = 0; j < 6; j++)
            decode_connection(decoder, &kinds[0], (uint32_t)(i * 8 + j));
        decode_connection(decoder, &kinds[1], (uint32_t)(i * 8 + 6));
        decode_connection(decoder, &kinds[4], (uint32_t)(i * 8 + 7));
    }
    double took = seconds() - began;
    const struct packet_counts *counts = packet_counts(decoder);
    printf("%-22s %lu packets, %llu questions, %llu hellos, %.1f ns each\n", "mixed 90:8:2",
        packets, (unsigned long long)counts->questions, (unsigned long long)counts->hellos,
        took * 1e9 / (double)packets);
    int status = counts->malformed + counts->undecoded != 0;
    packet_decoder_free(decoder);
    return status;
}

int main(int argc, char **argv)
{
    unsigned long packets = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    int status = run("Ethernet, IPv4, UDP", ETHERNET, packets);
    status |= run("SLL2, IPv6, UDP", SLL2, packets);
    make_kinds();
    for (int i = 0; i < KINDS; i++)
        status |= run_kind(&kinds[i], packets);
    return run_mixed(packets) | status;
}
