/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/stun.h"

#include <stddef.h>
#include <string.h>

#include "base/hash.h"

enum { CLASS_SUCCESS = 0x0100, TRANSACTION = 4, TRANSACTION_OCTETS = 16 };

enum attribute {
    ATTRIBUTE_MAPPED = 0x0001,
    ATTRIBUTE_USERNAME = 0x0006,
    ATTRIBUTE_XOR_MAPPED = 0x0020,
    ATTRIBUTE_XOR_MAPPED_DRAFT = 0x8020, /* before the number was fixed; servers still send it */
};

static bool known(uint16_t type)
{
    return type == STUN_BINDING || type == STUN_ALLOCATE || type == STUN_BINDING_SUCCESS ||
           type == STUN_ALLOCATE_SUCCESS;
}

/* RFC 8489, 14.1 and 14.2: family, port, address; the latter covered by cookie and transaction ID
 * where mask points to them. False where the value is none. */
static bool read_address(
    const uint8_t *value, size_t length, const uint8_t *mask, struct address *address)
{
    enum { HEAD = 4, IPV4 = 1, IPV6 = 2 };
    size_t octets = length < HEAD ? 0 : value[1] == IPV4 ? 4 : value[1] == IPV6 ? 16 : 0;
    if (octets == 0 || length != HEAD + octets)
        return false;
    memset(address, 0, sizeof *address);
    address->family = octets == 4 ? FAMILY_IPV4 : FAMILY_IPV6;
    for (size_t i = 0; i < octets; i++)
        address->bytes[i] = (uint8_t)(value[HEAD + i] ^ (mask ? mask[i] : 0));
    return true;
}

/* One attribute, padded to four octets. Fails the cursor where it is broken. */
static void read_attribute(
    struct cursor *attributes, const uint8_t *mask, bool *covered, struct stun *stun)
{
    uint16_t type = cursor_u16(attributes);
    uint16_t length = cursor_u16(attributes);
    const uint8_t *value = cursor_take(attributes, length);
    if (!cursor_skip(attributes, -(size_t)length & 3))
        return;
    if (type == ATTRIBUTE_USERNAME)
        stun->username = true;
    if (!(stun->type & CLASS_SUCCESS))
        return;
    bool xor = type == ATTRIBUTE_XOR_MAPPED || type == ATTRIBUTE_XOR_MAPPED_DRAFT;
    if (!xor&&type != ATTRIBUTE_MAPPED)
        return;
    struct address address;
    if (!read_address(value, length, xor? mask : NULL, &address)) {
        cursor_spoil(attributes);
    } else if (xor || !*covered) {
        /* Routers on the way rewrite the plain form: the covered one is to be believed. */
        stun->mapped = address;
        *covered = xor;
    }
}

enum stun_outcome stun_read(
    const struct cursor *message, bool datagram, bool classic, struct stun *stun)
{
    struct cursor at = *message;
    bool covered = false;
    const uint8_t *header = cursor_take(&at, STUN_HEADER);
    if (!header)
        return STUN_NONE;
    uint16_t length = octets_u16(header + 2);
    bool cookie = octets_u32(header + TRANSACTION) == STUN_COOKIE;
    stun->type = octets_u16(header);
    if (!known(stun->type) || length % 4 != 0 || !(cookie || (classic && datagram)))
        return STUN_NONE;
    if (datagram && length != cursor_left_on_wire(&at))
        return cookie ? STUN_BAD : STUN_NONE;

    uint64_t hash = hash_bytes(header + TRANSACTION, TRANSACTION_OCTETS, 0);
    stun->id = (uint16_t)(hash ^ hash >> 16 ^ hash >> 32 ^ hash >> 48);
    if (stun->id == 0)
        stun->id = 1;
    stun->username = false;
    stun->mapped.family = FAMILY_NONE;
    memset(stun->mapped.bytes, 0, sizeof stun->mapped.bytes);
    if (length > cursor_left_on_wire(&at))
        at.missing = length - cursor_left(&at); /* the next segment's */
    else
        cursor_limit(&at, length);
    while (!at.failed && cursor_left(&at) > 0)
        read_attribute(&at, header + TRANSACTION, &covered, stun);
    if (at.failed && !cursor_cut(&at))
        return cookie ? STUN_BAD : STUN_NONE;
    return STUN_READ;
}
