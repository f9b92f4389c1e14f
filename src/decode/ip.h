/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_DECODE_IP_H
#define LEAKTOP_DECODE_IP_H

#include <stdbool.h>
#include <stdint.h>

#include "decode/cursor.h"

enum ip_protocol { IP_TCP = 6, IP_UDP = 17, IP_ESP = 50 };

/* The headers of one IPv4 or IPv6 packet. The pointers are into the octets that were read. */
struct datagram {
    const uint8_t *source, *destination; /* 4 or 16 octets, by family */
    uint32_t fragment_id;
    uint32_t fragment_offset; /* octets */
    uint8_t family;           /* enum address_family */
    uint8_t protocol;         /* of what follows; in an IPv6 fragment it can be another header's */
    bool fragment;
    bool more; /* a fragment that is not the last */
};

/* Read the headers: at stands behind them then, and ends with the packet; in a fragment, with its
 * part of the datagram. False where they are neither IPv4 nor IPv6, or broken. */
bool ip_read(struct cursor *at, struct datagram *datagram);

/* Pass the IPv6 extension headers in front of the transport header. False where they are broken,
 * endless, or cut (payload->failed). */
bool ip_pass_extensions(struct cursor *payload, uint8_t *protocol);

#endif
