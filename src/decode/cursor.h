/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_DECODE_CURSOR_H
#define LEAKTOP_DECODE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The one reader of octets from outside. After the first read past the end, every further read
 * gives zeros, and the caller looks at failed once.
 *
 * missing is how many octets stood behind the end on the wire that the capture (or a fragment)
 * does not hold: a reader that ran out of those was not lied to. */
struct cursor {
    const uint8_t *base; /* what offsets count from */
    const uint8_t *at;
    const uint8_t *end;
    size_t missing;
    bool failed;
};

static inline struct cursor cursor_over(const uint8_t *octets, size_t length, size_t missing)
{
    return (struct cursor){octets, octets, octets + length, missing, false};
}

static inline size_t cursor_left(const struct cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

/* What is left as the wire had it, held here or not. */
static inline size_t cursor_left_on_wire(const struct cursor *cursor)
{
    return cursor_left(cursor) + cursor->missing;
}

static inline size_t cursor_offset(const struct cursor *cursor)
{
    return (size_t)(cursor->at - cursor->base);
}

/* The next length octets, or NULL where there are fewer. */
static inline const uint8_t *cursor_take(struct cursor *cursor, size_t length)
{
    if (cursor->failed || cursor_left(cursor) < length) {
        cursor->failed = true;
        return NULL;
    }
    const uint8_t *octets = cursor->at;
    cursor->at += length;
    return octets;
}

static inline bool cursor_skip(struct cursor *cursor, size_t length)
{
    return cursor_take(cursor, length) != NULL;
}

/* Marks that what was read is wrong, and that missing octets would not have mended it. */
static inline void cursor_spoil(struct cursor *cursor)
{
    cursor->failed = true;
    cursor->missing = 0;
}

/* True where reading failed only because the capture does not hold what was on the wire. */
static inline bool cursor_cut(const struct cursor *cursor)
{
    return cursor->failed && cursor->missing > 0;
}

/* A length field says that length octets follow: what stands behind them (padding, the next
 * message) is out of reach from now on. A length that claims more than there is changes nothing. */
static inline void cursor_limit(struct cursor *cursor, size_t length)
{
    size_t left = cursor_left(cursor);
    if (length <= left) {
        cursor->end = cursor->at + length;
        cursor->missing = 0;
    } else if (length - left < cursor->missing) {
        cursor->missing = length - left;
    }
}

/* From now on offsets count from here. */
static inline void cursor_rebase(struct cursor *cursor)
{
    cursor->base = cursor->at;
}

/* Numbers in network order from octets whose bounds were checked. */
static inline uint16_t octets_u16(const uint8_t *octets)
{
    return (uint16_t)(octets[0] << 8 | octets[1]);
}

static inline uint32_t octets_u32(const uint8_t *octets)
{
    return (uint32_t)octets_u16(octets) << 16 | octets_u16(octets + 2);
}

static inline uint8_t cursor_u8(struct cursor *cursor)
{
    const uint8_t *octets = cursor_take(cursor, 1);
    return octets ? octets[0] : 0;
}

static inline uint16_t cursor_u16(struct cursor *cursor)
{
    const uint8_t *octets = cursor_take(cursor, 2);
    return octets ? octets_u16(octets) : 0;
}

static inline uint32_t cursor_u32(struct cursor *cursor)
{
    const uint8_t *octets = cursor_take(cursor, 4);
    return octets ? octets_u32(octets) : 0;
}

#endif
