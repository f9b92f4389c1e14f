/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_DECODE_BUILD_H
#define TESTS_UNIT_DECODE_BUILD_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "decode/packet.h"

/* Packets for tests, written from the inside to the outside: each wrap_*() puts its header in front
 * of what is there. And a decoder that remembers the facts it gave. */

#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum { ROOM = 70000, FRONT = 2000 };

struct bytes {
    size_t start, end;
    uint8_t octets[ROOM];
};

static inline void bytes_clear(struct bytes *bytes)
{
    bytes->start = bytes->end = FRONT;
}

static inline uint8_t *bytes_at(struct bytes *bytes)
{
    return bytes->octets + bytes->start;
}

static inline size_t bytes_length(const struct bytes *bytes)
{
    return bytes->end - bytes->start;
}

static inline void append(struct bytes *bytes, const void *octets, size_t length)
{
    assert(bytes->end + length <= ROOM);
    if (length > 0)
        memcpy(bytes->octets + bytes->end, octets, length);
    bytes->end += length;
}

static inline uint8_t *prepend(struct bytes *bytes, size_t length)
{
    assert(bytes->start >= length);
    bytes->start -= length;
    memset(bytes_at(bytes), 0, length);
    return bytes_at(bytes);
}

static inline void put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xFFFF);
}

static inline void append16(struct bytes *bytes, size_t value)
{
    uint8_t octets[2];
    put16(octets, value);
    append(bytes, octets, 2);
}

static inline void append_name(struct bytes *bytes, const char *text)
{
    uint8_t name[NAME_WIRE_MAX];
    size_t length = name_parse(text, name);
    assert(length > 0);
    append(bytes, name, length);
}

struct counts {
    unsigned questions, answers, authorities, additionals;
};

static inline void append_header(
    struct bytes *bytes, unsigned id, unsigned flags, struct counts counts)
{
    append16(bytes, id);
    append16(bytes, flags);
    append16(bytes, counts.questions);
    append16(bytes, counts.answers);
    append16(bytes, counts.authorities);
    append16(bytes, counts.additionals);
}

static inline void append_question(
    struct bytes *bytes, const char *name, unsigned type, unsigned class)
{
    append_name(bytes, name);
    append16(bytes, type);
    append16(bytes, class);
}

/* The rest of a record behind its owner name. */
static inline void append_record(struct bytes *bytes, unsigned type, unsigned class, uint32_t ttl,
    const void *rdata, size_t length)
{
    append16(bytes, type);
    append16(bytes, class);
    append16(bytes, ttl >> 16);
    append16(bytes, ttl & 0xFFFF);
    append16(bytes, length);
    append(bytes, rdata, length);
}

/* A query as stub resolvers send it, from a clear buffer. */
static inline void query(struct bytes *bytes, const char *name, unsigned type)
{
    bytes_clear(bytes);
    append_header(bytes, 0x1234, 0x0100, (struct counts){1, 0, 0, 0});
    append_question(bytes, name, type, 1);
}

/* The length of a message in front of it, as TCP has it (RFC 1035, 4.2.2). */
static inline void wrap_length(struct bytes *bytes)
{
    size_t length = bytes_length(bytes);
    put16(prepend(bytes, 2), length);
}

static inline void wrap_udp(struct bytes *bytes, unsigned source, unsigned destination)
{
    uint8_t *at = prepend(bytes, 8);
    put16(at, source);
    put16(at + 2, destination);
    put16(at + 4, bytes_length(bytes));
}

static inline void wrap_tcp(
    struct bytes *bytes, unsigned source, unsigned destination, uint32_t sequence, unsigned flags)
{
    uint8_t *at = prepend(bytes, 20);
    put16(at, source);
    put16(at + 2, destination);
    put32(at + 4, sequence);
    at[12] = 5 << 4;
    at[13] = (uint8_t)flags;
}

/* 192.0.2.1 -> 198.51.100.53 */
static inline void wrap_ipv4(struct bytes *bytes, unsigned protocol)
{
    uint8_t *at = prepend(bytes, 20);
    at[0] = 0x45;
    put16(at + 2, bytes_length(bytes));
    at[8] = 64;
    at[9] = (uint8_t)protocol;
    memcpy(at + 12, (const uint8_t[]){192, 0, 2, 1, 198, 51, 100, 53}, 8);
}

/* 2001:db8::1 -> 2001:db8::53 */
static inline void wrap_ipv6(struct bytes *bytes, unsigned protocol)
{
    uint8_t *at = prepend(bytes, 40);
    at[0] = 0x60;
    put16(at + 4, bytes_length(bytes) - 40);
    at[6] = (uint8_t)protocol;
    at[7] = 64;
    put32(at + 8, 0x20010db8);
    at[23] = 1;
    put32(at + 24, 0x20010db8);
    at[39] = 0x53;
}

static inline void wrap_ethernet(struct bytes *bytes, unsigned ethertype)
{
    put16(prepend(bytes, 14) + 12, ethertype);
}

/* linktypes as libpcap numbers them */
enum { ETHERNET = 1, RAW = 101, SLL2 = 276 };

/* What a decoder gave, newest last. */
struct seen {
    struct packet_decoder *decoder;
    unsigned count;
    struct fact facts[64];
};

static inline void remember(void *context, const struct fact *fact)
{
    struct seen *seen = context;
    if (seen->count < LENGTH(seen->facts))
        seen->facts[seen->count] = *fact;
    seen->count++;
}

static inline void seen_begin(struct seen *seen)
{
    memset(seen, 0, sizeof *seen);
    seen->decoder = packet_decoder_new(42, remember, seen);
    assert(seen->decoder);
}

static inline void seen_end(struct seen *seen)
{
    packet_decoder_free(seen->decoder);
}

/* Decode octets from memory of just that size, so that a sanitizer sees one octet too far. */
static inline void decode_cut(struct seen *seen, int link_type, const uint8_t *octets,
    size_t captured, size_t original, uint64_t time_ns)
{
    uint8_t *exact = malloc(captured ? captured : 1);
    assert(exact);
    memcpy(exact, octets, captured);
    packet_decode(seen->decoder, link_type, exact, captured, original, time_ns, 3);
    free(exact);
}

static inline void decode(struct seen *seen, int link_type, struct bytes *bytes, uint64_t time_ns)
{
    size_t length = bytes_length(bytes);
    decode_cut(seen, link_type, bytes_at(bytes), length, length, time_ns);
}

/* The name of a fact as text, "-" without one; valid until the next call. */
static inline const char *name_of(const struct fact *fact)
{
    static char text[NAME_TEXT_MAX];
    if (fact->name_length == 0)
        return "-";
    name_format(fact->name, fact->name_length, text);
    return text;
}

#endif
