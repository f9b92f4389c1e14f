/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/links_decode.h"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/netlink.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"

/* The bytes that are left to read. Everything below goes through take and next. */
struct piece {
    const uint8_t *at;
    size_t left;
    bool bad; /* sticky: something did not fit */
};

static bool take(struct piece *piece, void *out, size_t size)
{
    if (piece->bad || piece->left < size) {
        piece->bad = true;
        memset(out, 0, size);
        return false;
    }
    memcpy(out, piece->at, size);
    piece->at += size;
    piece->left -= size;
    return true;
}

static uint32_t take_u32(struct piece piece)
{
    uint32_t value;
    return take(&piece, &value, sizeof(value)) ? value : 0;
}

/* Move on by size, and by what aligns it to four. */
static void skip_aligned(struct piece *piece, size_t size)
{
    size_t step = NLMSG_ALIGN(size);
    if (step > piece->left)
        step = piece->left;
    piece->at += step;
    piece->left -= step;
}

static bool next(struct piece *from, uint16_t *type, struct piece *value)
{
    struct nlattr attribute;
    if (from->bad || from->left == 0)
        return false;
    if (from->left < sizeof(attribute)) {
        from->bad = true;
        return false;
    }
    memcpy(&attribute, from->at, sizeof(attribute));
    if (attribute.nla_len < sizeof(attribute) || attribute.nla_len > from->left) {
        from->bad = true;
        return false;
    }
    *type = attribute.nla_type & NLA_TYPE_MASK;
    *value = (struct piece){
        .at = from->at + sizeof(attribute), .left = attribute.nla_len - sizeof(attribute)};
    skip_aligned(from, attribute.nla_len);
    return true;
}

static bool address_of(struct piece value, uint8_t family, struct address *out)
{
    if (family == AF_INET && value.left == 4)
        *out = address_from_ipv4(value.at);
    else if (family == AF_INET6 && value.left == 16)
        *out = address_from_ipv6(value.at);
    else
        return false;
    return true;
}

static void text_of(struct piece value, char *out, size_t size)
{
    text_escape((const char *)value.at, strnlen((const char *)value.at, value.left), out, size);
}

/* Where a tunnel that does not encrypt keeps its far end: one number for IPv4 and IPv6, or two. */
static const struct far_row {
    const char *kind;
    uint16_t remote, remote_6, mark; /* attributes of IFLA_INFO_DATA, 0 none */
} far_rows[] = {
    {"ipip", IFLA_IPTUN_REMOTE, 0, IFLA_IPTUN_FWMARK},
    {"sit", IFLA_IPTUN_REMOTE, 0, IFLA_IPTUN_FWMARK},
    {"ip6tnl", IFLA_IPTUN_REMOTE, 0, IFLA_IPTUN_FWMARK},
    {"gre", IFLA_GRE_REMOTE, 0, IFLA_GRE_FWMARK},
    {"gretap", IFLA_GRE_REMOTE, 0, IFLA_GRE_FWMARK},
    {"ip6gre", IFLA_GRE_REMOTE, 0, IFLA_GRE_FWMARK},
    {"ip6gretap", IFLA_GRE_REMOTE, 0, IFLA_GRE_FWMARK},
    {"vxlan", IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6, 0},
    {"geneve", IFLA_GENEVE_REMOTE, IFLA_GENEVE_REMOTE6, 0},
};

static bool all_zero(const struct address *address)
{
    static const uint8_t zero[sizeof(address->bytes)];
    return memcmp(address->bytes, zero, sizeof(zero)) == 0;
}

/* One that is a group, or that differs from packet to packet, is none. */
static void far_end_of(struct piece data, const struct far_row *row, struct address *out)
{
    uint16_t type;
    struct piece value;
    struct address address = {0};
    bool marked = false;
    while (next(&data, &type, &value)) {
        if (row->mark && type == row->mark)
            marked = take_u32(value) != 0; /* its packets are routed by rules of their own */
        else if (type == row->remote || (row->remote_6 && type == row->remote_6))
            (void)address_of(value, value.left == 4 ? AF_INET : AF_INET6, &address);
    }
    if (!data.bad && !marked && address.family != FAMILY_NONE && !all_zero(&address) &&
        !address_is_multicast(&address))
        *out = address;
}

