/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_GUARD_RING_H
#define LEAKTOP_GUARD_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fact.h"

/* One producer (capture), one consumer (main), in anonymous shared memory made before the fork.
 * The consumer trusts nothing that it finds there: it copies a fact out first and checks it then. */

struct ring;

/* How the capture fares; written by the producer, read at any time by the consumer. */
enum capture_state {
    CAPTURE_STARTING,
    CAPTURE_RUNNING,
    CAPTURE_ENDED,  /* end of file */
    CAPTURE_FAILED, /* text says why */
};

struct ring_status {
    enum capture_state state;
    uint64_t packets;   /* seen by the decoder, summed over restarts */
    uint64_t questions;
    uint64_t malformed;
    uint64_t dropped;   /* by the kernel, plus facts that found the ring full */
    uint64_t last_packet_ns; /* wall clock of the newest packet, 0: none yet */
    uint64_t first_packet_ns;
    uint32_t generation; /* one more for each capture process that started */
    int link_type;       /* of the handle or file; -1 not known */
    char text[192];      /* why it failed, or how far a damaged file was read; "" */
};

/* Shared ring with room for at least `slots` facts (power of two), NULL without memory. */
struct ring *ring_new(uint32_t slots);
void ring_free(struct ring *ring);

/* --- producer --- */
/* Put one fact. When the ring is full: with wait, sleeps until the consumer took some (for files);
 * without, counts it as dropped and returns false. Wakes the consumer only where it sleeps. */
bool ring_put(struct ring *ring, const struct fact *fact, bool wait);
/* Publish counters and state; text may be NULL. Wakes the consumer when the state changes. */
void ring_report(struct ring *ring, const struct ring_status *status);

/* --- consumer --- */
/* Descriptor that is readable when there may be something to take; owned by the ring. */
int ring_fd(const struct ring *ring);
/* Take the oldest fact. False when there is none: the consumer then counts as asleep, and the next
 * put makes ring_fd readable. A fact that is not well formed (enum out of range, name not valid)
 * is skipped and counted in *foreign. */
bool ring_take(struct ring *ring, struct fact *fact, uint64_t *foreign);
void ring_status(const struct ring *ring, struct ring_status *status);

#endif
