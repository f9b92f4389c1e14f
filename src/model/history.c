/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/history.h"

#include <stdlib.h>
#include <string.h>

#define SECOND_NS 1000000000ULL
#define SECONDS 3600u
#define MINUTES 1440u
#define CHANGES_KEPT 512u
#define SET_BACK_NS (60 * SECOND_NS)

/* A bucket lies at its number modulo the size of its ring: whatever the clock does, what stands
 * there is told by its number. */
struct bucket {
    uint32_t number; /* seconds or minutes since 1970; 0: empty */
    uint16_t counts[HISTORY_LANES];
};

/* From then on. */
struct change {
    uint64_t time_ns;
    uint8_t ways[HISTORY_FAMILIES]; /* enum history_way */
    bool watched;
};

struct history {
    uint64_t start_ns, newest_ns;
    struct bucket seconds[SECONDS];
    struct bucket minutes[MINUTES];
    struct change changes[CHANGES_KEPT]; /* oldest first, from change_first on, in a ring */
    size_t change_first, change_count;
};

struct history *history_new(uint64_t now)
{
    struct history *history = calloc(1, sizeof(*history));
    if (history)
        history->start_ns = history->newest_ns = now;
    return history;
}

void history_free(struct history *history)
{
    free(history);
}

struct history *history_copy(const struct history *history)
{
    struct history *copy = malloc(sizeof(*copy));
    if (copy)
        memcpy(copy, history, sizeof(*copy));
    return copy;
}

static struct change *change_at(struct history *history, size_t position)
{
    return &history->changes[(history->change_first + position) % CHANGES_KEPT];
}

static const struct change *change_seen(const struct history *history, size_t position)
{
    return &history->changes[(history->change_first + position) % CHANGES_KEPT];
}

static void forget_later(struct bucket *ring, size_t size, uint32_t number)
{
    for (size_t i = 0; i < size; i++)
        if (ring[i].number > number)
            memset(&ring[i], 0, sizeof(ring[i]));
}

/* What was noted of times that are yet to come is the old clock's. */
static void set_back(struct history *history, uint64_t now)
{
    forget_later(history->seconds, SECONDS, (uint32_t)(now / SECOND_NS));
    forget_later(history->minutes, MINUTES, (uint32_t)(now / (60 * SECOND_NS)));
    struct change last = {0};
    bool had = history->change_count > 0;
    if (had)
        last = *change_at(history, history->change_count - 1);
    while (
        history->change_count > 0 && change_at(history, history->change_count - 1)->time_ns > now)
        history->change_count--;
    if (had) {
        /* What held a moment ago holds. */
        last.time_ns = now;
        if (history->change_count == CHANGES_KEPT)
            history->change_count--;
        *change_at(history, history->change_count++) = last;
    }
    if (history->start_ns > now)
        history->start_ns = now;
}

void history_advance(struct history *history, uint64_t now)
{
    if (now + SET_BACK_NS < history->newest_ns) {
        set_back(history, now);
        history->newest_ns = now;
    }
    if (now > history->newest_ns)
        history->newest_ns = now;
}

static void add(struct bucket *ring, size_t size, uint64_t number, uint64_t newest,
    enum history_lane lane, int by)
{
    struct bucket *bucket = &ring[number % size];
    if (number == 0 || number > UINT32_MAX || number + size <= newest)
        return;
    if (bucket->number != number) {
        if (by < 0 || (bucket->number > number && bucket->number <= newest))
            return;
        memset(bucket, 0, sizeof(*bucket));
        bucket->number = (uint32_t)number;
    }
    uint16_t *count = &bucket->counts[lane];
    if (by > 0 && *count < UINT16_MAX)
        (*count)++;
    else if (by < 0 && *count > 0)
        (*count)--;
}

void history_count(struct history *history, enum history_lane lane, uint64_t time_ns, int by)
{
    uint64_t second = time_ns / SECOND_NS, newest = history->newest_ns / SECOND_NS;
    if (by == 0 || (unsigned)lane >= HISTORY_LANES)
        return;
    add(history->seconds, SECONDS, second, newest, lane, by);
    add(history->minutes, MINUTES, second / 60, newest / 60, lane, by);
}