static bool info_of(struct piece info, struct links_link *link)
{
    uint16_t type;
    struct piece value, data = {0};
    while (next(&info, &type, &value)) {
        if (type == IFLA_INFO_KIND)
            text_of(value, link->kind, sizeof(link->kind));
        else if (type == IFLA_INFO_DATA)
            data = value;
    }
    for (size_t i = 0; data.left > 0 && i < sizeof(far_rows) / sizeof(far_rows[0]); i++)
        if (strcmp(far_rows[i].kind, link->kind) == 0)
            far_end_of(data, &far_rows[i], &link->far_end);
    return !info.bad;
}

static bool decode_link(struct piece rest, struct links_message *out)
{
    struct ifinfomsg header;
    if (!take(&rest, &header, sizeof(header)) || header.ifi_index <= 0)
        return false;
    /* A bridge tells of its ports by the same message types with its own family (AF_BRIDGE), and
     * RTM_DELLINK then means that a port left it, not that the link is gone. */
    if (header.ifi_family != AF_UNSPEC)
        return true;
    out->kind = LINKS_LINK;
    struct links_link *link = &out->link;
    *link = (struct links_link){
        .index = (uint32_t)header.ifi_index, .type = header.ifi_type, .flags = header.ifi_flags};
    bool elsewhere = false;
    uint16_t type;
    struct piece value;
    while (next(&rest, &type, &value)) {
        if (type == IFLA_IFNAME)
            text_of(value, link->name, sizeof(link->name));
        else if (type == IFLA_MASTER)
            link->master = take_u32(value);
        else if (type == IFLA_MTU) /* in every full description (net/core/rtnetlink.c) */
            link->whole = true;
        else if (type == IFLA_LINK)
            link->lower = take_u32(value);
        else if (type == IFLA_LINK_NETNSID) /* the index is that of another namespace */
            elsewhere = true;
        else if (type == IFLA_LINKINFO && !info_of(value, link))
            return false;
    }
    if (elsewhere || link->lower == link->index)
        link->lower = 0;
    return !rest.bad;
}

static bool decode_address(struct piece rest, struct links_message *out)
{
    struct ifaddrmsg header;
    if (!take(&rest, &header, sizeof(header)))
        return false;
    if (header.ifa_family != AF_INET && header.ifa_family != AF_INET6)
        return true;
    if (header.ifa_index == 0 || header.ifa_prefixlen > (header.ifa_family == AF_INET ? 32 : 128))
        return false;
    out->kind = LINKS_ADDRESS;
    out->address = (struct links_address){.index = header.ifa_index, .scope = header.ifa_scope};
    out->address.value.prefix = header.ifa_prefixlen;
    struct address local = {0}, other = {0};
    uint32_t flags = header.ifa_flags; /* the same, and more, stand in IFA_FLAGS where it is */
    uint16_t type;
    struct piece value;
    while (next(&rest, &type, &value))
        if (type == IFA_FLAGS)
            flags = take_u32(value);
        else if ((type == IFA_LOCAL && !address_of(value, header.ifa_family, &local)) ||
                 (type == IFA_ADDRESS && !address_of(value, header.ifa_family, &other)))
            return false;
    /* On a point-to-point link IFA_ADDRESS is the far end. */
    out->address.value.address = local.family != FAMILY_NONE ? local : other;
    /* Of IPv4 the same bit means secondary. */
    out->address.value.temporary = header.ifa_family == AF_INET6 && (flags & IFA_F_TEMPORARY);
    return !rest.bad && out->address.value.address.family != FAMILY_NONE;
}

/* RTA_VIA: a gateway of another family (RFC 8950). One of a family that is no IP says nothing. */
static bool via_of(struct piece value, struct address *out)
{
    uint16_t family;
    if (!take(&value, &family, sizeof(family)))
        return false;
    if (family != AF_INET && family != AF_INET6)
        return true;
    return address_of(value, (uint8_t)family, out);
}

static void gateway_add(struct links_route *route, uint32_t interface)
{
    for (size_t i = 0; i < route->gateway_count; i++)
        if (route->gateways[i] == interface)
            return;
    if (interface != 0 && route->gateway_count < LINKS_GATEWAYS)
        route->gateways[route->gateway_count++] = interface;
}

