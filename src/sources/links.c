/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/links.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "model/model.h"
#include "sources/links_decode.h"
#include "sources/links_routes.h"
#include "sources/links_table.h"
#include "sources/netlink.h"

/* A thousand interfaces that appear at once are some 4 MiB of notifications as the kernel accounts
 * for them. Taken only while they wait. */
#define EVENTS_BUFFER (4 * 1024 * 1024)
#define DUMP_TRIES 5
/* Only gateways are wanted of a table of routes, and the default ones come first in a dump: a
 * router that holds the whole Internet's table need not be read to its end. */
#define ROUTES_READ 50000
#define READS_AT_ONCE 4096 /* notifications, so that the loop also gets to other things */
#define PUBLIC_MAX 16
#define WEB_PORT 443
#define DNS_PORT 53

struct links {
    struct model *model;
    struct netlink events;   /* notifications alone */
    struct netlink requests; /* questions, so that answers are not looked for among notifications */
    struct links_table table;
    bool resync; /* something was lost: all must be read anew */
};

/* Where the messages of one receive or dump go. */
struct intake {
    struct links_table *table;
    struct model *model; /* NULL: not posted one by one */
    uint64_t now;
    bool heard;
    size_t left; /* messages that are still wanted */
};

static bool take_message(void *context, const struct nlmsghdr *message, size_t length)
{
    struct intake *intake = context;
    struct links_message decoded;
    if (links_decode_message(message, length, &decoded) &&
        links_table_apply(intake->table, &decoded, intake->model, intake->now))
        intake->heard = true;
    return --intake->left > 0;
}

static struct nlmsghdr *dump_of(void *room, uint16_t type, uint8_t family, size_t header)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(room);
    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    uint8_t *payload = mnl_nlmsg_put_extra_header(message, header);
    payload[0] = family; /* ifinfomsg, ifaddrmsg, rtmsg and nhmsg all begin with it */
    return message;
}

static int dump(
    struct links *links, uint16_t type, uint8_t family, size_t header, struct intake *intake)
{
    union {
        struct nlmsghdr header;
        uint8_t room[NETLINK_REQUEST];
    } request;
    struct nlmsghdr *message = dump_of(&request, type, family, header);
    if (type == RTM_GETLINK)
        mnl_attr_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return netlink_ask(&links->requests, message, take_message, intake);
}

/* Links and addresses into an empty table. */
static int dump_links(struct links *links, struct links_table *fresh, uint64_t now)
{
    int error = 0;
    for (int tries = 0; tries < DUMP_TRIES; tries++) {
        links_table_free(fresh);
        struct intake intake = {.table = fresh, .now = now, .left = SIZE_MAX};
        error = dump(links, RTM_GETLINK, AF_UNSPEC, sizeof(struct ifinfomsg), &intake);
        if (error == 0)
            error = dump(links, RTM_GETADDR, AF_UNSPEC, sizeof(struct ifaddrmsg), &intake);
        if (error != -EINTR)
            return error;
    }
    /* Changes go on faster than they can be read. Each is waiting as a notification, for the groups
     * were joined first: what was read is as good as a moment's picture gets. */
    return 0;
}

/* Which interfaces have routes with a gateway. A family or a kind of object that this kernel does
 * not have is none of its own. An interrupted dump may lack a route that did not change; the web
 * routes' gateways are learnt by asking as well. */
static void dump_gateways(struct links *links, struct links_table *fresh, uint64_t now)
{
    static const struct {
        uint16_t type;
        uint8_t family;
        size_t header;
    } dumps[] = {
        {RTM_GETROUTE, AF_INET, sizeof(struct rtmsg)},
        {RTM_GETROUTE, AF_INET6, sizeof(struct rtmsg)},
        {RTM_GETNEXTHOP, AF_UNSPEC, sizeof(struct nhmsg)},
    };
    for (size_t i = 0; i < sizeof(dumps) / sizeof(dumps[0]); i++)
        for (int tries = 0; tries < DUMP_TRIES; tries++) {
            struct intake intake = {.table = fresh, .now = now, .left = ROUTES_READ};
            if (dump(links, dumps[i].type, dumps[i].family, dumps[i].header, &intake) != -EINTR)
                break;
        }
}

static int read_all(struct links *links, uint64_t now)
{
    struct links_table fresh = {0};
    int error = dump_links(links, &fresh, now);
    if (error == 0) {
        dump_gateways(links, &fresh, now);
        links_table_replace(&links->table, &fresh, links->model, now);
    }
    links_table_free(&fresh);
    links->resync = error != 0;
    return error;
}

static int join_groups(int fd)
{
    static const int groups[] = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
        RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE};
    static const int nexthop = RTNLGRP_NEXTHOP;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i], sizeof(groups[i])) < 0)
            return -errno;
    /* Since 5.3: without it there are no such objects. */
    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &nexthop, sizeof(nexthop));
    return 0;
}

int links_open(struct links **out, struct model *model, uint64_t now)
{
    *out = NULL;
    struct links *links = links_new_offline(model);
    if (!links)
        return -ENOMEM;
    int size = EVENTS_BUFFER;
    int error = netlink_open(&links->events, NETLINK_ROUTE);
    if (error)
        goto failed;
    error = netlink_open(&links->requests, NETLINK_ROUTE);
    if (error)
        goto failed;
    int fd = netlink_fd(&links->events);
    /* Past net.core.rmem_max needs CAP_NET_ADMIN; with less room ENOBUFS comes earlier. */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    error = join_groups(fd);
    if (error)
        goto failed;
    error = read_all(links, now);
    if (error)
        goto failed;
    links_ask_routes(links, now);
    *out = links;
    return 0;
failed:
    links_close(links);
    return error;
}

