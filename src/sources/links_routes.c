/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/links_routes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

#include "sources/netlink.h"

#define V4(a, b, c, d)                                                                             \
    {                                                                                              \
        FAMILY_IPV4,                                                                               \
        {                                                                                          \
            a, b, c, d                                                                             \
        }                                                                                          \
    }
#define V6(a, b, c, d, e, f)                                                                       \
    {                                                                                              \
        FAMILY_IPV6,                                                                               \
        {                                                                                          \
            a, b, c, d, e, f, [15] = 1                                                             \
        }                                                                                          \
    }

/* Ordinary web servers, one in each eighth of the unicast space and of each registry's IPv6 block,
 * so that halves and eighths of the Internet which are routed apart show. No resolver is among
 * them: people and VPN clients route these by themselves, and such a route says nothing of the
 * web. */
static const struct address public_4[] = {
    V4(23, 192, 228, 80),
    V4(52, 84, 150, 11),
    V4(93, 184, 215, 14),
    V4(104, 18, 32, 7),
    V4(142, 250, 74, 78),
    V4(185, 15, 59, 224),
    V4(199, 232, 41, 6),
};
static const struct address public_6[] = {
    V6(0x20, 0x01, 0x02, 0x00, 0x01, 0x40), /* APNIC */
    V6(0x24, 0x04, 0x68, 0x00, 0x40, 0x05), /* APNIC */
    V6(0x26, 0x06, 0x28, 0x00, 0x02, 0x1f), /* ARIN */
    V6(0x28, 0x00, 0x03, 0xf0, 0x40, 0x01), /* LACNIC */
    V6(0x2a, 0x02, 0x0e, 0xc0, 0x03, 0x00), /* RIPE */
    V6(0x2c, 0x0f, 0xfb, 0x50, 0x40, 0x02), /* AFRINIC */
};

size_t links_routes_public(enum family family, const struct address **list)
{
    *list = family == FAMILY_INDEX_6 ? public_6 : public_4;
    return family == FAMILY_INDEX_6 ? sizeof(public_6) / sizeof(public_6[0])
                                    : sizeof(public_4) / sizeof(public_4[0]);
}

/* What an error means for a packet: of the look-up itself, or in an answer of older kernels, which
 * answer for IPv6 with a route that has the error in it. */
static enum route_state state_of_error(int error)
{
    switch (error) {
    case -ENETUNREACH:  /* no route; also a rule of type unreachable (net/core/fib_rules.c) */
    case -EAFNOSUPPORT: /* this kernel, or this namespace, */
    case -EOPNOTSUPP:   /* has no IPv6 */
        return ROUTE_NONE;
    case -EHOSTUNREACH: /* RTN_UNREACHABLE (fib_props of net/ipv4/fib_semantics.c) */
    case -EACCES:       /* RTN_PROHIBIT */
    case -EINVAL:       /* RTN_BLACKHOLE: links_routes_ask made sure of it */
        return ROUTE_BLOCKED;
    default:
        return ROUTE_UNKNOWN;
    }
}

static enum links_protection protection_of(
    const struct model *model, const struct interface *interface, const struct links_route *route)
{
    if (interface && model_hides(model, interface))
        return LINKS_PROTECTED;
    return route->gateway.family != FAMILY_NONE ? LINKS_CLEAR : LINKS_CLEAR_NO_GATEWAY;
}

struct links_answer links_routes_answer(
    int error, const struct links_route *route, const struct model *model)
{
    struct links_answer answer = {.state = ROUTE_UNKNOWN};
    if (error == 0)
        error = route->error;
    if (error != 0) {
        answer.state = state_of_error(error);
        return answer;
    }
    if (route->type == RTN_UNREACHABLE || route->type == RTN_BLACKHOLE ||
        route->type == RTN_PROHIBIT) {
        answer.state = ROUTE_BLOCKED;
        return answer;
    }
    if (route->interface == 0)
        return answer;
    const struct interface *interface = model_interface(model, route->interface);
    answer.interface = route->interface;
    if (interface && strcmp(interface->kind, "dummy") == 0) { /* kill switches route into one */
        answer.state = ROUTE_BLOCKED;
        return answer;
    }
    answer.state = ROUTE_PRESENT;
    answer.loopback =
        route->type == RTN_LOCAL || (interface && interface->link_type == ARPHRD_LOOPBACK);
    answer.gateway = route->gateway;
    answer.source = route->source;
    answer.protection = protection_of(model, interface, route);
    return answer;
}

static bool leaves(const struct links_answer *answer)
{
    return answer->state == ROUTE_PRESENT && !answer->loopback;
}

static size_t votes(const struct links_answer *answers, size_t count, uint32_t interface)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += leaves(&answers[i]) && answers[i].interface == interface;
    return found;
}

/* Less protected first; then by how much of the Internet goes that way, then by index, so that the
 * answer does not depend on the order of asking. */
