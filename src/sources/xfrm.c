/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/xfrm.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "sources/netlink.h"

/* A gateway of thousands of peers is none whose web leaves by one policy. */
#define POLICIES_MAX 8192
#define EVENTS_BUFFER (1024 * 1024)
#define READS_AT_ONCE 4096
#define DUMP_TRIES 5
/* The low bits of a policy's index are its direction (verify_policy_dir, xfrm_gen_index). */
#define DIRECTION_OF(index) ((index)&7u)

struct policy {
    uint32_t index; /* the kernel's name for it */
    uint32_t priority;
    struct xfrm_selector selector;
    bool blocks, encrypts;
};

struct xfrm {
    struct netlink events;
    struct policy *policies; /* by index, ascending */
    size_t count, room;
    bool lost;
};

/* ---- the list ---- */

static size_t position_of(const struct xfrm *xfrm, uint32_t index)
{
    size_t low = 0, high = xfrm->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (xfrm->policies[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct xfrm *xfrm, size_t at, uint32_t index)
{
    return at < xfrm->count && xfrm->policies[at].index == index;
}

static void put(struct xfrm *xfrm, const struct policy *policy)
{
    size_t at = position_of(xfrm, policy->index);
    if (is_at(xfrm, at, policy->index)) {
        xfrm->policies[at] = *policy;
        return;
    }
    if (xfrm->count == xfrm->room) {
        size_t room = xfrm->room ? xfrm->room * 2 : 16;
        struct policy *more =
            room <= POLICIES_MAX ? realloc(xfrm->policies, room * sizeof(*more)) : NULL;
        if (!more) {
            xfrm->lost = true;
            return;
        }
        xfrm->policies = more;
        xfrm->room = room;
    }
    memmove(&xfrm->policies[at + 1], &xfrm->policies[at],
        (xfrm->count - at) * sizeof(xfrm->policies[0]));
    xfrm->policies[at] = *policy;
    xfrm->count++;
}

static bool take_out(struct xfrm *xfrm, uint32_t index)
{
    size_t at = position_of(xfrm, index);
    if (!is_at(xfrm, at, index))
        return false;
    xfrm->count--;
    memmove(&xfrm->policies[at], &xfrm->policies[at + 1],
        (xfrm->count - at) * sizeof(xfrm->policies[0]));
    return true;
}

/* ---- messages ---- */

/* The next attribute behind a header of so many octets; previous NULL: the first. */
static const struct nlattr *next(
    const struct nlmsghdr *message, size_t header, const struct nlattr *previous)
{
    const uint8_t *end = (const uint8_t *)message + message->nlmsg_len;
    const uint8_t *at = previous ? (const uint8_t *)previous + MNL_ALIGN(previous->nla_len)
                                 : (const uint8_t *)message + MNL_NLMSG_HDRLEN + MNL_ALIGN(header);
    struct nlattr attribute;
    if (at > end || (size_t)(end - at) < sizeof(attribute))
        return NULL;
    memcpy(&attribute, at, sizeof(attribute));
    if (attribute.nla_len < sizeof(attribute) || attribute.nla_len > end - at)
        return NULL;
    return (const void *)at;
}

static bool copy(const struct nlattr *attribute, void *out, size_t size)
{
    if (mnl_attr_get_payload_len(attribute) < size)
        return false;
    memcpy(out, mnl_attr_get_payload(attribute), size);
    return true;
}

/* One that is optional lets a packet pass in the clear where no key was agreed on; AH and IPComp
 * hide nothing. */
static bool encrypts(const struct nlattr *attribute)
{
    const uint8_t *at = mnl_attr_get_payload(attribute);
    for (size_t left = mnl_attr_get_payload_len(attribute); left >= sizeof(struct xfrm_user_tmpl);
         left -= sizeof(struct xfrm_user_tmpl), at += sizeof(struct xfrm_user_tmpl)) {
        struct xfrm_user_tmpl template;
        memcpy(&template, at, sizeof(template));
        if (template.id.proto == IPPROTO_ESP && !template.optional)
            return true;
    }
    return false;
}

/* What concerns packets of ordinary programs: direction out, no mark, no interface of its own. */
static bool take_policy(
    struct xfrm *xfrm, const struct nlmsghdr *message, const struct xfrm_userpolicy_info *info)
{
    struct policy policy = {.index = info->index,
        .priority = info->priority,
        .selector = info->sel,
        .blocks = info->action == XFRM_POLICY_BLOCK};
    bool concerns = info->dir == XFRM_POLICY_OUT && DIRECTION_OF(info->index) == XFRM_POLICY_OUT;
    for (const struct nlattr *attribute = NULL;
         (attribute = next(message, sizeof(*info), attribute)) != NULL;) {
        struct xfrm_userpolicy_type type;
        struct xfrm_mark mark;
        uint32_t interface;
        switch (mnl_attr_get_type(attribute)) {
        case XFRMA_TMPL:
            policy.encrypts = encrypts(attribute);
            break;
        case XFRMA_POLICY_TYPE:
            concerns &= copy(attribute, &type, sizeof(type)) && type.type == XFRM_POLICY_TYPE_MAIN;
            break;
        case XFRMA_MARK:
            concerns &= copy(attribute, &mark, sizeof(mark)) && (mark.v & mark.m) == 0;
            break;
        case XFRMA_IF_ID:
            concerns &= copy(attribute, &interface, sizeof(interface)) && interface == 0;
            break;
        default:
            break;
        }
    }
    bool known = take_out(xfrm, policy.index);
    if (concerns)
        put(xfrm, &policy);
    return known || concerns;
}

static bool take_deletion(struct xfrm *xfrm, const struct nlmsghdr *message)
{
    struct xfrm_userpolicy_id id;
    memcpy(&id, mnl_nlmsg_get_payload(message), sizeof(id));
    /* Deleted by selector, the message tells the policy in an attribute (xfrm_notify_policy). */
    for (const struct nlattr *attribute = NULL;
         (attribute = next(message, sizeof(id), attribute)) != NULL;) {
        struct xfrm_userpolicy_info info;
        if (mnl_attr_get_type(attribute) == XFRMA_POLICY && copy(attribute, &info, sizeof(info)))
            id.index = info.index;
    }
    return take_out(xfrm, id.index);
}

static bool take_flush(struct xfrm *xfrm, const struct nlmsghdr *message)
{
    for (const struct nlattr *attribute = NULL;
         (attribute = next(message, 0, attribute)) != NULL;) {
        struct xfrm_userpolicy_type type;
        if (mnl_attr_get_type(attribute) == XFRMA_POLICY_TYPE &&
            copy(attribute, &type, sizeof(type)) && type.type != XFRM_POLICY_TYPE_MAIN)
            return false;
    }
    bool had = xfrm->count > 0;
    xfrm->count = 0;
    return had;
}

/* True where a policy that concerns us changed. */
static bool take(struct xfrm *xfrm, const struct nlmsghdr *message, bool *malformed)
{
    size_t length = mnl_nlmsg_get_payload_len(message);
    struct xfrm_userpolicy_info info;
    struct xfrm_user_polexpire expiry;
    switch (message->nlmsg_type) {
    case XFRM_MSG_NEWPOLICY:
    case XFRM_MSG_UPDPOLICY:
        if (length < sizeof(info))
            break;
        memcpy(&info, mnl_nlmsg_get_payload(message), sizeof(info));
        return take_policy(xfrm, message, &info);
    case XFRM_MSG_DELPOLICY:
        if (length < sizeof(struct xfrm_userpolicy_id))
            break;
        return take_deletion(xfrm, message);
    case XFRM_MSG_POLEXPIRE:
        if (length < sizeof(expiry))
            break;
        memcpy(&expiry, mnl_nlmsg_get_payload(message), sizeof(expiry));
        return expiry.hard && take_out(xfrm, expiry.pol.index);
    case XFRM_MSG_FLUSHPOLICY:
        return take_flush(xfrm, message);
    default:
        return false;
    }
    *malformed = true;
    return false;
}

bool xfrm_feed(struct xfrm *xfrm, const void *data, size_t length)
{
    bool malformed = false;
    if (length < sizeof(struct nlmsghdr) || !mnl_nlmsg_ok(data, (int)length))
        return false;
    take(xfrm, data, &malformed);
    return !malformed;
}

/* ---- sockets ---- */

struct intake {
    struct xfrm *xfrm;
    bool changed;
};

static bool take_each(void *context, const struct nlmsghdr *message, size_t length)
{
    struct intake *intake = context;
    bool malformed = false;
    (void)length;
    intake->changed |= take(intake->xfrm, message, &malformed);
    return true;
}

static int read_all(struct xfrm *xfrm)
{
    struct netlink requests;
    int error = netlink_open(&requests, NETLINK_XFRM);
    if (error)
        return error;
    for (int tries = 0; tries < DUMP_TRIES; tries++) {
        union {
            struct nlmsghdr header;
            uint8_t room[NETLINK_REQUEST];
        } request;
        struct nlmsghdr *message = mnl_nlmsg_put_header(&request);
        message->nlmsg_type = XFRM_MSG_GETPOLICY;
        message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
        mnl_nlmsg_put_extra_header(message, sizeof(struct xfrm_userpolicy_id));
        struct intake intake = {.xfrm = xfrm};
        xfrm->count = 0;
        error = netlink_ask(&requests, message, take_each, &intake);
        /* Changes meanwhile wait as notifications, which are taken after this. */
        if (error != -EINTR)
            break;
    }
    netlink_close(&requests);
    return error == -EINTR ? 0 : error;
}

struct xfrm *xfrm_new_offline(void)
{
    return calloc(1, sizeof(struct xfrm));
}

struct xfrm *xfrm_open(void)
{
    static const int groups[] = {XFRMNLGRP_POLICY, XFRMNLGRP_EXPIRE};
    struct xfrm *xfrm = xfrm_new_offline();
    int size = EVENTS_BUFFER;
    if (!xfrm || netlink_open(&xfrm->events, NETLINK_XFRM) != 0)
        goto failed;
    int fd = netlink_fd(&xfrm->events);
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i], sizeof(groups[i])) < 0)
            goto failed;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    if (read_all(xfrm) != 0)
        goto failed;
    return xfrm;
