/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/link.h"

#include <stddef.h>

#include "base/fact.h"

/* Values of pcap_datalink() and of capture files, https://www.tcpdump.org/linktypes.html. This
 * directory reads bytes and needs no libpcap: the numbers are fixed. */
enum link_number {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_PPP = 9,
    LINK_RAW_LINUX = 12,
    LINK_RAW_OPENBSD = 14,
    LINK_PPP_SERIAL = 50,
    LINK_PPP_ETHER = 51,
    LINK_RAW = 101,
    LINK_LOOP = 108,
    LINK_LINUX_SLL = 113,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_LINUX_SLL2 = 276,
};

enum ethertype {
    LENGTH_MAX = 1500, /* up to here the field is a length: IEEE 802.3 */
    TYPE_IPV4 = 0x0800,
    TYPE_VLAN = 0x8100,
    TYPE_IPV6 = 0x86DD,
    TYPE_PPPOE_SESSION = 0x8864,
    TYPE_PROVIDER_VLAN = 0x88A8, /* 802.1ad */
    TYPE_OLD_QINQ = 0x9100,
};

enum ppp_protocol { PPP_IPV4 = 0x0021, PPP_IPV6 = 0x0057 };

/* In the cooked link types: "the protocol is 802.2" (linux/if_ether.h, ETH_P_802_2). */
#define COOKED_802_2 4

/* 802.1ad has two; more than a few are no network but an attempt to keep us busy. */
#define VLAN_DEPTH_MAX 4

/* Packet type of the cooked headers, as PACKET_OUTGOING in linux/if_packet.h. The others (to us,
 * broadcast, multicast, to another host) all came in. */
#define COOKED_OUTGOING 4

static bool after_ethertype(struct cursor *at, uint16_t type);

/* RFC 1661, 2: one octet where the first is odd (compressed protocol field). */
static bool after_ppp(struct cursor *at)
{
    uint16_t protocol = cursor_u8(at);
    if ((protocol & 1) == 0)
        protocol = (uint16_t)(protocol << 8 | cursor_u8(at));
    return !at->failed && (protocol == PPP_IPV4 || protocol == PPP_IPV6);
}

/* PPP with or without address and control (RFC 1662, 3.1), or Cisco's HDLC on a serial line. */
static bool read_ppp(struct cursor *at)
{
    if (cursor_left(at) < 2)
        return false;
    uint16_t first = octets_u16(at->at);
    if (first == 0xFF03) {
        cursor_skip(at, 2);
    } else if (first == 0x0F00 || first == 0x8F00) {
        cursor_skip(at, 2);
        return after_ethertype(at, cursor_u16(at));
    }
    return after_ppp(at);
}

/* RFC 2516, 4: version and type 1, code 0 (session data), session, length. */
static bool read_pppoe(struct cursor *at)
{
    uint16_t version_code = cursor_u16(at);
    cursor_skip(at, 2);
    uint16_t length = cursor_u16(at);
    if (at->failed || version_code != 0x1100)
        return false;
    cursor_limit(at, length);
    return after_ppp(at);
}

/* LLC with SNAP (RFC 1042): the only form in which IP travels in 802.3 frames. */
static bool read_snap(struct cursor *at)
{
    const uint8_t *header = cursor_take(at, 8);
    if (!header || octets_u32(header) != 0xAAAA0300U || octets_u16(header + 4) != 0)
        return false;
    uint16_t type = octets_u16(header + 6);
    return type == TYPE_IPV4 || type == TYPE_IPV6;
}

static bool after_ethertype(struct cursor *at, uint16_t type)
{
    for (int depth = 0; depth <= VLAN_DEPTH_MAX; depth++) {
        switch (type) {
        case TYPE_IPV4:
        case TYPE_IPV6:
            return true;
        case TYPE_VLAN:
        case TYPE_PROVIDER_VLAN:
        case TYPE_OLD_QINQ:
            cursor_skip(at, 2);
            type = cursor_u16(at);
            if (at->failed)
                return false;
            break;
        case TYPE_PPPOE_SESSION:
            return read_pppoe(at);
        default:
            if (type > LENGTH_MAX)
                return false;
            cursor_limit(at, type);
            return read_snap(at);
        }
    }
    return false;
}

