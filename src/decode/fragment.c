/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/fragment.h"

#include <stdlib.h>
#include <string.h>

#include "base/fact.h"
#include "base/hash.h"

#define SETS 64
#define WAYS 4
/* As long as Linux waits (net/ipv4: IP_FRAG_TIME). */
#define WAIT_NS 30000000000U
/* Offsets count units of eight octets: one bit each. */
#define UNIT 8
_Static_assert(FRAGMENT_HEAD / UNIT == 64, "one bit of a 64-bit word per unit");

enum entry_state { ENTRY_FREE, ENTRY_WAITING, ENTRY_SETTLED };

/* A copy of a datagram that crosses two interfaces, or loopback twice, is a datagram of its own.
 * No holes: it is hashed and compared as octets. */
struct key {
    uint8_t source[16], destination[16];
    uint32_t id;
    uint32_t interface;
    uint8_t family, protocol, direction, zero;
};
_Static_assert(sizeof(struct key) == 44, "no padding");

struct entry {
    struct key key;
    uint64_t time_ns; /* of its first fragment to arrive */
    uint64_t units;   /* which units of octets[] are there */
    uint16_t known;   /* octets from the beginning on without a gap */
    uint16_t total;   /* octets of the whole datagram if they fit in octets[], else 0 */
    uint16_t tail;    /* where the last fragment ends if it ends within a unit, else 0 */
    uint8_t state;
    uint8_t octets[FRAGMENT_HEAD];
};

struct fragments {
    uint64_t seed;
    uint64_t lost;
    unsigned used; /* entries that are not free */
    struct entry entries[SETS][WAYS];
};

struct fragments *fragments_new(uint64_t seed)
{
    struct fragments *fragments = calloc(1, sizeof *fragments);
    if (fragments)
        fragments->seed = seed;
    return fragments;
}

void fragments_free(struct fragments *fragments)
{
    free(fragments);
}

uint64_t fragments_lost(const struct fragments *fragments)
{
    return fragments->lost;
}

/* The clock can be set back: a time far ahead is as stale as one far behind. */
static bool stale(uint64_t then, uint64_t now)
{
    return (now > then ? now - then : then - now) > WAIT_NS;
}

static void give_up(struct fragments *fragments, struct entry *entry)
{
    if (entry->state == ENTRY_WAITING)
        fragments->lost++;
    entry->state = ENTRY_FREE;
    fragments->used--;
}

static void key_make(struct key *key, const struct frame *frame, const struct datagram *datagram)
{
    size_t length = datagram->family == FAMILY_IPV4 ? 4 : 16;
    memset(key, 0, sizeof *key);
    memcpy(key->source, datagram->source, length);
    memcpy(key->destination, datagram->destination, length);
    key->id = datagram->fragment_id;
    key->interface = frame->interface;
    key->family = datagram->family;
    /* RFC 8200, 4.5: in IPv6 the protocol of the first fragment counts, and is no key. */
    key->protocol = datagram->family == FAMILY_IPV4 ? datagram->protocol : 0;
    key->direction = frame->direction;
}

/* The entry of this datagram, a new one if there is none: in place of a free one, else of the
 * oldest in its set. */
static struct entry *entry_of(struct fragments *fragments, const struct frame *frame,
    const struct datagram *datagram, uint64_t time_ns)
{
    struct key key;
    key_make(&key, frame, datagram);
    struct entry *set = fragments->entries[hash_bytes(&key, sizeof key, fragments->seed) % SETS];
    struct entry *place = &set[0];
    for (int way = 0; way < WAYS; way++) {
        struct entry *entry = &set[way];
        if (entry->state != ENTRY_FREE && stale(entry->time_ns, time_ns))
            give_up(fragments, entry);
        if (entry->state == ENTRY_FREE) {
            place = entry;
            continue;
        }
        if (memcmp(&entry->key, &key, sizeof key) == 0)
            return entry;
        if (place->state != ENTRY_FREE && entry->time_ns < place->time_ns)
            place = entry;
    }
    if (place->state != ENTRY_FREE)
        give_up(fragments, place);
    fragments->used++;
    place->key = key;
    place->time_ns = time_ns;
    place->units = 0;
    place->known = place->total = place->tail = 0;
    place->state = ENTRY_WAITING;
    return place;
}