failed:
    xfrm_close(xfrm);
    return NULL;
}

void xfrm_close(struct xfrm *xfrm)
{
    if (!xfrm)
        return;
    netlink_close(&xfrm->events);
    free(xfrm->policies);
    free(xfrm);
}

int xfrm_fd(const struct xfrm *xfrm)
{
    return netlink_fd(&xfrm->events);
}

bool xfrm_read(struct xfrm *xfrm)
{
    struct intake intake = {.xfrm = xfrm};
    bool knew = xfrm_known(xfrm);
    for (int reads = 0; reads < READS_AT_ONCE; reads++) {
        int error = netlink_receive(&xfrm->events, take_each, &intake);
        if (error == -ENOBUFS)
            xfrm->lost = true;
        else if (error)
            break;
    }
    return intake.changed || knew != xfrm_known(xfrm);
}

bool xfrm_known(const struct xfrm *xfrm)
{
    return !xfrm->lost;
}

size_t xfrm_count(const struct xfrm *xfrm)
{
    return xfrm->count;
}

/* ---- what becomes of a packet ---- */

static bool within(const xfrm_address_t *net, unsigned prefix, const struct address *address)
{
    uint8_t octets[16];
    if (prefix == 0)
        return true;
    if (address->family == FAMILY_NONE || prefix > (address->family == FAMILY_IPV6 ? 128u : 32u))
        return false;
    memcpy(octets, net, sizeof(octets));
    if (memcmp(octets, address->bytes, prefix / 8) != 0)
        return false;
    unsigned rest = prefix % 8;
    return rest == 0 || ((octets[prefix / 8] ^ address->bytes[prefix / 8]) >> (8 - rest)) == 0;
}

