/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/fact.h"
#include "base/hash.h"
#include "decode/hello_private.h"
#include "decode/link.h"

/* The rest of a hello follows at once, or after a retransmission or two (RFC 6298: 1 s at first).
 */
#define WAIT_NS 3000000000U
/* The kernel's filter does not pass the middle of a long hello: what is not there when its end is,
 * mostly does not come. */
#define GAP_WAIT_NS 1000000000U

/* Octets from which on a TCP stream is known to begin with a hello, and not with an octet that
 * could be anything's: record header and handshake type. */
#define BEGUN_LEAST (TLS_RECORD_HEADER + 1)

struct hellos *hellos_new(
    uint64_t seed, hello_sink *sink, void *context, struct hello_counts counts)
{
    struct hellos *hellos = calloc(1, sizeof *hellos);
    if (!hellos)
        return NULL;
    hellos->seed = seed;
    hellos->sink = sink;
    hellos->context = context;
    hellos->counts = counts;
    hellos->crypto = quic_crypto_new();
    if (!hellos->crypto) {
        hellos_free(hellos);
        return NULL;
    }
    return hellos;
}

void hellos_free(struct hellos *hellos)
{
    if (!hellos)
        return;
    quic_crypto_free(hellos->crypto);
    free(hellos);
}

bool hellos_waiting(const struct hellos *hellos)
{
    return hellos->waiting > 0;
}

/* ---- connections ---- */

static void address_put(struct address *address, uint8_t family, const uint8_t *octets)
{
    address->family = family;
    memcpy(address->bytes, octets, family == FAMILY_IPV6 ? 16 : 4);
}

void hello_flow_make(
    struct hello_flow *flow, const struct hello_place *place, enum ip_protocol protocol)
{
    memset(flow, 0, sizeof *flow);
    flow->interface = place->frame->interface;
    flow->source_port = place->source_port;
    flow->destination_port = place->destination_port;
    flow->direction = place->frame->direction;
    flow->protocol = (uint8_t)protocol;
    address_put(&flow->source, place->datagram->family, place->datagram->source);
    address_put(&flow->destination, place->datagram->family, place->datagram->destination);
}

/* What can go for another: the longest untouched of those that nothing was gathered of, for only
 * they are forgotten without a word; else the longest untouched of all. */
static bool goes_before(const struct hello_entry *a, const struct hello_entry *b)
{
    if ((a->state == HELLO_FREE) != (b->state == HELLO_FREE))
        return a->state == HELLO_FREE;
    if ((a->slot == NULL) != (b->slot == NULL))
        return a->slot == NULL;
    return a->touched_ns < b->touched_ns;
}

struct hello_entry *hello_find(
    struct hellos *hellos, const struct hello_flow *flow, struct hello_entry **free_place)
{
    struct hello_entry *set =
        hellos->table[hash_bytes(flow, sizeof *flow, hellos->seed) % HELLO_SETS];
    *free_place = &set[0];
    for (int way = 0; way < HELLO_WAYS; way++) {
        struct hello_entry *entry = &set[way];
        if (entry->state != HELLO_FREE && memcmp(&entry->flow, flow, sizeof *flow) == 0)
            return entry;
        if (goes_before(entry, *free_place))
            *free_place = entry;
    }
    return NULL;
}

void hello_set_state(struct hellos *hellos, struct hello_entry *entry, enum hello_state state)
{
    uint16_t *mark = hello_mark(hellos, entry->flow.source_port, entry->flow.destination_port);
    bool counted = entry->flow.protocol == IP_TCP;
    if (counted && entry->state == HELLO_OPEN)
        --*mark;
    entry->state = (uint8_t)state;
    if (counted && state == HELLO_OPEN)
        ++*mark;
    if (state != HELLO_OPEN && entry->slot) {
        entry->slot->entry = NULL;
        entry->slot = NULL;
        hellos->waiting--;
    }
}

void hello_settle(struct hellos *hellos, struct hello_entry *entry, const struct hello_flow *flow,
    const struct hello_place *place)
{
    hello_finish(hellos, entry);
    hello_set_state(hellos, entry, HELLO_FREE);
    entry->flow = *flow;
    entry->touched_ns = place->time_ns;
    entry->link_type = place->frame->link_type;
    hello_set_state(hellos, entry, HELLO_OPEN);
}

/* ---- telling ---- */