static uint64_t units_between(size_t from, size_t to)
{
    size_t first = from / UNIT;
    size_t count = (to + UNIT - 1) / UNIT - first;
    uint64_t ones = count >= 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
    return ones << first;
}

/* Octets from the beginning on without a gap. */
static uint16_t known_octets(const struct entry *entry)
{
    size_t units = entry->units == UINT64_MAX ? 64 : (size_t)__builtin_ctzll(~entry->units);
    size_t octets = units * UNIT;
    return (uint16_t)(entry->tail != 0 && octets > entry->tail ? entry->tail : octets);
}

bool fragments_add(struct fragments *fragments, const struct frame *frame,
    const struct datagram *datagram, const struct cursor *payload, uint64_t time_ns,
    struct cursor *joined)
{
    size_t from = datagram->fragment_offset;
    size_t held = cursor_left(payload);
    if (from >= FRAGMENT_HEAD || held == 0)
        return false;
    struct entry *entry = entry_of(fragments, frame, datagram, time_ns);
    if (entry->state != ENTRY_WAITING)
        return false;

    size_t to = from + held;
    bool last = !datagram->more && payload->missing == 0;
    if (to > FRAGMENT_HEAD) {
        to = FRAGMENT_HEAD;
        last = false;
    } else if (!last) {
        to -= held % UNIT; /* only whole units can have a successor */
    }
    if (to <= from)
        return false;

    /* RFC 5722 for IPv6, and Linux for IPv4 too: a repeated fragment is ignored, one that overlaps
     * in any other way kills the datagram, for it has no reason to but to deceive. */
    uint64_t units = units_between(from, to);
    if ((entry->units & units) != 0) {
        bool repeated = (entry->units & units) == units &&
                        memcmp(entry->octets + from, payload->at, to - from) == 0;
        if (!repeated) {
            fragments->lost++;
            entry->state = ENTRY_SETTLED;
        }
        return false;
    }
    memcpy(entry->octets + from, payload->at, to - from);
    entry->units |= units;
    if (last) {
        entry->total = (uint16_t)to;
        entry->tail = (uint16_t)(to % UNIT != 0 ? to : 0);
    }
    uint16_t known = known_octets(entry);
    if (known <= entry->known)
        return false;
    entry->known = known;
    /* How much is missing is not known before the last fragment; that some is, is enough. */
    bool whole = known == FRAGMENT_HEAD || (entry->total != 0 && known >= entry->total);
    *joined = cursor_over(entry->octets, known, whole ? 0 : UINT16_MAX);
    return true;
}

void fragments_settle(struct fragments *fragments, const struct frame *frame,
    const struct datagram *datagram, uint64_t time_ns)
{
    entry_of(fragments, frame, datagram, time_ns)->state = ENTRY_SETTLED;
}

bool fragments_settled(const struct fragments *fragments, const struct frame *frame,
    const struct datagram *datagram, uint64_t time_ns)
{
    struct key key;
    key_make(&key, frame, datagram);
    const struct entry *set =
        fragments->entries[hash_bytes(&key, sizeof key, fragments->seed) % SETS];
    for (int way = 0; way < WAYS; way++)
        if (set[way].state == ENTRY_SETTLED && !stale(set[way].time_ns, time_ns) &&
            memcmp(&set[way].key, &key, sizeof key) == 0)
            return true;
    return false;
}

void fragments_sweep(struct fragments *fragments, uint64_t time_ns)
{
    if (fragments->used == 0)
        return;
    for (int set = 0; set < SETS; set++) {
        for (int way = 0; way < WAYS; way++) {
            struct entry *entry = &fragments->entries[set][way];
            if (entry->state != ENTRY_FREE && stale(entry->time_ns, time_ns))
                give_up(fragments, entry);
        }
    }
}
