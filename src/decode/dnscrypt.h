/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_DECODE_DNSCRYPT_H
#define LEAKTOP_DECODE_DNSCRYPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/cursor.h"

/* DNSCrypt version 2 (its protocol specification). Two things show on the wire: the plain question
 * for the provider's certificate with which each client begins, and the mark at the beginning of
 * each encrypted response. An encrypted query has no mark but the one that the certificate chose
 * for it: by itself it cannot be told from noise. */

/* The first octets of an encrypted response. */
#define DNSCRYPT_MAGIC_1 0x7236666E
#define DNSCRYPT_MAGIC_2 0x76576A38

/* True where the message (in a stream: behind its length) is an encrypted response. */
static inline bool dnscrypt_encrypted(const struct cursor *message)
{
    return cursor_left(message) >= 8 && octets_u32(message->at) == DNSCRYPT_MAGIC_1 &&
           octets_u32(message->at + 4) == DNSCRYPT_MAGIC_2;
}

/* True where a name in wire form is that of a certificate: 2.dnscrypt-cert.PROVIDER. */
bool dnscrypt_certificate(const uint8_t *name, size_t length);

/* True where a datagram of any port looks like a DNS message whose first question is for one. */
bool dnscrypt_asks(const struct cursor *datagram);

#endif
