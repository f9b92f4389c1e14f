/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode [PACKETS]: what the decoder takes per packet, on frames in memory: queries and answers for
 * 10,000 names over Ethernet, IPv4 and UDP, and the same as cooked frames (SLL2) with IPv6. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/name.h"
#include "decode/packet.h"

enum { NAMES = 10000, FRAME = 160, ETHERNET = 1, SLL2 = 276 };

struct frame_of_name {
    size_t length;
    uint8_t octets[FRAME];
};

static struct frame_of_name frames[NAMES];

static void put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

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

int main(int argc, char **argv)
{
    unsigned long packets = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    int status = run("Ethernet, IPv4, UDP", ETHERNET, packets);
    return run("SLL2, IPv6, UDP", SLL2, packets) | status;
}
