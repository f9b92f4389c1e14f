/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_DECODE_QUIC_H
#define LEAKTOP_DECODE_QUIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/cursor.h"
#include "decode/quic_keys.h"

/* Initial packets of QUIC version 1 (RFC 9000, 17.2.2) and 2 (RFC 9369), and the CRYPTO frames in
 * them. */

/* Octets of one packet that are decrypted; more of one is not looked at. */
#define QUIC_PACKET_MOST (16 << 10)

/* True where a datagram begins with a long header of a version that is known. */
bool quic_begins(const struct cursor *datagram);

struct quic_initial {
    uint8_t version; /* enum quic_version */
    bool token;      /* it has one: the server asked for it, now (Retry) or long ago */
    uint8_t dcid_length;
    const uint8_t *dcid;  /* within the datagram */
    struct cursor packet; /* with all its headers; missing: what the capture does not hold */
    size_t number_at;     /* where the packet number stands in it */
};

/* The next Initial in a datagram of one or several packets. False at the end, and where something
 * stands that cannot be walked over. */
bool quic_next(struct cursor *datagram, struct quic_initial *initial);

enum quic_opened {
    QUIC_CLOSED, /* not with these keys */
    QUIC_OPEN,
    QUIC_GUESSED, /* decrypted; the tag is not there to say that it was with the right keys */
};

/* Take off the protection. *frames then lies in room and ends where the frames end, or where they
 * are cut. */
enum quic_opened quic_open(struct quic_crypto *crypto, const struct quic_keys *keys,
    const struct quic_initial *initial, uint8_t room[static QUIC_PACKET_MOST],
    struct cursor *frames);

/* Part of the stream of handshake messages. */
struct quic_piece {
    uint64_t offset;
    struct cursor octets;
};

enum quic_frame {
    QUIC_CRYPTO,
    QUIC_END,
    QUIC_BAD, /* frames that an Initial packet must not have (RFC 9000, 12.5), or lying lengths */
};

/* The next CRYPTO frame; the others that an Initial can have are passed. */
enum quic_frame quic_frame_next(struct cursor *frames, struct quic_piece *piece);

#endif
