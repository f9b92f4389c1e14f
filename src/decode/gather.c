/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/gather.h"

#include <string.h>

_Static_assert(GATHER_OCTETS <= UINT16_MAX, "a span counts in 16 bits");

/* Copies what of from..to lies between the spans first..last, exclusive. */
static void fill(
    struct gather *gather, size_t first, size_t last, size_t from, size_t to, const uint8_t *octets)
{
    size_t at = from;
    for (size_t i = first; i <= last; i++) {
        size_t end = i < last && gather->spans[i].from < to ? gather->spans[i].from : to;
        if (end > at)
            memcpy(gather->octets + at, octets + (at - from), end - at);
        if (i < last && gather->spans[i].to > at)
            at = gather->spans[i].to;
    }
}

bool gather_add(struct gather *gather, size_t offset, const uint8_t *octets, size_t length)
{
    if (offset >= GATHER_OCTETS || length == 0)
        return true;
    if (length > GATHER_OCTETS - offset)
        length = GATHER_OCTETS - offset;
    size_t from = offset, to = offset + length;
    /* The spans that it touches: first..last, exclusive. */
    size_t first = 0;
    while (first < gather->count && gather->spans[first].to < from)
        first++;
    size_t last = first;
    while (last < gather->count && gather->spans[last].from <= to)
        last++;
    if (first == last && gather->count == GATHER_SPANS)
        return false;
    fill(gather, first, last, from, to, octets);

    struct gather_span span = {(uint16_t)from, (uint16_t)to};
    if (last > first) {
        if (gather->spans[first].from < span.from)
            span.from = gather->spans[first].from;
        if (gather->spans[last - 1].to > span.to)
            span.to = gather->spans[last - 1].to;
    }
    /* last - first spans become one. */
    memmove(&gather->spans[first + 1], &gather->spans[last],
        (gather->count - last) * sizeof *gather->spans);
    gather->count = (uint16_t)(gather->count - (last - first) + 1);
    gather->spans[first] = span;
    return true;
}
