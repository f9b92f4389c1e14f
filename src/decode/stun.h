/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_DECODE_STUN_H
#define LEAKTOP_DECODE_STUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "decode/cursor.h"

/* STUN (RFC 8489), the part by which a client learns its own address: Binding requests and their
 * success responses, and TURN's Allocate (RFC 8656) likewise. */

#define STUN_HEADER 20
#define STUN_COOKIE 0x2112A442

enum stun_type {
    STUN_BINDING = 0x0001,
    STUN_ALLOCATE = 0x0003,
    STUN_BINDING_SUCCESS = 0x0101,
    STUN_ALLOCATE_SUCCESS = 0x0103,
};

enum stun_outcome {
    STUN_NONE, /* something else */
    STUN_READ,
    STUN_BAD, /* header and cookie are STUN's, and the attributes are not what it claims */
};

struct stun {
    uint16_t type; /* enum stun_type */
    uint16_t id;   /* hash of the transaction ID, never 0: the same in request and response */
    bool username; /* the attribute is there: a check between peers (RFC 8445, 7.1) */
    /* Of a response: where the request came from as the server saw it. FAMILY_NONE: not said. */
    struct address mapped;
};

/* Read the message that begins at the cursor. In a datagram it ends with it. In a stream (datagram
 * false) others may follow, or its rest may come in the next segment: what is there is read.
 * classic: the older form (RFC 3489) without the cookie counts too; its only marks are type and
 * length, so it is for datagrams of STUN's own ports. */
enum stun_outcome stun_read(
    const struct cursor *message, bool datagram, bool classic, struct stun *stun);

#endif