struct links *links_new_offline(struct model *model)
{
    struct links *links = calloc(1, sizeof(*links));
    if (links)
        links->model = model;
    return links;
}

void links_close(struct links *links)
{
    if (!links)
        return;
    netlink_close(&links->events);
    netlink_close(&links->requests);
    links_table_free(&links->table);
    free(links);
}

int links_fd(const struct links *links)
{
    return netlink_fd(&links->events);
}

bool links_read(struct links *links, uint64_t now)
{
    struct intake intake = {
        .table = &links->table, .model = links->model, .now = now, .left = SIZE_MAX};
    if (netlink_fd(&links->events) < 0)
        return false;
    for (int reads = 0; reads < READS_AT_ONCE; reads++) {
        int error = netlink_receive(&links->events, take_message, &intake);
        if (error == -EAGAIN)
            break;
        if (error == -ENOBUFS)
            links->resync = true;
        else if (error)
            break;
    }
    if (links->table.incomplete) {
        links->table.incomplete = false;
        links->resync = true;
    }
    if (links->resync) {
        read_all(links, now);
        intake.heard = true;
    }
    links_table_post_more(&links->table, links->model, now);
    return intake.heard;
}

bool links_feed(struct links *links, const void *data, size_t length, uint64_t now)
{
    struct links_message decoded;
    if (!links_decode_message(data, length, &decoded))
        return false;
    links_table_apply(&links->table, &decoded, links->model, now);
    links_table_post_more(&links->table, links->model, now);
    return true;
}

/* Each way that packets for this address may take; their number, at most LINKS_HOPS. */
static size_t ask(struct links *links, const struct links_question *question,
    struct links_answer answers[static LINKS_HOPS])
{
    struct links_route route = {0};
    int error = links_routes_ask(&links->requests, question, &route);
    answers[0] = links_routes_answer(error, &route, links->model);
    if (error != 0 || answers[0].state != ROUTE_PRESENT || route.hop_count < 2)
        return 1;
    for (size_t i = 0; i < route.hop_count; i++) {
        struct links_route one = route;
        one.interface = route.hops[i].interface;
        one.gateway = route.hops[i].gateway;
        answers[i] = links_routes_answer(0, &one, links->model);
    }
    return route.hop_count;
}

/* A tunnel that does not encrypt hides what the way to its far end hides. */
static void ask_far_ends(struct links *links, uint64_t now)
{
    for (size_t i = 0; i < links->table.count; i++) {
        /* The kernel's own packets, as those of such a tunnel are, are root's. */
        struct links_question question = {.to = links->table.entries[i].far_end};
        struct links_answer answers[LINKS_HOPS];
        if (question.to.family == FAMILY_NONE)
            continue;
        bool one = ask(links, &question, answers) == 1;
        bool leaves = one && answers[0].state == ROUTE_PRESENT && !answers[0].loopback;
        links_table_lower(&links->table, i, leaves ? answers[0].interface : 0, links->model, now);
    }
}

void links_ask_routes(struct links *links, uint64_t now)
{
    if (netlink_fd(&links->requests) < 0)
        return;
    ask_far_ends(links, now);
    for (enum family family = 0; family < FAMILY_INDEXES; family++) {
        const struct address *list;
        struct links_answer answers[PUBLIC_MAX * LINKS_HOPS];
        size_t count = links_routes_public(family, &list), found = 0;
        for (size_t i = 0; i < count && i < PUBLIC_MAX; i++) {
            struct links_question question = {list[i], IPPROTO_TCP, WEB_PORT, LINKS_OWN_USER};
            found += ask(links, &question, answers + found);
        }
        for (size_t i = 0; i < found; i++)
            if (answers[i].gateway.family != FAMILY_NONE)
                links_table_gateway(&links->table, answers[i].interface, false, links->model, now);
        struct web_route route = links_routes_merge(answers, found);
        model_route_set(links->model, family, &route, now);
    }
}

int links_route_to(struct links *links, const struct address *to, uint32_t user,
    uint32_t *interface, bool *blocked)
{
    struct links_question question = {*to, IPPROTO_UDP, DNS_PORT, user};
    struct links_answer answers[LINKS_HOPS];
    *interface = 0;
    *blocked = false;
    if (netlink_fd(&links->requests) < 0)
        return -ENOTCONN;
    /* Without its link there are as many ways to it as links: the kernel would name any. */
    if (to->family == FAMILY_IPV6 && address_is_link_local(to))
        return -EADDRNOTAVAIL;
    size_t count = ask(links, &question, answers);
    if (answers[0].state == ROUTE_UNKNOWN)
        return -ENODATA;
    *interface = count > 1 ? links_routes_merge(answers, count).interface : answers[0].interface;
    *blocked = answers[0].state != ROUTE_PRESENT;
    return 0;
}

bool links_source_to(struct links *links, const struct address *to, uint8_t protocol, uint16_t port,
    struct address *source, uint32_t *interface)
{
    struct links_question question = {*to, protocol, port, LINKS_OWN_USER};
    struct links_answer answers[LINKS_HOPS];
    if (netlink_fd(&links->requests) < 0)
        return false;
    (void)ask(links, &question, answers);
    *source = answers[0].source;
    *interface = answers[0].interface;
    return answers[0].state == ROUTE_PRESENT && !answers[0].loopback;
}
