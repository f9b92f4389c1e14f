/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/hello.h"

#include "base/fact.h"
#include "decode/hello_private.h"
#include "decode/link.h"
#include "decode/stream.h"

/* Octets by which a segment is taken for the beginning of a hello without more ado. */
#define BEGINS_LEAST (TLS_RECORD_HEADER + 1)

/* A segment this far from the hello of its connection belongs to another one with the same ports.
 */
#define SEQUENCE_FAR (1 << 20)

/* One segment of a connection that has an entry. */
struct segment {
    struct cursor payload;
    uint64_t time_ns;
    uint32_t sequence;
    bool begins; /* with a hello, by itself */
};

static bool far(int32_t distance)
{
    return distance > SEQUENCE_FAR || distance < -SEQUENCE_FAR;
}

/* The whole hello in one segment, which is the rule, is read where it lies. */
static void read_first(
    struct hellos *hellos, struct hello_entry *entry, const struct segment *segment)
{
    struct tls_hello hello;
    struct cursor payload = segment->payload;
    enum tls_outcome outcome = hello_read(hellos, entry, payload, &hello);
    bool more = payload.missing == 0;
    hello_decide(hellos, entry, outcome, &hello, more);
    if (outcome != TLS_SHORT || !more)
        return;
    hello_gather_begin(hellos, entry, segment->time_ns);
    gather_add(&entry->slot->gather, 0, payload.at, cursor_left(&payload));
    entry->slot->wanted = hello.wanted;
}

static void read_piece(
    struct hellos *hellos, struct hello_entry *entry, const struct segment *segment, size_t offset)
{
    entry->touched_ns = segment->time_ns;
    if (!entry->slot && offset == 0) {
        read_first(hellos, entry, segment);
        return;
    }
    if (!entry->slot)
        hello_gather_begin(hellos, entry, segment->time_ns);
    gather_add(&entry->slot->gather, offset, segment->payload.at, cursor_left(&segment->payload));
    hello_gather_noted(entry->slot, segment->time_ns);
    if (segment->payload.missing > 0)
        entry->slot->cut = true;
    hello_read_gathered(hellos, entry);
}

/* Where the hello begins is known from SYN, or from a segment that looks like one: then it counts,
 * for a connection can begin with something else (STARTTLS, a proxy's CONNECT). */
static void read_segment(
    struct hellos *hellos, struct hello_entry *entry, const struct segment *segment)
{
    int32_t offset = (int32_t)(segment->sequence - entry->base);
    size_t known = entry->slot ? gather_known(&entry->slot->gather) : 0;
    if (segment->begins && offset != 0 && (known == 0 || far(offset))) {
        hello_finish(hellos, entry);
        hello_set_state(hellos, entry, HELLO_OPEN);
        entry->base = segment->sequence;
        offset = 0;
    }
    const struct cursor *payload = &segment->payload;
    if (offset == 0 && known == 0 && !tls_begins(payload->at, cursor_left(payload))) {
        hello_set_state(hellos, entry, HELLO_FREE); /* the connection speaks something else */
        return;
    }
    if (offset >= GATHER_OCTETS && known == 0)
        hello_set_state(hellos, entry, HELLO_FREE);
    else if (offset >= 0 && offset < GATHER_OCTETS)
        read_piece(hellos, entry, segment, (size_t)offset);
}

/* SYN: the connection begins here, unless it is one sent again. */
static struct hello_entry *opened(struct hellos *hellos, struct hello_entry *entry,
    struct hello_entry *free_place, const struct hello_flow *flow, const struct hello_place *place,
    uint32_t base)
{
    if (entry && entry->base == base)
        return entry;
    if (!entry)
        entry = free_place;
    hello_settle(hellos, entry, flow, place);
    entry->base = base;
    return entry;
}

/* Nothing comes behind this segment. */
static void closed(struct hellos *hellos, struct hello_entry *entry, uint8_t flags, uint32_t end)
{
    if (entry->state != HELLO_OPEN)
        return;
    if (flags & TCP_RST) {
        hello_finish(hellos, entry);
        hello_set_state(hellos, entry, HELLO_FREE);
    } else if (entry->slot && gather_known(&entry->slot->gather) == end - entry->base) {
        hello_finish(hellos, entry);
    }
}

void hellos_segment(struct hellos *hellos, const struct hello_place *place, uint32_t sequence,
    uint8_t flags, const struct cursor *payload)
{
    struct segment segment = {.payload = *payload, .time_ns = place->time_ns};
    size_t held = cursor_left(payload);
    bool opens = (flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;
    if (place->frame->direction == DIRECTION_IN)
        return;
    segment.begins = held >= BEGINS_LEAST && tls_begins(payload->at, held);
    if (!segment.begins && !opens &&
        *hello_mark(hellos, place->source_port, place->destination_port) == 0)
        return;

    struct hello_flow flow;
    struct hello_entry *free_place;
    hello_flow_make(&flow, place, IP_TCP);
    struct hello_entry *entry = hello_find(hellos, &flow, &free_place);
    segment.sequence = sequence + opens; /* SYN takes a number (RFC 7413: data can follow) */
    if (opens)
        entry = opened(hellos, entry, free_place, &flow, place, segment.sequence);
    if (!entry) {
        if (!segment.begins)
            return;
        entry = free_place;
        hello_settle(hellos, entry, &flow, place);
        entry->base = segment.sequence;
    }
    if (entry->state == HELLO_DONE) {
        /* A second hello on the same connection (RFC 8446, 4.1.4) names the same server. */
        if (!segment.begins || !far((int32_t)(segment.sequence - entry->base)))
            return;
        hello_settle(hellos, entry, &flow, place);
        entry->base = segment.sequence;
    }
    if (held > 0)
        read_segment(hellos, entry, &segment);
    if (flags & (TCP_FIN | TCP_RST))
        closed(hellos, entry, flags, segment.sequence + (uint32_t)held);
}
