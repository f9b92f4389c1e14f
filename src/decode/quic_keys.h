/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_DECODE_QUIC_KEYS_H
#define LEAKTOP_DECODE_QUIC_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How Initial packets of a QUIC client are protected (RFC 9001, 5; RFC 9369, 3.3): with keys that
 * whoever sees the packet can compute. All cryptography is libcrypto's.
 *
 * Its objects are fetched once, and everything is done once, in quic_crypto_new: no file is opened
 * and no system call made after that. Where HMAC takes memory and gives it back, it is what the
 * first time has left in the heap. */

enum quic_version { QUIC_V1, QUIC_V2 };

#define QUIC_TAG 16
#define QUIC_SAMPLE 16
#define QUIC_DCID_MOST 20

struct quic_keys {
    uint8_t key[16];
    uint8_t iv[12];
    uint8_t header[16]; /* protection of the header */
};

struct quic_crypto;

/* NULL without memory, or where libcrypto will not do it. quic_crypto_free accepts NULL. */
struct quic_crypto *quic_crypto_new(void);
void quic_crypto_free(struct quic_crypto *crypto);

/* The keys of a client that chose dcid (length octets, at most QUIC_DCID_MOST) for its server. */
bool quic_crypto_derive(struct quic_crypto *crypto, enum quic_version version, const uint8_t *dcid,
    size_t length, struct quic_keys *keys);

/* What protects first octet and packet number (RFC 9001, 5.4.3). */
bool quic_crypto_mask(struct quic_crypto *crypto, const struct quic_keys *keys,
    const uint8_t sample[static QUIC_SAMPLE], uint8_t mask[static QUIC_SAMPLE]);

/* Octets that are authenticated, in up to three parts. */
struct quic_part {
    const uint8_t *octets;
    size_t length;
};

/* Decrypt length octets at sealed into opened. With a tag, false where it is wrong. tag NULL: what
 * is behind it is not there, so it is not known whether these were the keys. */
bool quic_crypto_open(struct quic_crypto *crypto, const struct quic_keys *keys, uint32_t number,
    const struct quic_part header[static 3], const uint8_t *sealed, size_t length,
    const uint8_t *tag, uint8_t *opened);

#endif
