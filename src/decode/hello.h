/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_DECODE_HELLO_H
#define LEAKTOP_DECODE_HELLO_H

#include <stdbool.h>
#include <stdint.h>

#include "decode/cursor.h"

/* The first words of encrypted connections: finds the ClientHello in TCP segments and in
 * QUIC's Initial packets, on any port, joins its pieces, and tells of it in one FACT_HELLO per
 * connection. Only what was sent is looked at, or what may have been: the direction can be unknown.
 *
 * One whose rest does not come is told all the same, with FACT_CUT and what was learnt until then;
 * so is one that the capture cut short, or that must make room. */

struct fact;
struct frame;
struct datagram;
struct hellos;

typedef void hello_sink(void *context, const struct fact *fact);

/* Counters of the caller's that are counted up. */
struct hello_counts {
    uint64_t *told;      /* facts given */
    uint64_t *malformed; /* connections that began with a hello that does not hold what it claims */
};

/* NULL without memory, or where libcrypto will not work. seed keys the table. hellos_free accepts
 * NULL. */
struct hellos *hellos_new(
    uint64_t seed, hello_sink *sink, void *context, struct hello_counts counts);
void hellos_free(struct hellos *hellos);

/* Around a segment or datagram. */
struct hello_place {
    const struct frame *frame;
    const struct datagram *datagram;
    uint64_t time_ns;
    uint16_t source_port, destination_port; /* host order */
};

/* One TCP segment, in whatever order; flags: enum tcp_flag. Costs next to nothing where it neither
 * begins a connection or a hello nor belongs to one that is waited for. */
void hellos_segment(struct hellos *hellos, const struct hello_place *place, uint32_t sequence,
    uint8_t flags, const struct cursor *payload);

/* One UDP datagram that begins like one of QUIC (quic_begins). Packets that these keys do not open,
 * those of a server for one, are passed by: they claim nothing that can be read here. */
void hellos_datagram(
    struct hellos *hellos, const struct hello_place *place, const struct cursor *payload);

/* Tell of what has waited long enough by the packets' clock. */
void hellos_sweep(struct hellos *hellos, uint64_t time_ns);
/* True while something waits for its rest. */
bool hellos_waiting(const struct hellos *hellos);
/* Nothing comes any more: tell of what waits. */
void hellos_end(struct hellos *hellos);

#endif
