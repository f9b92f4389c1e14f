/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_GUARD_FRAMES_H
#define LEAKTOP_GUARD_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/frame.h"

/* The newest packets that may prove a leak, in anonymous shared memory made before the fork: one
 * producer (capture), one consumer (main). The producer of live packets waits for nobody: the
 * oldest makes room. A fact names its packet by number, and main takes what it wants while it is
 * there. The consumer trusts nothing that it finds: lengths are checked, octets are copied and
 * never looked into. */

struct frames;

/* 512 KiB, of which only what was written is resident. NULL without memory. */
struct frames *frames_new(void);
/* NULL is allowed. Other processes that share it keep theirs. */
void frames_free(struct frames *frames);

/* --- producer --- */
/* A new producer takes over, in the process that is about to fork it. */
void frames_adopt(struct frames *frames);
/* Put a packet, of which at most FRAME_MAX octets are kept. Returns its number, never 0. */
uint32_t frames_put(struct frames *frames, uint64_t time_ns, int link_type, const uint8_t *octets,
    uint32_t captured, uint32_t original);
/* True where the next packet overwrites none that main has not passed by yet: for who can wait. */
bool frames_room(const struct frames *frames);

/* --- consumer --- */
/* A copy of the packet with that number. False where it is gone, or never was. */
bool frames_take(const struct frames *frames, uint32_t number, struct frame *out);
/* Packets up to that one, and those before it, are not wanted any more. */
void frames_pass(struct frames *frames, uint32_t number);

#endif