static bool decode_multipath(struct piece rest, struct links_route *route)
{
    while (rest.left > 0) {
        struct rtnexthop hop;
        if (rest.left < sizeof(hop))
            return false;
        memcpy(&hop, rest.at, sizeof(hop));
        if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > rest.left)
            return false;
        struct piece attributes = {.at = rest.at + sizeof(hop), .left = hop.rtnh_len - sizeof(hop)};
        uint16_t type;
        struct piece value;
        struct address gateway = {0};
        while (next(&attributes, &type, &value))
            if ((type == RTA_GATEWAY && !address_of(value, route->family, &gateway)) ||
                (type == RTA_VIA && !via_of(value, &gateway)))
                return false;
        if (attributes.bad)
            return false;
        uint32_t interface = hop.rtnh_ifindex > 0 ? (uint32_t)hop.rtnh_ifindex : 0;
        if (gateway.family != FAMILY_NONE)
            gateway_add(route, interface);
        if (!(hop.rtnh_flags & RTNH_F_DEAD) && interface != 0 && route->hop_count < LINKS_HOPS)
            route->hops[route->hop_count++] =
                (struct links_hop){.interface = interface, .gateway = gateway};
        skip_aligned(&rest, hop.rtnh_len);
    }
    return true;
}

static bool decode_route(struct piece rest, struct links_message *out)
{
    struct rtmsg header;
    if (!take(&rest, &header, sizeof(header)))
        return false;
    if (header.rtm_family != AF_INET && header.rtm_family != AF_INET6)
        return true;
    out->kind = LINKS_ROUTE;
    struct links_route *route = &out->route;
    *route = (struct links_route){.family = header.rtm_family,
        .type = header.rtm_type,
        .host = header.rtm_dst_len == (header.rtm_family == AF_INET ? 32 : 128),
        .all = header.rtm_dst_len == 0,
        .protocol = header.rtm_protocol,
        .table = header.rtm_table};
    uint16_t type;
    struct piece value;
    while (next(&rest, &type, &value)) {
        bool good = true;
        struct rta_cacheinfo cache;
        if (type == RTA_OIF)
            route->interface = take_u32(value);
        else if (type == RTA_TABLE)
            route->table = take_u32(value);
        else if (type == RTA_PRIORITY)
            route->metric = take_u32(value);
        else if (type == RTA_GATEWAY)
            good = address_of(value, route->family, &route->gateway);
        else if (type == RTA_VIA)
            good = via_of(value, &route->gateway);
        else if (type == RTA_PREFSRC)
            good = address_of(value, route->family, &route->source);
        else if (type == RTA_MULTIPATH)
            good = decode_multipath(value, route);
        else if (type == RTA_CACHEINFO && value.left >= sizeof(cache)) {
            take(&value, &cache, sizeof(cache));
            route->error = (int32_t)cache.rta_error;
        }
        if (!good)
            return false;
    }
    if (route->gateway.family != FAMILY_NONE)
        gateway_add(route, route->interface);
    return !rest.bad;
}

static bool decode_nexthop(struct piece rest, struct links_message *out)
{
    struct nhmsg header;
    if (!take(&rest, &header, sizeof(header)))
        return false;
    out->kind = LINKS_NEXTHOP;
    out->nexthop = (struct links_nexthop){0};
    uint16_t type;
    struct piece value;
    while (next(&rest, &type, &value)) {
        if (type == NHA_OIF)
            out->nexthop.interface = take_u32(value);
        else if (type == NHA_GATEWAY)
            out->nexthop.gateway = true;
    }
    return !rest.bad;
}

static bool decode_rule(struct piece rest, struct links_message *out)
{
    struct fib_rule_hdr header;
    out->kind = LINKS_RULE;
    return take(&rest, &header, sizeof(header));
}

bool links_decode_message(const void *data, size_t length, struct links_message *out)
{
    struct piece rest = {.at = data, .left = length};
    struct nlmsghdr header;
    out->kind = LINKS_OTHER;
    out->gone = false;
    if (!take(&rest, &header, sizeof(header)) || header.nlmsg_len < sizeof(header) ||
        header.nlmsg_len - sizeof(header) > rest.left)
        return false;
    rest.left = header.nlmsg_len - sizeof(header);
    out->gone = (header.nlmsg_type & 3) == (RTM_DELLINK & 3); /* new, del, get, set by turns */
    switch (header.nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
        return decode_link(rest, out);
    case RTM_NEWADDR:
    case RTM_DELADDR:
        return decode_address(rest, out);
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
        return decode_route(rest, out);
    case RTM_NEWRULE:
    case RTM_DELRULE:
        return decode_rule(rest, out);
    case RTM_NEWNEXTHOP:
    case RTM_DELNEXTHOP:
        return decode_nexthop(rest, out);
    default:
        return true;
    }
}
