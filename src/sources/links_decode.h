/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_LINKS_DECODE_H
#define LEAKTOP_SOURCES_LINKS_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

/* One rtnetlink(7) message as a value. Pure: no socket, no memory, data need not be aligned. */

enum links_kind {
    LINKS_OTHER, /* well formed, and nothing to us */
    LINKS_LINK,
    LINKS_ADDRESS,
    LINKS_ROUTE,
    LINKS_RULE,
    LINKS_NEXTHOP,
};

struct links_link {
    uint32_t index;
    uint16_t type;  /* ARPHRD_* */
    uint32_t flags; /* IFF_* */
    /* True where the message describes the link in full, so that a master or a kind not said is not
     * there. Wireless events name the link and say little else. */
    bool whole;
    uint32_t master;           /* 0 none */
    uint32_t lower;            /* what it stands on (IFLA_LINK), in this namespace; 0 none */
    struct address far_end;    /* of a tunnel that does not encrypt; FAMILY_NONE none or several */
    char name[INTERFACE_NAME]; /* escaped; "" not said */
    char kind[16];             /* escaped; "" none */
};

struct links_address {
    uint32_t index;
    uint8_t scope; /* RT_SCOPE_* */
    struct interface_address value;
};

#define LINKS_GATEWAYS 32
#define LINKS_HOPS 8
struct links_hop {
    uint32_t interface;
    struct address gateway; /* FAMILY_NONE where there is none */
};

struct links_route {
    uint8_t family;   /* AF_INET, AF_INET6 */
    uint8_t type;     /* RTN_* */
    bool host;        /* to one address alone */
    bool all;         /* to all addresses: a default route */
    uint8_t protocol; /* RTPROT_*: who put it there */
    uint32_t table;   /* RT_TABLE_* */
    uint32_t metric;
    uint32_t interface;
    struct address gateway, source; /* FAMILY_NONE where there is none */
    int32_t error;                  /* of RTA_CACHEINFO: how a look-up by this route ends; 0 well */
    /* Interfaces by which it leaves to a gateway; those beyond the bound are left out. */
    uint8_t gateway_count;
    uint32_t gateways[LINKS_GATEWAYS];
    /* The ways of a multipath route, dead ones left out; those beyond the bound too. */
    uint8_t hop_count;
    struct links_hop hops[LINKS_HOPS];
};

struct links_nexthop {
    uint32_t interface;
    bool gateway;
};

struct links_message {
    enum links_kind kind;
    bool gone; /* RTM_DEL... */
    union {
        struct links_link link;
        struct links_address address;
        struct links_route route;
        struct links_nexthop nexthop;
    };
};

/* Decode the message with its nlmsghdr at data[0..length). False, *out then without meaning, where
 * it is malformed. */
bool links_decode_message(const void *data, size_t length, struct links_message *out);

#endif
