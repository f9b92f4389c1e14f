/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_DECODE_HELLO_PRIVATE_H
#define LEAKTOP_DECODE_HELLO_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "decode/gather.h"
#include "decode/hello.h"
#include "decode/ip.h"
#include "decode/quic.h"
#include "decode/tls.h"

/* What the parts of hello.h share: the table of connections, and the places where hellos that come
 * in pieces are gathered. */

enum {
    HELLO_SETS = 512,
    HELLO_WAYS = 4,
    HELLO_SLOTS = 64,
    HELLO_PORT_MARKS = 1024,
};

/* One direction of a connection on one interface. Hashed and compared as octets: no holes. */
struct hello_flow {
    uint32_t interface;
    uint16_t source_port, destination_port; /* host order */
    struct address source, destination;
    uint8_t direction; /* enum direction */
    uint8_t protocol;  /* enum ip_protocol */
};
_Static_assert(sizeof(struct hello_flow) == 44, "no padding");

enum hello_state {
    HELLO_FREE,
    HELLO_OPEN, /* begun; its hello is still to come, or gathered in a slot */
    HELLO_DONE, /* told, or none: what follows is no news */
};

struct hello_slot;

struct hello_entry {
    struct hello_flow flow;
    uint64_t touched_ns;     /* of the last packet that told something */
    struct hello_slot *slot; /* NULL: nothing is gathered */
    uint32_t base;           /* TCP: sequence number of the hello's first octet */
    uint16_t link_type;
    uint8_t state;
    /* QUIC: what the client called the server first, and the keys that follow from it. */
    uint8_t version; /* enum quic_version */
    uint8_t dcid_length;
    uint8_t dcid[QUIC_DCID_MOST];
    struct quic_keys keys;
};

struct hello_slot {
    struct hello_entry *entry; /* NULL: free */
    uint64_t since_ns;         /* of the first piece */
    uint64_t gap_ns;           /* since when a later piece waits for an earlier one; 0: none does */
    size_t wanted;             /* see struct tls_hello */
    bool cut;                  /* the capture does not hold all that it should */
    struct gather gather;
};

struct hellos {
    uint64_t seed;
    hello_sink *sink;
    void *context;
    struct hello_counts counts;
    unsigned waiting; /* slots in use */
    /* Open TCP connections whose ports fall on each mark: a segment of none of them is passed by
     * without a look at the table. */
    uint16_t marks[HELLO_PORT_MARKS];
    struct hello_entry table[HELLO_SETS][HELLO_WAYS];
    struct hello_slot slots[HELLO_SLOTS];
    struct quic_crypto *crypto;
    uint8_t opened[QUIC_PACKET_MOST]; /* a packet's frames */
    uint8_t joined[GATHER_OCTETS];    /* a message without the headers of its records */
};

/* The flow of what stands at place. */
void hello_flow_make(
    struct hello_flow *flow, const struct hello_place *place, enum ip_protocol protocol);
/* Its entry, or NULL; *free_place is then where it can be put. */
struct hello_entry *hello_find(
    struct hellos *hellos, const struct hello_flow *flow, struct hello_entry **free_place);
/* Put flow into a place that hello_find gave; what was there is told and goes. */
void hello_settle(struct hellos *hellos, struct hello_entry *entry, const struct hello_flow *flow,
    const struct hello_place *place);
void hello_set_state(struct hellos *hellos, struct hello_entry *entry, enum hello_state state);
/* Nothing more comes of it: what was gathered is told, and the entry is done. */
void hello_finish(struct hellos *hellos, struct hello_entry *entry);
/* Read a hello from its beginning: records of TCP, or the messages in CRYPTO frames. */
enum tls_outcome hello_read(struct hellos *hellos, const struct hello_entry *entry,
    struct cursor octets, struct tls_hello *hello);
/* The same with what was gathered in the slot, if that tells something new. */
void hello_read_gathered(struct hellos *hellos, struct hello_entry *entry);
/* Give the entry a slot, if need be that of the oldest. */
void hello_gather_begin(struct hellos *hellos, struct hello_entry *entry, uint64_t time_ns);
/* Note the time of a piece that was added to the slot. */
void hello_gather_noted(struct hello_slot *slot, uint64_t time_ns);
/* Act on what reading the beginning gave: tell, count, or go on waiting; that only where more can
 * come. */
void hello_decide(struct hellos *hellos, struct hello_entry *entry, enum tls_outcome outcome,
    const struct tls_hello *hello, bool more);

static inline uint16_t *hello_mark(
    struct hellos *hellos, uint16_t source_port, uint16_t destination_port)
{
    return &hellos->marks[(source_port ^ destination_port * 31U) % HELLO_PORT_MARKS];
}

#endif