static bool before(
    const struct links_answer *a, const struct links_answer *b, size_t a_votes, size_t b_votes)
{
    if (a->protection != b->protection)
        return a->protection < b->protection;
    if (a_votes != b_votes)
        return a_votes > b_votes;
    return a->interface < b->interface;
}

struct web_route links_routes_merge(const struct links_answer *answers, size_t count)
{
    struct web_route route = {.state = ROUTE_UNKNOWN};
    const struct links_answer *chosen = NULL;
    size_t chosen_votes = 0, none = 0, unknown = 0;
    uint32_t dummy = 0;
    for (size_t i = 0; i < count; i++) {
        const struct links_answer *answer = &answers[i];
        none += answer->state == ROUTE_NONE;
        unknown += answer->state == ROUTE_UNKNOWN;
        if (answer->state == ROUTE_BLOCKED && dummy == 0)
            dummy = answer->interface;
        if (!leaves(answer))
            continue;
        size_t own = votes(answers, count, answer->interface);
        if (chosen && chosen->interface != answer->interface)
            route.mixed = true;
        if (!chosen || before(answer, chosen, own, chosen_votes)) {
            chosen = answer;
            chosen_votes = own;
        }
    }
    if (chosen) {
        route.state = ROUTE_PRESENT;
        route.interface = chosen->interface;
        route.gateway = chosen->gateway;
        route.source = chosen->source;
    } else if (unknown == 0 && count > 0) {
        /* One that could not be asked might have been the way out. */
        route.state = none == count ? ROUTE_NONE : ROUTE_BLOCKED;
        route.interface = dummy;
    }
    return route;
}

static bool take_route(void *context, const struct nlmsghdr *message, size_t length)
{
    struct links_route *route = context;
    struct links_message decoded;
    if (links_decode_message(message, length, &decoded) && decoded.kind == LINKS_ROUTE)
        *route = decoded.route;
    return false;
}

static int ask(struct netlink *netlink, const struct links_question *question, uint32_t flags,
    struct links_route *route)
{
    union {
        struct nlmsghdr header;
        uint8_t room[NETLINK_REQUEST];
    } request;
    bool six = question->to.family == FAMILY_IPV6;
    size_t size = six ? 16 : 4;
    struct nlmsghdr *message = mnl_nlmsg_put_header(&request);
    message->nlmsg_type = RTM_GETROUTE;
    message->nlmsg_flags = NLM_F_REQUEST;
    struct rtmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
    header->rtm_family = six ? AF_INET6 : AF_INET;
    header->rtm_dst_len = (uint8_t)(size * 8);
    header->rtm_flags = flags;
    mnl_attr_put(message, RTA_DST, size, question->to.bytes);
    if (question->protocol) {
        /* Rules may ask for these (ip-rule: ipproto, dport), since 4.17. */
        uint16_t order = htons(question->port);
        mnl_attr_put_u8(message, RTA_IP_PROTO, question->protocol);
        mnl_attr_put(message, RTA_DPORT, sizeof(order), &order);
    }
    if (question->user != LINKS_OWN_USER) /* since 4.10 */
        mnl_attr_put_u32(message, RTA_UID, question->user);
    *route = (struct links_route){0};
    int error = netlink_ask(netlink, message, take_route, route);
    if (error == 0 && route->family == 0)
        return -ENODATA;
    return error;
}

/* Of a multipath route the kernel names the one way that this packet would take. The route as it
 * stands in the table (since 4.13) has them all: other packets take the others. */
static void ask_ways(
    struct netlink *netlink, const struct links_question *question, struct links_route *route)
{
    struct links_route whole;
    if (ask(netlink, question, RTM_F_FIB_MATCH, &whole) != 0 || whole.hop_count < 2)
        return;
    route->hop_count = whole.hop_count;
    memcpy(route->hops, whole.hops, sizeof(route->hops));
}

/* EINVAL is a blackhole, or a question that this kernel does not take. The loopback address has a
 * way in any case: the same error for it means the latter. */
static bool is_taken(struct netlink *netlink, const struct links_question *question)
{
    static const struct address loopback_4 = V4(127, 0, 0, 1);
    static const struct address loopback_6 = V6(0, 0, 0, 0, 0, 0);
    struct links_question loopback = *question;
    struct links_route unused;
    loopback.to = question->to.family == FAMILY_IPV6 ? loopback_6 : loopback_4;
    return ask(netlink, &loopback, 0, &unused) != -EINVAL;
}

int links_routes_ask(
    struct netlink *netlink, const struct links_question *question, struct links_route *route)
{
    if (question->to.family != FAMILY_IPV4 && question->to.family != FAMILY_IPV6)
        return -ENODATA;
    struct links_question plain = *question;
    int error = ask(netlink, &plain, 0, route);
    if (error == -EINVAL && !is_taken(netlink, &plain)) {
        plain.protocol = 0;
        error = ask(netlink, &plain, 0, route);
        if (error == -EINVAL && !is_taken(netlink, &plain))
            return -ENODATA;
    }
    if (error == 0)
        ask_ways(netlink, &plain, route);
    return error;
}
