/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_GUARD_RING_H
#define LEAKTOP_GUARD_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fact.h"

/* One producer (capture), one consumer (main), in anonymous shared memory made before the fork.
 * The consumer trusts nothing that it finds there: it copies a fact out first and checks it then.
 */

struct ring;

/* How the capture fares; written by the producer, read at any time by the consumer. */
enum capture_state {
    CAPTURE_STARTING,
    CAPTURE_RUNNING,
    CAPTURE_ENDED,  /* end of file */
    CAPTURE_FAILED, /* text says why */
    CAPTURE_STATES
};

struct ring_status {
    enum capture_state state;
    uint64_t packets; /* seen by the decoder, summed over restarts */
    uint64_t questions;
    uint64_t malformed;
    uint64_t dropped;        /* by the kernel, plus facts that found the ring full */
    uint64_t last_packet_ns; /* wall clock of the newest packet, 0: none yet */
    uint64_t first_packet_ns;
    uint32_t generation; /* one more for each capture process that started */
    int link_type;       /* of the handle or file; -1 not known */
    char text[192];      /* why it failed, or how far a damaged file was read; "" */
};

/* Shared ring with room for at least `slots` facts with the longest names, NULL without memory.
 * Facts with short names take less room, so that many more fit. */
struct ring *ring_new(uint32_t slots);
/* NULL is allowed. Other processes that share the ring keep theirs. */
void ring_free(struct ring *ring);
/* Its two descriptors, which a process that closes all others must spare: the one that the producer
 * writes to, and the one that it waits for. */
int ring_wake_fd(const struct ring *ring);
int ring_room_fd(const struct ring *ring);

/* --- producer --- */
/* A new producer takes over, in the process that is about to fork it: what the last one counted
 * becomes part of the sums, the generation is one more, the state STARTING. */
void ring_adopt(struct ring *ring);
/* Put one fact. When the ring is full: with wait, sleeps until the consumer took some (for files),
 * and gives up (false) when lifeline ends; without, counts it as dropped and returns false. A
 * sleeping consumer is woken by ring_flush, or when a good part of the ring is filled: not for each
 * fact of a batch. lifeline: a descriptor, or -1. */
bool ring_put(struct ring *ring, const struct fact *fact, bool wait, int lifeline);
/* Facts put from now on were found in the packet with that number (0: it is not kept). */
void ring_frame(struct ring *ring, uint32_t frame);
/* The end of a batch: wake the consumer where it sleeps. */
void ring_flush(struct ring *ring);
/* Publish counters and state of this producer; the ring itself adds the sums of earlier ones, the
 * facts that found no room, and the generation. Wakes the consumer when the state or the drops
 * change. */
void ring_report(struct ring *ring, const struct ring_status *status);
/* The producer died: the state is FAILED, its counts stay. By who forked it, or by itself. */
void ring_fail(struct ring *ring, const char *text);

/* --- consumer --- */
/* Descriptor that is readable when there may be something to take; owned by the ring. */
int ring_fd(const struct ring *ring);
/* Take the oldest fact. False when there is none: the consumer then counts as asleep, and the next
 * flush makes ring_fd readable. A fact that is not well formed (enum out of range, name not valid)
 * is skipped and counted in *foreign; of these only so many in one call that it always returns
 * soon, ring_fd is left readable then. Octets of the name behind name_length are not touched. */
bool ring_take(struct ring *ring, struct fact *fact, uint64_t *foreign);
/* ENDED and FAILED are told when every fact from before was taken; RUNNING until then. text is
 * printable and terminated. */
void ring_status(const struct ring *ring, struct ring_status *status);

#endif
