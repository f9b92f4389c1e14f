/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_DECODE_GATHER_H
#define LEAKTOP_DECODE_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The beginning of a stream out of pieces in any order. Where pieces overlap, the octets that came
 * first stay. */

/* A message of 16 KiB, with room for the headers of the records that carry it. */
#define GATHER_OCTETS (17 << 10)
/* Pieces without a neighbour: browsers shuffle a hello's CRYPTO frames, to a dozen and more. */
#define GATHER_SPANS 32

struct gather_span {
    uint16_t from, to; /* to is the first octet behind it */
};

struct gather {
    uint16_t count;                         /* of spans[] */
    struct gather_span spans[GATHER_SPANS]; /* sorted, none touches the next */
    uint8_t octets[GATHER_OCTETS];
};

static inline void gather_clear(struct gather *gather)
{
    gather->count = 0;
}

/* Octets from the beginning on without a gap. */
static inline size_t gather_known(const struct gather *gather)
{
    return gather->count > 0 && gather->spans[0].from == 0 ? gather->spans[0].to : 0;
}

/* True where a later octet is there and an earlier one is not. */
static inline bool gather_gap(const struct gather *gather)
{
    return gather->count > 1 || (gather->count == 1 && gather->spans[0].from > 0);
}

/* Add octets that stand at offset. What lies behind GATHER_OCTETS is cut off. A piece for which
 * there is no span is not kept: false then. */
bool gather_add(struct gather *gather, size_t offset, const uint8_t *octets, size_t length);

#endif