/* A policy for certain source ports says nothing of packets in general. */
static bool fits(const struct policy *policy, const struct xfrm_packet *packet)
{
    const struct xfrm_selector *selector = &policy->selector;
    uint16_t family = packet->destination.family == FAMILY_IPV6 ? AF_INET6 : AF_INET;
    return selector->family == family &&
           within(&selector->daddr, selector->prefixlen_d, &packet->destination) &&
           within(&selector->saddr, selector->prefixlen_s, &packet->source) &&
           (selector->proto == 0 || selector->proto == packet->protocol) &&
           ((htons(packet->port) ^ selector->dport) & selector->dport_mask) == 0 &&
           selector->sport_mask == 0 &&
           (selector->ifindex == 0 || (uint32_t)selector->ifindex == packet->interface);
}

/* The lowest number is the first that is looked at. Of two alike the kernel takes the older; which
 * that is is not told, so the worse is taken. */
static bool goes_before(const struct policy *policy, const struct policy *best)
{
    if (!best || policy->priority != best->priority)
        return !best || policy->priority < best->priority;
    return best->blocks || (best->encrypts && !policy->encrypts && !policy->blocks);
}

enum xfrm_way xfrm_way_of(const struct xfrm *xfrm, const struct xfrm_packet *packet)
{
    const struct policy *best = NULL;
    for (size_t i = 0; i < xfrm->count; i++)
        if (fits(&xfrm->policies[i], packet) && goes_before(&xfrm->policies[i], best))
            best = &xfrm->policies[i];
    if (!best)
        return XFRM_CLEAR;
    return best->blocks ? XFRM_BLOCKED : best->encrypts ? XFRM_ESP : XFRM_CLEAR;
}

enum ipsec_cover xfrm_cover(
    const struct xfrm *xfrm, const struct xfrm_packet *packets, size_t count)
{
    size_t clear = 0, esp = 0;
    if (!xfrm_known(xfrm))
        return IPSEC_UNKNOWN;
    for (size_t i = 0; i < count && xfrm->count > 0; i++) {
        enum xfrm_way way = xfrm_way_of(xfrm, &packets[i]);
        clear += way == XFRM_CLEAR;
        esp += way == XFRM_ESP;
    }
    return esp == 0 ? IPSEC_NONE : clear > 0 ? IPSEC_SOME : IPSEC_ALL;
}
