/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_DECODE_TLS_H
#define LEAKTOP_DECODE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fact.h"
#include "decode/cursor.h"

/* The ClientHello of TLS 1.0 to 1.3 (RFC 8446, 4.1.2), as TCP carries it in records (5.1) or QUIC
 * in CRYPTO frames. Only what tells where a connection goes is read. */

/* The longest that its length fields allow: 4 octets of handshake header, version, random, session
 * ID, cipher suites, compression methods, extensions. */
#define TLS_HELLO_MOST (4 + 2 + 32 + 33 + 2 + 65534 + 256 + 2 + 65535)
#define TLS_RECORD_HEADER 5
/* RFC 8446, 5.1 */
#define TLS_RECORD_MOST (1 << 14)

enum tls_outcome {
    TLS_OK,
    TLS_SHORT, /* what is there is right, and it ends before the message does */
    TLS_BAD,   /* it claims to be a ClientHello, and does not hold what it claims */
    TLS_OTHER, /* no ClientHello */
};

struct tls_hello {
    uint8_t alpn; /* enum alpn in base/fact.h, 0 without the extension */
    /* encrypted_client_hello (RFC 9849) of the outer kind: name is then that of the front. A
     * client that sends it as GREASE, with nothing inside, cannot be told from one that means it:
     * that is what GREASE is for. */
    bool ech;
    uint8_t name_length; /* of the server's name in wire form, 0: none, or none that is a name */
    uint8_t name[NAME_WIRE_MAX];
    /* After TLS_SHORT: reading again tells nothing new before so many octets are there, counted
     * from where the reading began. */
    size_t wanted;
};

/* Read the handshake message at the cursor; octets behind it do not matter. Where it ends too
 * early, *hello holds what was learnt until there. */
enum tls_outcome tls_hello_read(struct cursor message, struct tls_hello *hello);

/* The same out of a TCP stream that begins with a record. A message that is split over several is
 * joined in room (size octets); what does not fit there is not read. */
enum tls_outcome tls_stream_read(
    struct cursor stream, uint8_t *room, size_t size, struct tls_hello *hello);

/* True where a TCP stream with these octets at its start can begin with a ClientHello: the fewer
 * there are, the less speaks against it. False without any. */
bool tls_begins(const uint8_t *octets, size_t length);

#endif
