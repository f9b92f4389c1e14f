/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_TESTS_MESSAGES_H
#define LEAKTOP_TESTS_MESSAGES_H

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/address.h"

/* The messages that the kernel sends for kinds of links which the machine that runs the tests may
 * not have, put together as net/core/rtnetlink.c rtnl_fill_ifinfo does. */
struct message {
    union {
        struct nlmsghdr header;
        uint8_t room[1024];
    };
};

static inline void link_begin(struct message *message, uint16_t type, int index, uint16_t arphrd,
    unsigned flags, uint8_t family)
{
    memset(message, 0, sizeof(*message));
    struct nlmsghdr *header = mnl_nlmsg_put_header(message);
    header->nlmsg_type = type;
    struct ifinfomsg *info = mnl_nlmsg_put_extra_header(header, sizeof(*info));
    info->ifi_family = family;
    info->ifi_index = index;
    info->ifi_type = arphrd;
    info->ifi_flags = flags;
}

static inline struct message link_message(
    uint16_t type, int index, const char *name, const char *kind, uint16_t arphrd, unsigned flags)
{
    struct message message;
    link_begin(&message, type, index, arphrd, flags, AF_UNSPEC);
    mnl_attr_put_strz(&message.header, IFLA_IFNAME, name);
    mnl_attr_put_u32(&message.header, IFLA_MTU, 1420);
    if (kind) {
        struct nlattr *info = mnl_attr_nest_start(&message.header, IFLA_LINKINFO);
        mnl_attr_put_strz(&message.header, IFLA_INFO_KIND, kind);
        struct nlattr *data = mnl_attr_nest_start(&message.header, IFLA_INFO_DATA);
        mnl_attr_put_u32(&message.header, 1, 7);
        mnl_attr_nest_end(&message.header, data);
        mnl_attr_nest_end(&message.header, info);
    }
    return message;
}

static inline struct message address_message(uint16_t type, uint32_t index, uint8_t family,
    uint8_t prefix, uint8_t scope, const char *local, const char *other)
{
    struct message message = {0};
    struct nlmsghdr *header = mnl_nlmsg_put_header(&message);
    header->nlmsg_type = type;
    struct ifaddrmsg *info = mnl_nlmsg_put_extra_header(header, sizeof(*info));
    info->ifa_family = family;
    info->ifa_index = index;
    info->ifa_prefixlen = prefix;
    info->ifa_scope = scope;
    struct address value;
    size_t size = family == AF_INET ? 4 : 16;
    if (other) {
        address_parse(other, &value);
        mnl_attr_put(header, IFA_ADDRESS, size, value.bytes);
    }
    if (local) {
        address_parse(local, &value);
        mnl_attr_put(header, IFA_LOCAL, size, value.bytes);
    }
    return message;
}

static inline void route_begin(struct message *message, uint8_t family)
{
    memset(message, 0, sizeof(*message));
    struct nlmsghdr *header = mnl_nlmsg_put_header(message);
    header->nlmsg_type = RTM_NEWROUTE;
    struct rtmsg *info = mnl_nlmsg_put_extra_header(header, sizeof(*info));
    info->rtm_family = family;
    info->rtm_type = RTN_UNICAST;
    info->rtm_table = RT_TABLE_MAIN;
}

static inline void put_address(struct message *message, uint16_t type, const char *text)
{
    struct address value;
    assert_true(address_parse(text, &value));
    mnl_attr_put(&message->header, type, value.family == FAMILY_IPV4 ? 4 : 16, value.bytes);
}

static inline void put_via(struct message *message, const char *text)
{
    struct {
        uint16_t family;
        uint8_t bytes[16];
    } via = {.family = AF_INET6};
    struct address value;
    assert_true(address_parse(text, &value));
    memcpy(via.bytes, value.bytes, 16);
    mnl_attr_put(&message->header, RTA_VIA, sizeof(via), &via);
}

#define UP (IFF_UP | IFF_RUNNING | IFF_LOWER_UP)

#endif