enum history_lane history_lane_of(enum exposure exposure)
{
    switch (exposure) {
    case EXPOSURE_TUNNELLED:
        return HISTORY_TUNNELLED;
    case EXPOSURE_EXPOSED:
        return HISTORY_EXPOSED;
    case EXPOSURE_BYPASS:
        return HISTORY_BYPASS;
    case EXPOSURE_LAN:
        return HISTORY_LAN;
    case EXPOSURE_OPEN:
        return HISTORY_OPEN;
    case EXPOSURE_INTERNAL:
    case EXPOSURE_BOOTSTRAP:
    case EXPOSURE_UNKNOWN:
    case EXPOSURE_COUNT:
        break;
    }
    return HISTORY_OTHER;
}

static struct change *change_new(struct history *history, uint64_t now)
{
    struct change last = {.time_ns = 0};
    if (history->change_count > 0) {
        struct change *newest = change_at(history, history->change_count - 1);
        last = *newest;
        if (now <= newest->time_ns)
            return newest;
    }
    if (history->change_count == CHANGES_KEPT) {
        history->change_first = (history->change_first + 1) % CHANGES_KEPT;
        history->change_count--;
    }
    last.time_ns = now;
    struct change *made = change_at(history, history->change_count++);
    *made = last;
    return made;
}

void history_ways(
    struct history *history, const enum history_way ways[static HISTORY_FAMILIES], uint64_t now)
{
    history_advance(history, now);
    const struct change *last =
        history->change_count ? change_at(history, history->change_count - 1) : NULL;
    bool same = last != NULL;
    for (size_t f = 0; f < HISTORY_FAMILIES && same; f++)
        same = last->ways[f] == (uint8_t)ways[f];
    if (same)
        return;
    struct change *made = change_new(history, now);
    for (size_t f = 0; f < HISTORY_FAMILIES; f++)
        made->ways[f] = (uint8_t)ways[f];
}

void history_watched(struct history *history, bool watched, uint64_t now)
{
    history_advance(history, now);
    const struct change *last =
        history->change_count ? change_at(history, history->change_count - 1) : NULL;
    if (last ? last->watched == watched : !watched)
        return;
    change_new(history, now)->watched = watched;
}

void history_gap(struct history *history, uint64_t from_ns, uint64_t to_ns)
{
    if (history->change_count == 0 || to_ns <= from_ns)
        return;
    bool watched = change_at(history, history->change_count - 1)->watched;
    change_new(history, from_ns)->watched = false;
    history_watched(history, watched, to_ns);
}

/* Older than the ring is long: gone, even where nothing has taken its place yet. */
static void sum(struct history_span *out, const struct bucket *ring, size_t size, uint64_t newest,
    uint64_t from, uint64_t to)
{
    if (from + size <= newest)
        from = newest + 1 - size;
    if (to > newest + 1)
        to = newest + 1;
    for (uint64_t number = from; number < to; number++) {
        const struct bucket *bucket = &ring[number % size];
        for (size_t lane = 0; bucket->number == number && lane < HISTORY_LANES; lane++)
            out->counts[lane] += bucket->counts[lane];
    }
}

static uint64_t round_up(uint64_t ns, uint64_t unit)
{
    return (ns + unit - 1) / unit;
}

static void read_changes(
    const struct history *history, uint64_t from_ns, uint64_t to_ns, struct history_span *out)
{
    for (size_t i = history->change_count; i-- > 0;) {
        const struct change *change = change_seen(history, i);
        if (change->time_ns >= to_ns)
            continue;
        for (size_t f = 0; f < HISTORY_FAMILIES; f++)
            if (change->ways[f] > out->ways[f])
                out->ways[f] = (enum history_way)change->ways[f];
        out->unwatched |= !change->watched;
        if (change->time_ns <= from_ns)
            break; /* it held when the span began, and what came before it did not */
    }
}

void history_read(
    const struct history *history, uint64_t from_ns, uint64_t to_ns, struct history_span *out)
{
    memset(out, 0, sizeof(*out));
    if (to_ns <= from_ns || to_ns <= history->start_ns || from_ns > history->newest_ns)
        return;
    out->began = true;
    read_changes(history, from_ns, to_ns, out);
    uint64_t second = history->newest_ns / SECOND_NS, first = round_up(from_ns, SECOND_NS);
    bool whole = from_ns % (60 * SECOND_NS) == 0 && to_ns % (60 * SECOND_NS) == 0;
    if (!whole && first + SECONDS > second)
        sum(out, history->seconds, SECONDS, second, first, round_up(to_ns, SECOND_NS));
    else
        sum(out, history->minutes, MINUTES, second / 60, round_up(from_ns, 60 * SECOND_NS),
            round_up(to_ns, 60 * SECOND_NS));
}

uint64_t history_newest_ns(const struct history *history)
{
    return history->newest_ns;
}