/* Newer Linux (seen with 6.18) tells the innermost ethertype in the cooked header although inner
 * VLAN tags still stand in front of the packet (af_packet.c, vlan_get_protocol_dgram). */
static void pass_untold_tags(struct cursor *at, uint16_t protocol)
{
    uint8_t version = protocol == TYPE_IPV4 ? 4 : 6;
    for (int depth = 0; depth < VLAN_DEPTH_MAX; depth++) {
        if (cursor_left(at) < 5 || at->at[0] >> 4 == version)
            return;
        uint16_t next = octets_u16(at->at + 2);
        if (next != protocol && next != TYPE_VLAN && next != TYPE_PROVIDER_VLAN)
            return;
        cursor_skip(at, 4);
    }
}

/* The protocol field of the cooked headers: an ethertype, or a small number for 802.3. */
static bool after_cooked(struct cursor *at, uint16_t protocol)
{
    if (protocol == TYPE_IPV4 || protocol == TYPE_IPV6)
        pass_untold_tags(at, protocol);
    if (protocol > LENGTH_MAX)
        return after_ethertype(at, protocol);
    return protocol == COOKED_802_2 && read_snap(at);
}

static bool read_sll(struct cursor *at, struct frame *frame)
{
    const uint8_t *header = cursor_take(at, 16);
    if (!header)
        return false;
    frame->direction = octets_u16(header) == COOKED_OUTGOING ? DIRECTION_OUT : DIRECTION_IN;
    frame->link_type = octets_u16(header + 2);
    return after_cooked(at, octets_u16(header + 14));
}

static bool read_sll2(struct cursor *at, struct frame *frame)
{
    const uint8_t *header = cursor_take(at, 20);
    if (!header)
        return false;
    frame->interface = octets_u32(header + 4);
    frame->link_type = octets_u16(header + 8);
    frame->direction = header[10] == COOKED_OUTGOING ? DIRECTION_OUT : DIRECTION_IN;
    return after_cooked(at, octets_u16(header));
}

/* BSD loopback: an address family. NULL has it in the byte order of the machine that captured,
 * LOOP in network order; both orders are understood in both. */
static bool read_family(struct cursor *at)
{
    uint32_t family = cursor_u32(at);
    if (at->failed)
        return false;
    if (family > 0xFFFF)
        family = __builtin_bswap32(family);
    switch (family) {
    case 2:  /* AF_INET everywhere */
    case 10: /* AF_INET6 of Linux, */
    case 24: /* NetBSD and OpenBSD, */
    case 28: /* FreeBSD, */
    case 30: /* Darwin */
        return true;
    default:
        return false;
    }
}

bool link_known(int link_type)
{
    switch (link_type) {
    case LINK_NULL:
    case LINK_ETHERNET:
    case LINK_PPP:
    case LINK_RAW_LINUX:
    case LINK_RAW_OPENBSD:
    case LINK_PPP_SERIAL:
    case LINK_PPP_ETHER:
    case LINK_RAW:
    case LINK_LOOP:
    case LINK_LINUX_SLL:
    case LINK_IPV4:
    case LINK_IPV6:
    case LINK_LINUX_SLL2:
        return true;
    default:
        return false;
    }
}

bool link_read(int link_type, struct cursor *at, uint32_t interface, struct frame *frame)
{
    frame->interface = interface;
    frame->link_type = 0;
    frame->direction = DIRECTION_UNKNOWN;
    switch (link_type) {
    case LINK_LINUX_SLL2:
        return read_sll2(at, frame);
    case LINK_ETHERNET: {
        const uint8_t *header = cursor_take(at, 14);
        return header && after_ethertype(at, octets_u16(header + 12));
    }
    case LINK_LINUX_SLL:
        return read_sll(at, frame);
    case LINK_RAW:
    case LINK_RAW_LINUX:
    case LINK_RAW_OPENBSD:
    case LINK_IPV4:
    case LINK_IPV6:
        return true;
    case LINK_NULL:
    case LINK_LOOP:
        return read_family(at);
    case LINK_PPP:
    case LINK_PPP_SERIAL:
        return read_ppp(at);
    case LINK_PPP_ETHER:
        return read_pppoe(at);
    default:
        return false;
    }
}
