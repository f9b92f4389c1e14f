/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/ip.h"

#include <stddef.h>

#include "base/fact.h"

/* IPv6 extension headers by their protocol number (IANA). */
enum extension {
    EXTENSION_HOP_BY_HOP = 0,
    EXTENSION_ROUTING = 43,
    EXTENSION_FRAGMENT = 44,
    EXTENSION_AUTHENTICATION = 51,
    EXTENSION_DESTINATION = 60,
    EXTENSION_MOBILITY = 135,
    EXTENSION_HIP = 139,
    EXTENSION_SHIM6 = 140,
};

/* RFC 8200, 4.1 knows seven places for an extension header; twice that is generous. */
#define EXTENSIONS_MAX 14

#define IPV4_HEADER 20
#define IPV6_HEADER 40

static bool read_ipv4(struct cursor *at, struct datagram *datagram)
{
    const uint8_t *header = at->at;
    if (cursor_left(at) < IPV4_HEADER)
        return false;
    size_t header_length = (size_t)(header[0] & 0x0F) * 4;
    size_t total = octets_u16(header + 2);
    if (header_length < IPV4_HEADER)
        return false;
    /* Zero: segmentation is left to the network card, the length is still to be written. */
    if (total != 0) {
        if (total < header_length)
            return false;
        cursor_limit(at, total);
    }
    if (!cursor_skip(at, header_length))
        return false;
    uint16_t fragment = octets_u16(header + 6);
    datagram->more = (fragment & 0x2000) != 0;
    datagram->fragment_offset = (fragment & 0x1FFFU) * 8;
    datagram->fragment = datagram->more || datagram->fragment_offset != 0;
    datagram->fragment_id = octets_u16(header + 4);
    datagram->protocol = header[9];
    datagram->family = FAMILY_IPV4;
    datagram->source = header + 12;
    datagram->destination = header + 16;
    return true;
}

/* Passes one extension header of the ordinary form: next header, length, body. */
static void pass_extension(struct cursor *payload, uint8_t *protocol)
{
    bool authentication = *protocol == EXTENSION_AUTHENTICATION;
    const uint8_t *header = cursor_take(payload, 2);
    if (!header)
        return;
    *protocol = header[0];
    /* RFC 4302, 2.2: AH counts words of four octets, less two; all others eight, less one. */
    size_t length = authentication ? (header[1] + 2U) * 4 : (header[1] + 1U) * 8;
    cursor_skip(payload, length - 2);
}

/* Passes headers up to a fragment header or the transport header. */
static bool pass_to_fragment(struct cursor *payload, uint8_t *protocol)
{
    for (int passed = 0; passed <= EXTENSIONS_MAX; passed++) {
        switch (*protocol) {
        case EXTENSION_HOP_BY_HOP:
        case EXTENSION_ROUTING:
        case EXTENSION_AUTHENTICATION:
        case EXTENSION_DESTINATION:
        case EXTENSION_MOBILITY:
        case EXTENSION_HIP:
        case EXTENSION_SHIM6:
            pass_extension(payload, protocol);
            if (payload->failed)
                return false;
            break;
        default:
            return true;
        }
    }
    cursor_spoil(payload);
    return false;
}

bool ip_pass_extensions(struct cursor *payload, uint8_t *protocol)
{
    /* Within a reassembled datagram a second fragment header makes no sense (RFC 8200, 4.5). */
    return pass_to_fragment(payload, protocol) && *protocol != EXTENSION_FRAGMENT;
}

static bool read_ipv6(struct cursor *at, struct datagram *datagram)
{
    const uint8_t *header = cursor_take(at, IPV6_HEADER);
    if (!header)
        return false;
    /* Zero: a jumbogram (RFC 2675), or segmentation left to the network card. */
    uint16_t length = octets_u16(header + 4);
    if (length != 0)
        cursor_limit(at, length);
    datagram->family = FAMILY_IPV6;
    datagram->source = header + 8;
    datagram->destination = header + 24;
    datagram->protocol = header[6];
    datagram->fragment = datagram->more = false;
    datagram->fragment_id = datagram->fragment_offset = 0;
    if (datagram->protocol == IP_UDP || datagram->protocol == IP_TCP)
        return true;
    for (int passed = 0; passed <= EXTENSIONS_MAX; passed++) {
        if (!pass_to_fragment(at, &datagram->protocol))
            return false;
        if (datagram->protocol != EXTENSION_FRAGMENT)
            return true;
        const uint8_t *fragment = cursor_take(at, 8);
        if (!fragment)
            return false;
        datagram->protocol = fragment[0];
        datagram->fragment_offset = octets_u16(fragment + 2) & 0xFFF8U;
        datagram->more = (fragment[3] & 1) != 0;
        datagram->fragment_id = octets_u32(fragment + 4);
        /* RFC 6946: a fragment that is first and last is complete, whatever its identification;
         * Linux goes on behind it as behind any extension header. */
        datagram->fragment = datagram->more || datagram->fragment_offset != 0;
        if (datagram->fragment)
            return true;
    }
    return false;
}

bool ip_read(struct cursor *at, struct datagram *datagram)
{
    if (cursor_left(at) == 0)
        return false;
    switch (at->at[0] >> 4) {
    case 4:
        return read_ipv4(at, datagram);
    case 6:
        return read_ipv6(at, datagram);
    default:
        return false;
    }
}
