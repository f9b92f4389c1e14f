/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/peer.h"

#include <stddef.h>

#include "base/fact.h"

/* ---- WireGuard ---- */

/* Type 1, three reserved octets of zero, and always this long. */
static bool wireguard(const uint8_t *octets, size_t length)
{
    enum { INITIATION = 148 };
    return length == INITIATION && octets_u32(octets) == 0x01000000;
}

bool peer_is_wireguard(const struct cursor *payload)
{
    enum { RESPONSE = 92, COOKIE = 64, DATA = 32, ONE_QUESTION = 0x00010000 };
    const uint8_t *octets = payload->at;
    size_t length = cursor_left(payload) + payload->missing;
    if (cursor_left(payload) < 8 || (octets_u32(octets) & 0x00FFFFFF) != 0 ||
        octets_u32(octets + 4) == ONE_QUESTION)
        return false;
    switch (octets[0]) {
    case 1:
        return wireguard(octets, length);
    case 2:
        return length == RESPONSE;
    case 3:
        return length == COOKIE;
    case 4:
        return length >= DATA; /* padded to 16 octets, but not beyond the tunnel's MTU */
    default:
        return false;
    }
}

/* ---- OpenVPN ---- */

enum {
    RESET_V2 = 7 << 3, /* opcode in the upper five bits, key ID 0 below */
    RESET_V3 = 10 << 3,
    SESSION_END = 9, /* opcode and session ID */
    ACKS_AND_ID = 5, /* no acknowledgements, message ID 0 */
    REPLAY = 8,      /* replay ID and time */
    TLS_CRYPT_TAG = 32,
    TLS_CRYPT = SESSION_END + REPLAY + TLS_CRYPT_TAG + ACKS_AND_ID,
    /* The wrapped key behind it: tag, two keys, its own length; and perhaps metadata. */
    WRAPPED_LEAST = 32 + 256 + 2,
    WRAPPED_MOST = 1024,
};

/* The replay ID counts up from 1, with each time that the reset is sent again; the top octet 0x0F
 * offers the stateless handshake (OpenVPN 2.6). */
static bool fresh(const uint8_t *replay)
{
    uint32_t id = octets_u32(replay);
    return (id >> 24 == 0 || id >> 24 == 0x0F) && (id & 0x00FFFF00) == 0 && (id & 0xFF) != 0;
}

static bool zeros(const uint8_t *octets, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (octets[i] != 0)
            return false;
    return true;
}

/* Of tls-auth the digest's length is not said: those that OpenVPN knows are tried. */
static bool authenticated(const uint8_t *octets, size_t length)
{
    static const uint8_t digests[] = {16, 20, 28, 32, 48, 64};
    for (size_t i = 0; i < sizeof digests; i++) {
        size_t replay = SESSION_END + (size_t)digests[i];
        if (length == replay + REPLAY + ACKS_AND_ID)
            return fresh(octets + replay) && zeros(octets + replay + REPLAY, ACKS_AND_ID);
    }
    return false;
}

static bool openvpn(const uint8_t *octets, size_t length)
{
    if (length < SESSION_END + ACKS_AND_ID || zeros(octets + 1, SESSION_END - 1))
        return false;
    if (octets[0] == RESET_V3)
        return length >= TLS_CRYPT + WRAPPED_LEAST && length <= TLS_CRYPT + WRAPPED_MOST &&
               fresh(octets + SESSION_END);
    if (octets[0] != RESET_V2)
        return false;
    if (length == SESSION_END + ACKS_AND_ID)
        return zeros(octets + SESSION_END, ACKS_AND_ID);
    return (length == TLS_CRYPT && fresh(octets + SESSION_END)) || authenticated(octets, length);
}

/* ---- IPsec ---- */

/* RFC 7296, 3.1, and RFC 2408, 3.1, share the header. The responder's SPI is still zero. */
static bool ike(const uint8_t *octets, size_t length)
{
    enum { HEADER = 28, V1 = 0x10, V2 = 0x20, SA_INIT = 34, MAIN = 2, AGGRESSIVE = 4 };
    enum { INITIATOR = 0x08, RESPONSE = 0x20 };
    if (length < HEADER || zeros(octets, 8) || !zeros(octets + 8, 8) || !zeros(octets + 20, 4) ||
        octets_u32(octets + 24) != length)
        return false;
    uint8_t version = octets[17], exchange = octets[18], flags = octets[19];
    if (version == V1)
        return (exchange == MAIN || exchange == AGGRESSIVE) && flags == 0;
    return version == V2 && exchange == SA_INIT && (flags & (INITIATOR | RESPONSE)) == INITIATOR;
}

bool peer_esp(const struct cursor *payload, uint8_t *peer)
{
    enum { HEADER = 8, SAMPLE = 0x3FF };
    const uint8_t *octets = payload->at;
    /* SPI 0 never leaves a machine (RFC 4303, 2.1). */
    if (cursor_left(payload) < HEADER || octets_u32(octets) == 0 ||
        (octets_u32(octets + 4) & SAMPLE) != 1)
        return false;
    *peer = PEER_ESP;
    return true;
}

/* RFC 3948, 2: on port 4500 four octets of zero stand before IKE, where ESP has its SPI. */
static bool ike_or_esp(const struct cursor *payload, uint16_t port, uint8_t *peer)
{
    enum { MARKER = 4 };
    size_t skip = port == PORT_IKE_NAT ? MARKER : 0;
    size_t length = cursor_left(payload);
    if (skip > 0 && (length < skip || !zeros(payload->at, skip)))
        return peer_esp(payload, peer);
    *peer = PEER_IKE;
    return ike(payload->at + skip, length - skip);
}

/* ---- the doors ---- */

bool peer_udp(const struct cursor *payload, uint16_t destination_port, uint8_t *peer)
{
    const uint8_t *octets = payload->at;
    size_t length = cursor_left(payload);
    if (destination_port == PORT_IKE || destination_port == PORT_IKE_NAT) {
        if (ike_or_esp(payload, destination_port, peer))
            return true;
    }
    if (payload->missing > 0)
        return false;
    if (wireguard(octets, length))
        *peer = PEER_WIREGUARD;
    else if (openvpn(octets, length))
        *peer = PEER_OPENVPN;
    else
        return false;
    return true;
}

bool peer_tcp(const struct cursor *payload, uint8_t *peer)
{
    enum { LENGTH = 2 };
    size_t length = cursor_left(payload);
    if (payload->missing > 0 || length < LENGTH || octets_u16(payload->at) != length - LENGTH)
        return false;
    *peer = PEER_OPENVPN;
    return openvpn(payload->at + LENGTH, length - LENGTH);
}
