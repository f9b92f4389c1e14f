/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_BASE_FRAME_H
#define LEAKTOP_BASE_FRAME_H

#include <stdint.h>

/* One packet as it was captured, to be kept as evidence. Outside the capture process nobody looks
 * into its octets: they are copied and written out, and that is all. */

/* So much of a packet is kept: all of one that goes through an Ethernet, with its cooked header. */
#define FRAME_MAX 1536

struct frame {
    uint64_t time_ns;   /* as the fact that it led to */
    uint32_t original;  /* octets on the wire; `length` of them are here */
    uint16_t link_type; /* LINKTYPE_ value, as a capture file has it */
    uint16_t length;    /* at most FRAME_MAX */
    uint8_t octets[FRAME_MAX];
};

#endif
