/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_DECODE_LINK_H
#define LEAKTOP_DECODE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "decode/cursor.h"

/* Link layers -> the IP packet inside, and what the kernel noted beside it. */

struct frame {
    uint32_t interface; /* kernel index, 0 not known */
    uint16_t link_type; /* ARPHRD_*, 0 not known */
    uint8_t direction;  /* enum direction */
};

bool link_known(int link_type);

/* Read the link layer: at stands before the IP header then. interface is used where the link layer
 * does not tell its own. False where the frame carries no IP, or nothing that is understood. */
bool link_read(int link_type, struct cursor *at, uint32_t interface, struct frame *frame);

#endif
