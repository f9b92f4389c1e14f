/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"
#include "sources/killswitch.h"
#include "sources/netlink.h"
#include "tables/killswitch.h"

/* Default routes and policy rules that lead nowhere. */

/* A default route, or a half of one as VPN clients lay them. */
#define DEFAULT_PREFIX 1
#define NO_METRIC UINT32_MAX /* the kernel's own last resort, there from the beginning */

struct search {
    const struct model *model;
    struct killswitch_info *info;
};

static struct killswitch_row *row_for(struct killswitch_info *info, unsigned char family)
{
    if (info->count == KILLSWITCH_ROWS)
        return NULL;
    struct killswitch_row *row = &info->rows[info->count++];
    row->families = 1u << (family == AF_INET6 ? FAMILY_INDEX_6 : FAMILY_INDEX_4);
    return row;
}

static uint32_t attribute_of(
    const struct nlmsghdr *message, size_t header, uint16_t type, uint32_t otherwise)
{
    const uint8_t *at = (const uint8_t *)mnl_nlmsg_get_payload(message) + MNL_ALIGN(header);
    const uint8_t *end = (const uint8_t *)message + message->nlmsg_len;
    struct nlattr attribute;
    while (at < end && (size_t)(end - at) >= sizeof(attribute)) {
        uint32_t value;
        memcpy(&attribute, at, sizeof(attribute));
        if (attribute.nla_len < sizeof(attribute) || attribute.nla_len > end - at)
            break;
        if ((attribute.nla_type & NLA_TYPE_MASK) == type &&
            attribute.nla_len >= sizeof(attribute) + sizeof(value)) {
            memcpy(&value, at + sizeof(attribute), sizeof(value));
            return value;
        }
        at += MNL_ALIGN(attribute.nla_len);
    }
    return otherwise;
}

static const char *word_of(unsigned char type)
{
    return type == RTN_BLACKHOLE     ? "a black hole"
           : type == RTN_UNREACHABLE ? "unreachable"
           : type == RTN_PROHIBIT    ? "prohibited"
                                     : NULL;
}

static bool take_route(void *context, const struct nlmsghdr *message, size_t length)
{
    struct search *search = context;
    struct rtmsg route;
    (void)length;
    if (message->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(message) < sizeof(route))
        return true;
    memcpy(&route, mnl_nlmsg_get_payload(message), sizeof(route));
    uint32_t metric = attribute_of(message, sizeof(route), RTA_PRIORITY, 0);
    uint32_t table = attribute_of(message, sizeof(route), RTA_TABLE, route.rtm_table);
    uint32_t index = attribute_of(message, sizeof(route), RTA_OIF, 0);
    if (route.rtm_dst_len > DEFAULT_PREFIX || metric == NO_METRIC || table == 0)
        return true;
    const struct interface *out = index ? model_interface(search->model, index) : NULL;
    const char *family = route.rtm_family == AF_INET6 ? "IPv6" : "IPv4";
    const char *word = word_of(route.rtm_type);
    bool dummy = !word && out && out->present && strcmp(out->kind, "dummy") == 0;
    struct killswitch_row *row = word || dummy ? row_for(search->info, route.rtm_family) : NULL;
    if (row && word)
        text_format(row->text, sizeof(row->text),
            "the default route for %s of table %u, metric %u, is %s: it holds where none before it "
            "is left",
            family, (unsigned)table, (unsigned)metric, word);
    else if (row) {
        const char *owner = killswitch_dummy_owner(out->name);
        text_format(row->text, sizeof(row->text),
            "the default route for %s of table %u, metric %u, leads into %s, a dummy interface%s%s",
            family, (unsigned)table, (unsigned)metric, out->name, owner ? " of " : "",
            owner ? owner : "");
    }
    return true;
}

/* One that tells packets apart by address, mark or interface holds a part only. */
static bool take_rule(void *context, const struct nlmsghdr *message, size_t length)
{
    static const uint16_t parts[] = {FRA_FWMARK, FRA_IIFNAME, FRA_OIFNAME, FRA_UID_RANGE,
        FRA_SPORT_RANGE, FRA_DPORT_RANGE, FRA_TUN_ID};
    struct search *search = context;
    struct fib_rule_hdr rule;
    (void)length;
    if (message->nlmsg_type != RTM_NEWRULE || mnl_nlmsg_get_payload_len(message) < sizeof(rule))
        return true;
    memcpy(&rule, mnl_nlmsg_get_payload(message), sizeof(rule));
    const char *word = rule.action == FR_ACT_BLACKHOLE     ? "a black hole"
                       : rule.action == FR_ACT_UNREACHABLE ? "unreachable"
                       : rule.action == FR_ACT_PROHIBIT    ? "prohibited"
                                                           : NULL;
    if (!word || rule.dst_len > 0 || rule.src_len > 0 || rule.tos != 0)
        return true;
    /* Where the mark is not that of others ("not fwmark N"), it holds what is no VPN client's. */
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (attribute_of(message, sizeof(rule), parts[i], 0) != 0 &&
            !(parts[i] == FRA_FWMARK && (rule.flags & FIB_RULE_INVERT)))
            return true;
    struct killswitch_row *row = row_for(search->info, rule.family);
    if (row)
        text_format(row->text, sizeof(row->text),
            "policy rule %u for %s says %s: it holds where no rule before it finds a route",
            (unsigned)attribute_of(message, sizeof(rule), FRA_PRIORITY, 0),
            rule.family == AF_INET6 ? "IPv6" : "IPv4", word);
    return true;
}

static void dump(struct netlink *netlink, uint16_t type, uint8_t family, netlink_each *each,
    struct search *search)
{
    union {
        struct nlmsghdr header;
        uint8_t room[NETLINK_REQUEST];
    } request;
    struct nlmsghdr *message = mnl_nlmsg_put_header(&request);
    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    struct rtmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
    header->rtm_family = family;
    /* What an interrupted dump lacks comes with the next change, which is what interrupted it. */
    (void)netlink_ask(netlink, message, each, search);
}

void killswitch_routes(const struct model *model, struct killswitch_info *info)
{
    static const uint8_t families[] = {AF_INET, AF_INET6};
    struct search search = {model, info};
    struct netlink netlink;
    if (netlink_open(&netlink, NETLINK_ROUTE) != 0)
        return;
    for (size_t i = 0; i < sizeof(families); i++) {
        dump(&netlink, RTM_GETROUTE, families[i], take_route, &search);
        dump(&netlink, RTM_GETRULE, families[i], take_rule, &search);
    }
    netlink_close(&netlink);
}
