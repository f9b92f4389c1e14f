/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_LINKS_ROUTES_H
#define LEAKTOP_SOURCES_LINKS_ROUTES_H

#include <stddef.h>

#include "model/model.h"
#include "sources/links_decode.h"

struct netlink;

/* What the kernel's routing decision says, and how decisions for several public addresses become
 * one web route. */

/* What hides a packet that goes this way, the least first. */
enum links_protection { LINKS_CLEAR, LINKS_CLEAR_NO_GATEWAY, LINKS_PROTECTED };

struct links_answer {
    enum route_state state;
    uint32_t interface;
    bool loopback;
    struct address gateway, source;
    enum links_protection protection; /* where present */
};

/* The public addresses that the kernel is asked about; nothing is sent to them. */
size_t links_routes_public(enum family family, const struct address **list);

/* What a packet would meet. error is what the kernel answered instead of a route, 0 where one did
 * come. */
struct links_answer links_routes_answer(
    int error, const struct links_route *route, const struct model *model);

/* Loopback for a public address counts as blocked: nothing leaves. */
struct web_route links_routes_merge(const struct links_answer *answers, size_t count);

#define LINKS_OWN_USER UINT32_MAX

/* A packet whose way is asked for. */
struct links_question {
    struct address to;
    uint8_t protocol; /* IPPROTO_*, 0: of none in particular */
    uint16_t port;    /* of the destination */
    uint32_t user;    /* whose program sends it (ip-rule: uidrange); LINKS_OWN_USER this one's */
};

/* Ask for its way. 0 and *route, or the kernel's -errno; -ENODATA: its answer means nothing. */
int links_routes_ask(
    struct netlink *netlink, const struct links_question *question, struct links_route *route);

#endif