static void tell(
    struct hellos *hellos, const struct hello_entry *entry, const struct tls_hello *hello, bool cut)
{
    struct fact fact;
    fact.time_ns = entry->touched_ns;
    fact.interface = entry->flow.interface;
    fact.link_type = entry->link_type;
    fact.kind = FACT_HELLO;
    fact.direction = entry->flow.direction;
    fact.transport = entry->flow.protocol == IP_TCP ? TRANSPORT_TCP : TRANSPORT_UDP;
    fact.flags = (uint8_t)((hello->ech ? FACT_ECH : 0) | (cut ? FACT_CUT : 0));
    fact.rcode = fact.id = fact.type = fact.class = fact.answers = 0;
    fact.source = entry->flow.source;
    fact.destination = entry->flow.destination;
    fact.source_port = entry->flow.source_port;
    fact.destination_port = entry->flow.destination_port;
    fact.alpn = hello->alpn;
    fact.address_count = 0;
    fact.name_length = hello->name_length;
    memcpy(fact.name, hello->name, hello->name_length);
    ++*hellos->counts.told;
    hellos->sink(hellos->context, &fact);
}

void hello_decide(struct hellos *hellos, struct hello_entry *entry, enum tls_outcome outcome,
    const struct tls_hello *hello, bool more)
{
    if (outcome == TLS_SHORT && more)
        return;
    if (outcome == TLS_OK || outcome == TLS_SHORT)
        tell(hellos, entry, hello, outcome == TLS_SHORT);
    else if (outcome == TLS_BAD)
        ++*hellos->counts.malformed;
    /* After something else a hello can still come. */
    hello_set_state(hellos, entry, outcome == TLS_OTHER ? HELLO_FREE : HELLO_DONE);
}

enum tls_outcome hello_read(struct hellos *hellos, const struct hello_entry *entry,
    struct cursor octets, struct tls_hello *hello)
{
    if (entry->flow.protocol == IP_UDP) {
        enum tls_outcome outcome = tls_hello_read(octets, hello);
        /* Who has the keys and says something else knows better. */
        return outcome == TLS_OTHER ? TLS_BAD : outcome;
    }
    return tls_stream_read(octets, hellos->joined, sizeof hellos->joined, hello);
}

void hello_read_gathered(struct hellos *hellos, struct hello_entry *entry)
{
    struct tls_hello hello;
    struct hello_slot *slot = entry->slot;
    size_t known = gather_known(&slot->gather);
    bool more = !slot->cut && known < GATHER_OCTETS;
    if (known == 0 || (known < slot->wanted && more))
        return;
    enum tls_outcome outcome =
        hello_read(hellos, entry, cursor_over(slot->gather.octets, known, 0), &hello);
    slot->wanted = hello.wanted;
    hello_decide(hellos, entry, outcome, &hello, more);
}

void hello_finish(struct hellos *hellos, struct hello_entry *entry)
{
    struct tls_hello hello;
    enum tls_outcome outcome = TLS_OTHER;
    if (!entry->slot)
        return;
    const struct gather *gather = &entry->slot->gather;
    struct cursor known = cursor_over(gather->octets, gather_known(gather), 0);
    if (entry->flow.protocol == IP_UDP || cursor_left(&known) >= BEGUN_LEAST)
        outcome = hello_read(hellos, entry, known, &hello);
    hello_decide(hellos, entry, outcome, &hello, false);
}

/* ---- gathering ---- */

void hello_gather_begin(struct hellos *hellos, struct hello_entry *entry, uint64_t time_ns)
{
    struct hello_slot *slot = &hellos->slots[0];
    for (int i = 0; i < HELLO_SLOTS && slot->entry; i++) {
        struct hello_slot *other = &hellos->slots[i];
        if (!other->entry || other->since_ns < slot->since_ns)
            slot = other;
    }
    if (slot->entry)
        hello_finish(hellos, slot->entry);
    slot->entry = entry;
    slot->since_ns = time_ns;
    slot->gap_ns = 0;
    slot->wanted = 0;
    slot->cut = false;
    gather_clear(&slot->gather);
    entry->slot = slot;
    hellos->waiting++;
}

void hello_gather_noted(struct hello_slot *slot, uint64_t time_ns)
{
    if (!gather_gap(&slot->gather))
        slot->gap_ns = 0;
    else if (slot->gap_ns == 0)
        slot->gap_ns = time_ns;
}

/* The clock can be set back: far ahead is as stale as far behind. */
static bool waited(uint64_t now, uint64_t then, uint64_t limit)
{
    return (now > then ? now - then : then - now) >= limit;
}

void hellos_sweep(struct hellos *hellos, uint64_t time_ns)
{
    for (int i = 0; i < HELLO_SLOTS && hellos->waiting > 0; i++) {
        const struct hello_slot *slot = &hellos->slots[i];
        if (slot->entry && (waited(time_ns, slot->since_ns, WAIT_NS) ||
                               (slot->gap_ns != 0 && waited(time_ns, slot->gap_ns, GAP_WAIT_NS))))
            hello_finish(hellos, slot->entry);
    }
}

void hellos_end(struct hellos *hellos)
{
    for (int i = 0; i < HELLO_SLOTS && hellos->waiting > 0; i++)
        if (hellos->slots[i].entry)
            hello_finish(hellos, hellos->slots[i].entry);
}
