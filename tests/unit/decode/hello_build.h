/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_DECODE_HELLO_BUILD_H
#define TESTS_UNIT_DECODE_HELLO_BUILD_H

#include "build.h"

/* ClientHellos for tests. */

/* Length fields are filled in when what they count is there: mark, append, close. */
static inline size_t mark16(struct bytes *bytes)
{
    append16(bytes, 0);
    return bytes->end;
}

static inline void close16(struct bytes *bytes, size_t mark)
{
    put16(bytes->octets + mark - 2, bytes->end - mark);
}

static inline void append_filler(struct bytes *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        append(bytes, &(uint8_t){(uint8_t)(i * 7 + 1)}, 1);
}

static inline void append_extension(
    struct bytes *bytes, unsigned type, const void *octets, size_t length)
{
    append16(bytes, type);
    append16(bytes, length);
    append(bytes, octets, length);
}

static inline void append_sni(struct bytes *bytes, const void *host, size_t length)
{
    append16(bytes, 0);
    size_t extension = mark16(bytes), list = mark16(bytes);
    append(bytes, "\0", 1);
    append16(bytes, length);
    append(bytes, host, length);
    close16(bytes, list);
    close16(bytes, extension);
}

/* protocols: separated by spaces */
static inline void append_alpn(struct bytes *bytes, const char *protocols)
{
    append16(bytes, 16);
    size_t extension = mark16(bytes), list = mark16(bytes);
    while (*protocols) {
        size_t length = strcspn(protocols, " ");
        append(bytes, &(uint8_t){(uint8_t)length}, 1);
        append(bytes, protocols, length);
        protocols += length + (protocols[length] == ' ');
    }
    close16(bytes, list);
    close16(bytes, extension);
}

struct hello_plan {
    const char *host;   /* NULL: no extension */
    size_t host_length; /* 0: that of the string */
    const char *alpn;   /* NULL: no extension */
    bool ech;
    size_t before; /* octets of an extension (key shares) in front of the name */
    size_t behind; /* of one behind it */
    bool bare;     /* no extensions at all */
};

/* The handshake message, appended. */
static inline void append_hello(struct bytes *bytes, const struct hello_plan *plan)
{
    static const uint8_t ech[] = {0, 0, 1, 0, 1, 42, 0, 2, 1, 2, 0, 3, 4, 5, 6};
    size_t start = bytes->end;
    append(bytes, "\1\0\0\0\3\3", 6);
    append_filler(bytes, 32);
    append(bytes, "\40", 1);
    append_filler(bytes, 32);
    append(bytes, "\0\6\x8a\x8a\x13\1\x13\2\1\0", 10);
    if (!plan->bare) {
        size_t extensions = mark16(bytes);
        append_extension(bytes, 0x4a4a, "", 0);
        if (plan->before > 0) {
            append16(bytes, 51);
            append16(bytes, plan->before);
            append_filler(bytes, plan->before);
        }
        if (plan->host)
            append_sni(
                bytes, plan->host, plan->host_length > 0 ? plan->host_length : strlen(plan->host));
        if (plan->alpn)
            append_alpn(bytes, plan->alpn);
        append_extension(bytes, 43, "\6\x4a\x4a\3\4\3\3", 7);
        if (plan->ech)
            append_extension(bytes, 0xfe0d, ech, sizeof ech);
        if (plan->behind > 0) {
            append16(bytes, 21);
            append16(bytes, plan->behind);
            append_filler(bytes, plan->behind);
        }
        close16(bytes, extensions);
    }
    size_t length = bytes->end - start - 4;
    bytes->octets[start + 1] = (uint8_t)(length >> 16);
    put16(bytes->octets + start + 2, length & 0xFFFF);
}

/* The octets from start on in records of at most size octets. */
static inline void split_records(struct bytes *bytes, size_t start, size_t size)
{
    static uint8_t message[ROOM];
    size_t length = bytes->end - start;
    memcpy(message, bytes->octets + start, length);
    bytes->end = start;
    for (size_t at = 0; at < length; at += size) {
        size_t part = length - at < size ? length - at : size;
        append(bytes, "\x16\3\1", 3);
        append16(bytes, part);
        append(bytes, message + at, part);
    }
}

/* A TCP stream of one hello in one record, from a clear buffer. */
static inline void hello_stream(struct bytes *bytes, const struct hello_plan *plan)
{
    bytes_clear(bytes);
    append_hello(bytes, plan);
    split_records(bytes, bytes->start, 16384);
}

#endif
