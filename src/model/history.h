/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_MODEL_HISTORY_H
#define LEAKTOP_MODEL_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/words.h"

/* What happened when, in numbers: further back than the look-ups that are kept. An hour by seconds,
 * a day by minutes, and the last changes of each family's web route to the nanosecond. Times are
 * the wall clock's, in ns since 1970; where it is set back, what was noted of later times than the
 * new one goes. */

#define HISTORY_FAMILIES 2 /* by enum family */

/* Where a family's web route led. In rising order of what the person should see of a span in which
 * there was more than one of them. */
enum history_way {
    HISTORY_WAY_UNKNOWN,
    HISTORY_WAY_TUNNEL,
    HISTORY_WAY_NONE,    /* no route */
    HISTORY_WAY_BLOCKED, /* a route into nothing */
    HISTORY_WAY_OUTSIDE, /* something that hides nothing, and nothing was expected */
    HISTORY_WAY_EXPOSED, /* the same while it was */
    HISTORY_WAY_COUNT
};

enum history_lane {
    HISTORY_TUNNELLED,
    HISTORY_EXPOSED,
    HISTORY_BYPASS,
    HISTORY_LAN,
    HISTORY_OPEN,
    HISTORY_OTHER,       /* internal, and before the tunnel could be up */
    HISTORY_STUN,        /* STUN requests outside the tunnel, which are in none of the above */
    HISTORY_CONNECTIONS, /* of programs, to public addresses, outside the tunnel */
    HISTORY_LANES
};

/* What a span of time holds. */
struct history_span {
    uint32_t counts[HISTORY_LANES];
    enum history_way ways[HISTORY_FAMILIES];
    bool began;     /* it is not all before the start */
    bool unwatched; /* packets were not seen during some of it */
};

struct history;

/* NULL without memory. */
struct history *history_new(uint64_t now);
void history_free(struct history *history);
/* What a paused view goes on to show. NULL without memory. */
struct history *history_copy(const struct history *history);

/* ---- what the model posts ---- */

/* It is that late. Sources differ by a moment; more than a minute earlier than what was told
 * before: the clock was set back. */
void history_advance(struct history *history, uint64_t now);
/* Nothing was watched between these two: the machine slept. */
void history_gap(struct history *history, uint64_t from_ns, uint64_t to_ns);
/* by: 1, or -1 where it is taken back. Older than what is kept: nothing happens. */
void history_count(struct history *history, enum history_lane lane, uint64_t time_ns, int by);
enum history_lane history_lane_of(enum exposure exposure);
void history_ways(
    struct history *history, const enum history_way ways[static HISTORY_FAMILIES], uint64_t now);
/* Packets are seen from now on, or are not. */
void history_watched(struct history *history, bool watched, uint64_t now);

/* ---- what views read ---- */

/* From from_ns (included) to to_ns (not included): less than a minute is known for the last hour,
 * and of what is older each minute counts where it begins. */
void history_read(
    const struct history *history, uint64_t from_ns, uint64_t to_ns, struct history_span *out);
uint64_t history_newest_ns(const struct history *history); /* the latest that was told */

#endif
