/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/links.h"

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "messages.h"
#include "model/model.h"
#include "sources/links_decode.h"
#include "sources/links_routes.h"

#define NOW 1000000000ULL

struct fixture {
    struct model *model;
    struct links *links;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    fixture->model = model_new(7, NOW);
    fixture->links = links_new_offline(fixture->model);
    *state = fixture;
    return fixture->model && fixture->links ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    links_close(fixture->links);
    model_free(fixture->model);
    free(fixture);
    return 0;
}

static bool feed(struct fixture *fixture, const struct message *message)
{
    return links_feed(fixture->links, message, message->header.nlmsg_len, NOW);
}

static void test_kinds(void **state)
{
    static const struct {
        const char *name, *kind;
        uint16_t arphrd;
        unsigned flags;
        bool up;
    } cases[] = {
        {"wg0-mullvad", "wireguard", ARPHRD_NONE, UP | IFF_POINTOPOINT | IFF_NOARP, true},
        {"vrf-blue", "vrf", ARPHRD_ETHER, UP | IFF_MASTER | IFF_NOARP, true},
        {"gre1", "gre", ARPHRD_IPGRE, UP | IFF_POINTOPOINT, true},
        {"ipsec0", "xfrm", ARPHRD_NONE, UP | IFF_NOARP, true},
        {"ipv6leakintrf0", "dummy", ARPHRD_ETHER, UP | IFF_NOARP, true},
        {"ppp0", "ppp", ARPHRD_PPP, UP | IFF_POINTOPOINT, true},
        {"ovpn0", "ovpn", ARPHRD_NONE, UP, true},
        {"he-ipv6", "sit", ARPHRD_SIT, UP, true},
        {"eth0", NULL, ARPHRD_ETHER, UP, true},
        {"no-cable", NULL, ARPHRD_ETHER, IFF_UP, false},
        {"off", NULL, ARPHRD_ETHER, IFF_LOWER_UP, false},
        {"tun-unheld", "tun", ARPHRD_NONE, IFF_UP | IFF_RUNNING, false},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int index = (int)i + 2;
        struct message message = link_message(
            RTM_NEWLINK, index, cases[i].name, cases[i].kind, cases[i].arphrd, cases[i].flags);
        if (!feed(fixture, &message))
            fail_msg("%s: called malformed", cases[i].name);
        const struct interface *held = model_interface(fixture->model, (uint32_t)index);
        if (!held || !held->present)
            fail_msg("%s: not in the model", cases[i].name);
        assert_string_equal(held->name, cases[i].name);
        assert_string_equal(held->kind, cases[i].kind ? cases[i].kind : "");
        assert_int_equal(held->link_type, cases[i].arphrd);
        if (held->up != cases[i].up)
            fail_msg("%s: up is %d", cases[i].name, held->up);
    }
}

static void test_name_is_escaped(void **state)
{
    struct fixture *fixture = *state;
    struct message message =
        link_message(RTM_NEWLINK, 2, "\033[31m\\\xff", "tun\033", ARPHRD_NONE, UP);
    assert_true(feed(fixture, &message));
    const struct interface *held = model_interface(fixture->model, 2);
    assert_string_equal(held->name, "\\027[31m\\092\\255");
    assert_string_equal(held->kind, "tun\\027");
}

/* A wireless event names the link and nothing else: kind and master stay. */
static void test_partial_message(void **state)
{
    struct fixture *fixture = *state;
    struct message message = link_message(RTM_NEWLINK, 3, "wlan0", "macvlan", ARPHRD_ETHER, UP);
    mnl_attr_put_u32(&message.header, IFLA_MASTER, 9);
    assert_true(feed(fixture, &message));
    link_begin(&message, RTM_NEWLINK, 3, ARPHRD_ETHER, UP, AF_UNSPEC);
    mnl_attr_put_strz(&message.header, IFLA_IFNAME, "wlan0");
    mnl_attr_put(&message.header, IFLA_WIRELESS, 8, "scanning");
    assert_true(feed(fixture, &message));
    const struct interface *held = model_interface(fixture->model, 3);
    assert_string_equal(held->kind, "macvlan");
    assert_int_equal(held->master, 9);
    message = link_message(RTM_NEWLINK, 3, "wlan0", NULL, ARPHRD_ETHER, UP);
    assert_true(feed(fixture, &message));
    assert_string_equal(held->kind, "");
    assert_int_equal(held->master, 0);
}

/* A port that leaves its bridge is told as RTM_DELLINK of family AF_BRIDGE. */
static void test_bridge_port_leaves(void **state)
{
    struct fixture *fixture = *state;
    struct message message = link_message(RTM_NEWLINK, 4, "eth0", NULL, ARPHRD_ETHER, UP);
    assert_true(feed(fixture, &message));
    link_begin(&message, RTM_DELLINK, 4, ARPHRD_ETHER, UP, AF_BRIDGE);
    mnl_attr_put_strz(&message.header, IFLA_IFNAME, "eth0");
    assert_true(feed(fixture, &message));
    assert_true(model_interface(fixture->model, 4)->present);
    message = link_message(RTM_DELLINK, 4, "eth0", NULL, ARPHRD_ETHER, UP);
    assert_true(feed(fixture, &message));
    assert_false(model_interface(fixture->model, 4)->present);
}

static const struct interface *with_link(struct fixture *fixture, int index)
{
    struct message message = link_message(RTM_NEWLINK, index, "net0", NULL, ARPHRD_ETHER, UP);
    assert_true(feed(fixture, &message));
    return model_interface(fixture->model, (uint32_t)index);
}

static void test_addresses(void **state)
{
    struct fixture *fixture = *state;
    const struct interface *held = with_link(fixture, 5);
    struct message messages[] = {
        address_message(
            RTM_NEWADDR, 5, AF_INET6, 64, RT_SCOPE_LINK, NULL, "fe80::5"), /* gives way */
        address_message(RTM_NEWADDR, 5, AF_INET, 32, RT_SCOPE_UNIVERSE, "10.64.0.2", "10.64.0.1"),
        address_message(RTM_NEWADDR, 5, AF_INET6, 128, RT_SCOPE_UNIVERSE, NULL, "fc00::2"),
        address_message(RTM_NEWADDR, 5, AF_INET6, 128, RT_SCOPE_UNIVERSE, NULL, "fc00::2"),
        address_message(RTM_NEWADDR, 6, AF_INET, 24, RT_SCOPE_UNIVERSE, "192.0.2.1", NULL),
    };
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
        assert_true(feed(fixture, &messages[i]));
    static const char *const expected[] = {"10.64.0.2", "fc00::2", "fe80::5"};
    assert_int_equal(held->address_count, 3);
    char text[ADDRESS_TEXT];
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(address_format(&held->addresses[i].address, text), expected[i]);
    assert_int_equal(held->addresses[0].prefix, 32);
    assert_int_equal(held->addresses[2].prefix, 64);
    assert_null(model_interface(fixture->model, 6)); /* an address makes no interface */

    messages[1].header.nlmsg_type = RTM_DELADDR;
    assert_true(feed(fixture, &messages[1]));
    assert_int_equal(held->address_count, 2);
    assert_string_equal(address_format(&held->addresses[0].address, text), "fc00::2");
}

/* The bit that means temporary of IPv6 means secondary of IPv4; what stands in IFA_FLAGS counts. */
static void test_temporary_addresses(void **state)
{
    struct fixture *fixture = *state;
    const struct interface *held = with_link(fixture, 5);
    static const struct {
        uint8_t family, header_flags;
        const char *address;
        uint32_t flags; /* of the attribute; 0: there is none */
        bool temporary;
    } cases[] = {
        {AF_INET, IFA_F_SECONDARY, "192.0.2.1", 0, false},
        {AF_INET6, 0, "2001:db8::1", 0, false},
        {AF_INET6, IFA_F_TEMPORARY, "2001:db8::2", 0, true},
        {AF_INET6, 0, "2001:db8::3", IFA_F_TEMPORARY | IFA_F_NOPREFIXROUTE, true},
        {AF_INET6, 0, "2001:db8::4", IFA_F_MANAGETEMPADDR, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct message message = address_message(RTM_NEWADDR, 5, cases[i].family, 32,
            RT_SCOPE_UNIVERSE, cases[i].address, cases[i].address);
        struct ifaddrmsg *info = mnl_nlmsg_get_payload(&message.header);
        info->ifa_flags = cases[i].header_flags;
        if (cases[i].flags)
            mnl_attr_put_u32(&message.header, IFA_FLAGS, cases[i].flags);
        assert_true(feed(fixture, &message));
        assert_int_equal(held->address_count, i + 1);
        if (held->addresses[i].temporary != cases[i].temporary)
            fail_msg("%s: %d", cases[i].address, held->addresses[i].temporary);
    }
}

static bool is_local(const struct fixture *fixture, const char *text)
{
    struct address address;
    assert_true(address_parse(text, &address));
    return model_is_local(fixture->model, &address);
}

#define MANY 300

/* Those that have no place at their interface are this machine's all the same, and take the place
 * of those that go. */
static void test_more_addresses_than_room(void **state)
{
    struct fixture *fixture = *state;
    const struct interface *held = with_link(fixture, 5);
    struct message message =
        address_message(RTM_NEWADDR, 5, AF_INET6, 64, RT_SCOPE_LINK, NULL, "fe80::5");
    char text[ADDRESS_TEXT];
    assert_true(feed(fixture, &message));
    for (int i = MANY; i > 0; i--) {
        snprintf(text, sizeof(text), "10.9.%d.%d", i / 250, i % 250 + 1);
        message = address_message(RTM_NEWADDR, 5, AF_INET, 24, RT_SCOPE_UNIVERSE, text, text);
        assert_true(feed(fixture, &message));
        assert_true(feed(fixture, &message)); /* said again, as at each renewal */
    }
    assert_int_equal(held->address_count, INTERFACE_ADDRESSES);
    for (size_t i = 0; i < held->address_count; i++)
        assert_int_equal(held->addresses[i].address.family, FAMILY_IPV4);
    assert_true(is_local(fixture, "fe80::5"));
    assert_false(is_local(fixture, "10.9.9.9"));
    for (int i = 1; i <= MANY; i++) {
        snprintf(text, sizeof(text), "10.9.%d.%d", i / 250, i % 250 + 1);
        if (!is_local(fixture, text))
            fail_msg("%s is this machine's", text);
        message = address_message(RTM_DELADDR, 5, AF_INET, 24, RT_SCOPE_UNIVERSE, text, text);
        assert_true(feed(fixture, &message));
        if (is_local(fixture, text))
            fail_msg("%s was taken away", text);
        int left = MANY - i + 1; /* with fe80::5, the last to find a place */
        assert_int_equal(
            held->address_count, left < INTERFACE_ADDRESSES ? left : INTERFACE_ADDRESSES);
    }
    assert_true(address_is_link_local(&held->addresses[0].address));

    for (int i = 0; i < 40; i++) { /* the interface takes all of its own with it, and no other's */
        snprintf(text, sizeof(text), "10.8.0.%d", i + 1);
        message = address_message(RTM_NEWADDR, 5, AF_INET, 24, RT_SCOPE_UNIVERSE, text, text);
        assert_true(feed(fixture, &message));
    }
    with_link(fixture, 6);
    for (int i = 0; i < 40; i++) {
        snprintf(text, sizeof(text), "10.7.0.%d", i + 1);
        message = address_message(RTM_NEWADDR, 6, AF_INET, 24, RT_SCOPE_UNIVERSE, text, text);
        assert_true(feed(fixture, &message));
    }
    message = link_message(RTM_DELLINK, 5, "net0", NULL, ARPHRD_ETHER, UP);
    assert_true(feed(fixture, &message));
    assert_false(is_local(fixture, "10.8.0.1"));
    assert_false(is_local(fixture, "10.8.0.40"));
    assert_true(is_local(fixture, "10.7.0.1"));
    assert_true(is_local(fixture, "10.7.0.40"));
}

/* The gateway by which a network is known again: of the default route that goes first, and kept
 * where a VPN client takes that route away. */
static void test_gateway_addresses(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *name, *gateway;
        uint8_t length; /* of the destination: 0 a default route */
        uint32_t metric, table;
        bool gone;
        const char *expected; /* of interface 3 from then on */
    } steps[] = {
        {"one host's route alone", "192.168.1.9", 32, 0, RT_TABLE_MAIN, false, "192.168.1.9"},
        {"a subnet's says nothing", "192.168.1.8", 24, 0, RT_TABLE_MAIN, false, "192.168.1.9"},
        {"a default route of another table", "192.168.1.7", 0, 0, 100, false, "192.168.1.7"},
        {"the default route", "192.168.1.1", 0, 600, RT_TABLE_MAIN, false, "192.168.1.1"},
        {"one that goes after it", "192.168.1.2", 0, 700, RT_TABLE_MAIN, false, "192.168.1.1"},
        {"one host's route beside it", "192.168.1.9", 32, 0, RT_TABLE_MAIN, false, "192.168.1.1"},
        {"another one goes", "192.168.1.2", 0, 700, RT_TABLE_MAIN, true, "192.168.1.1"},
        {"it goes: a VPN took it", "192.168.1.1", 0, 600, RT_TABLE_MAIN, true, "192.168.1.1"},
        {"another network", "10.0.0.1", 0, 600, RT_TABLE_MAIN, false, "10.0.0.1"},
        {"the same rank: the newer", "10.0.0.2", 0, 600, RT_TABLE_MAIN, false, "10.0.0.2"},
        {"one that goes first", "10.0.0.3", 0, 100, RT_TABLE_MAIN, false, "10.0.0.3"},
    };
    with_link(fixture, 3);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct message message;
        struct address expected;
        route_begin(&message, AF_INET);
        message.header.nlmsg_type = steps[i].gone ? RTM_DELROUTE : RTM_NEWROUTE;
        struct rtmsg *route = mnl_nlmsg_get_payload(&message.header);
        route->rtm_dst_len = steps[i].length;
        route->rtm_table = RT_TABLE_UNSPEC; /* the attribute counts */
        if (steps[i].length)
            put_address(&message, RTA_DST, "192.0.2.66");
        mnl_attr_put_u32(&message.header, RTA_TABLE, steps[i].table);
        mnl_attr_put_u32(&message.header, RTA_PRIORITY, steps[i].metric);
        mnl_attr_put_u32(&message.header, RTA_OIF, 3);
        put_address(&message, RTA_GATEWAY, steps[i].gateway);
        assert_true(feed(fixture, &message));
        assert_true(address_parse(steps[i].expected, &expected));
        const struct interface *interface = model_interface(fixture->model, 3);
        if (!address_equal(&interface->gateways[0], &expected))
            fail_msg("%s: not %s", steps[i].name, steps[i].expected);
        assert_int_equal(interface->gateways[1].family, FAMILY_NONE);
    }
}

static void test_gateways(void **state)
{
    struct fixture *fixture = *state;
    for (int index = 2; index < 9; index++)
        with_link(fixture, index);
    struct message message;

    route_begin(&message, AF_INET); /* on the link: no gateway */
    put_address(&message, RTA_DST, "192.0.2.0");
    mnl_attr_put_u32(&message.header, RTA_OIF, 2);
    assert_true(feed(fixture, &message));

    route_begin(&message, AF_INET);
    mnl_attr_put_u32(&message.header, RTA_OIF, 3);
    put_address(&message, RTA_GATEWAY, "192.0.2.1");
    assert_true(feed(fixture, &message));

    route_begin(&message, AF_INET); /* IPv4 by a gateway of IPv6 */
    put_via(&message, "fe80::1");
    mnl_attr_put_u32(&message.header, RTA_OIF, 4);
    assert_true(feed(fixture, &message));

    route_begin(&message, AF_INET6); /* 5 has a gateway, 6 has none */
    struct nlattr *nest = mnl_attr_nest_start(&message.header, RTA_MULTIPATH);
    struct {
        struct rtnexthop hop;
        struct nlattr head;
        uint8_t gateway[16];
    } first = {.hop = {.rtnh_len = sizeof(first), .rtnh_ifindex = 5},
        .head = {.nla_len = 20, .nla_type = RTA_GATEWAY},
        .gateway = {0xfe, 0x80, [15] = 1}};
    struct rtnexthop second = {.rtnh_len = sizeof(second), .rtnh_ifindex = 6};
    uint8_t *at = mnl_nlmsg_get_payload_tail(&message.header);
    memcpy(at, &first, sizeof(first));
    memcpy(at + sizeof(first), &second, sizeof(second));
    message.header.nlmsg_len += (uint32_t)(sizeof(first) + sizeof(second));
    mnl_attr_nest_end(&message.header, nest);
    assert_true(feed(fixture, &message));

    for (uint32_t index = 7; index <= 8; index++) { /* objects: 7 with a gateway, 8 without */
        memset(&message, 0, sizeof(message));
        struct nlmsghdr *header = mnl_nlmsg_put_header(&message);
        header->nlmsg_type = RTM_NEWNEXTHOP;
        struct nhmsg *info = mnl_nlmsg_put_extra_header(header, sizeof(*info));
        info->nh_family = AF_INET;
        mnl_attr_put_u32(header, NHA_ID, 1);
        mnl_attr_put_u32(header, NHA_OIF, index);
        if (index == 7)
            put_address(&message, NHA_GATEWAY, "192.0.2.1");
        assert_true(feed(fixture, &message));
    }
    static const bool expected[9] = {[3] = true, [4] = true, [5] = true, [7] = true};
    for (uint32_t index = 2; index < 9; index++)
        if (model_interface(fixture->model, index)->gateway_route != expected[index])
            fail_msg("interface %u: gateway_route is %d", index, !expected[index]);
    /* sticky: the link is described anew, as it is at each change of its carrier */
    with_link(fixture, 3);
    assert_true(model_interface(fixture->model, 3)->gateway_route);
}

/* Cut anywhere, a message is malformed or tells less, and nothing is read behind it. Each length
 * has its own block, so that a sanitizer sees the first octet too many. */
static void test_cut_everywhere(void **state)
{
    struct fixture *fixture = *state;
    struct message messages[4];
    messages[0] = link_message(RTM_NEWLINK, 2, "wg0", "wireguard", ARPHRD_NONE, UP);
    messages[1] = address_message(RTM_NEWADDR, 2, AF_INET, 32, 0, "10.64.0.2", "10.64.0.1");
    route_begin(&messages[2], AF_INET6);
    put_address(&messages[2], RTA_GATEWAY, "fe80::1");
    mnl_attr_put_u32(&messages[2].header, RTA_OIF, 2);
    route_begin(&messages[3], AF_INET);
    put_via(&messages[3], "fe80::1");
    for (size_t i = 0; i < 4; i++) {
        uint32_t whole = messages[i].header.nlmsg_len;
        for (uint32_t length = 0; length < whole; length++) {
            uint8_t *data = malloc(length + 1);
            memcpy(data + 1, &messages[i], length); /* not aligned either */
            assert_false(links_feed(fixture->links, data + 1, length, NOW));
            uint32_t said = length;
            if (length >= sizeof(said)) {
                memcpy(data + 1, &said, sizeof(said));
                struct links_message decoded;
                bool good = links_decode_message(data + 1, length, &decoded);
                /* between two attributes it is well formed, inside one it is not, but for what
                 * only aligns the last */
                if (good && length % 4 != 0 && length < whole - 3)
                    fail_msg("message %zu cut to %u was taken", i, length);
            }
            free(data);
        }
        assert_true(feed(fixture, &messages[i]));
    }
}

static void test_malformed(void **state)
{
    struct fixture *fixture = *state;
    struct message good = address_message(RTM_NEWADDR, 2, AF_INET, 24, 0, "192.0.2.1", NULL);
    struct message message = good;
    struct nlattr *attribute = (void *)(message.room + NLMSG_HDRLEN + sizeof(struct ifaddrmsg));
    with_link(fixture, 2);

    attribute->nla_len = 3; /* shorter than its own head: must not loop */
    assert_false(feed(fixture, &message));
    attribute->nla_len = 200;
    assert_false(feed(fixture, &message));
    attribute->nla_len = 6; /* an address of two octets */
    assert_false(feed(fixture, &message));
    message = address_message(RTM_NEWADDR, 2, AF_INET, 33, 0, "192.0.2.1", NULL);
    assert_false(feed(fixture, &message));
    message = address_message(RTM_NEWADDR, 2, AF_INET, 24, 0, NULL, NULL);
    assert_false(feed(fixture, &message));
    message = link_message(RTM_NEWLINK, 0, "eth0", NULL, ARPHRD_ETHER, UP);
    assert_false(feed(fixture, &message));
    assert_int_equal(model_interface(fixture->model, 2)->address_count, 0);
    assert_true(feed(fixture, &good));
    assert_int_equal(model_interface(fixture->model, 2)->address_count, 1);

    message = good; /* of no interest, and no error */
    message.header.nlmsg_type = RTM_NEWNEIGH;
    assert_true(feed(fixture, &message));
}

/* ---- what answers of the kernel mean ---- */

static void test_answers(void **state)
{
    static const struct {
        const char *name;
        int error;
        struct links_route route;
        enum route_state state;
        uint32_t interface;
        enum links_protection protection;
    } cases[] = {
        {"no route", -101, {0}, ROUTE_NONE, 0, 0},
        {"unreachable", -113, {0}, ROUTE_BLOCKED, 0, 0},
        {"prohibit", -13, {0}, ROUTE_BLOCKED, 0, 0},
        {"blackhole", -22, {0}, ROUTE_BLOCKED, 0, 0},
        {"no IPv6 in the kernel", -97, {0}, ROUTE_NONE, 0, 0},
        {"could not be asked", -61, {0}, ROUTE_UNKNOWN, 0, 0},
        {"timed out", -110, {0}, ROUTE_UNKNOWN, 0, 0},
        {"IPv6 null entry of old kernels", 0,
            {.family = AF_INET6, .type = RTN_UNREACHABLE, .interface = 1, .error = -101},
            ROUTE_NONE, 0, 0},
        {"IPv6 unreachable of old kernels", 0,
            {.family = AF_INET6, .type = RTN_UNREACHABLE, .interface = 1, .error = -113},
            ROUTE_BLOCKED, 0, 0},
        {"type blackhole", 0, {.family = AF_INET, .type = RTN_BLACKHOLE}, ROUTE_BLOCKED, 0, 0},
        {"into a dummy", 0, {.family = AF_INET6, .type = RTN_UNICAST, .interface = 4},
            ROUTE_BLOCKED, 4, 0},
        {"a route without a link", 0, {.family = AF_INET, .type = RTN_UNICAST}, ROUTE_UNKNOWN, 0,
            0},
        {"by hardware with gateway", 0,
            {.family = AF_INET, .type = RTN_UNICAST, .interface = 2, .gateway = {FAMILY_IPV4, {1}}},
            ROUTE_PRESENT, 2, LINKS_CLEAR},
        {"by hardware without", 0, {.family = AF_INET, .type = RTN_UNICAST, .interface = 2},
            ROUTE_PRESENT, 2, LINKS_CLEAR_NO_GATEWAY},
        {"by wireguard", 0, {.family = AF_INET, .type = RTN_UNICAST, .interface = 3}, ROUTE_PRESENT,
            3, LINKS_PROTECTED},
        {"by a link not heard of yet", 0, {.family = AF_INET, .type = RTN_UNICAST, .interface = 77},
            ROUTE_PRESENT, 77, LINKS_CLEAR_NO_GATEWAY},
    };
    struct fixture *fixture = *state;
    struct message messages[] = {
        link_message(RTM_NEWLINK, 2, "eth0", NULL, ARPHRD_ETHER, UP),
        link_message(RTM_NEWLINK, 3, "wg0", "wireguard", ARPHRD_NONE, UP),
        link_message(RTM_NEWLINK, 4, "ipv6leakintrf0", "dummy", ARPHRD_ETHER, UP),
    };
    for (size_t i = 0; i < 3; i++)
        assert_true(feed(fixture, &messages[i]));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct links_answer answer =
            links_routes_answer(cases[i].error, &cases[i].route, fixture->model);
        if (answer.state != cases[i].state || answer.interface != cases[i].interface ||
            (answer.state == ROUTE_PRESENT && answer.protection != cases[i].protection))
            fail_msg("%s: state %d interface %u protection %d", cases[i].name, answer.state,
                answer.interface, answer.protection);
    }
}

/* ---- several answers become one web route ---- */

#define ETH                                                                                        \
    {                                                                                              \
        .state = ROUTE_PRESENT, .interface = 2, .protection = LINKS_CLEAR                          \
    }
#define BRIDGE                                                                                     \
    {                                                                                              \
        .state = ROUTE_PRESENT, .interface = 5, .protection = LINKS_CLEAR_NO_GATEWAY               \
    }
#define WG                                                                                         \
    {                                                                                              \
        .state = ROUTE_PRESENT, .interface = 3, .protection = LINKS_PROTECTED                      \
    }
#define MESH                                                                                       \
    {                                                                                              \
        .state = ROUTE_PRESENT, .interface = 9, .protection = LINKS_PROTECTED                      \
    }
#define LO                                                                                         \
    {                                                                                              \
        .state = ROUTE_PRESENT, .interface = 1, .loopback = true                                   \
    }
#define NONE                                                                                       \
    {                                                                                              \
        .state = ROUTE_NONE                                                                        \
    }
#define HOLE                                                                                       \
    {                                                                                              \
        .state = ROUTE_BLOCKED                                                                     \
    }
#define DUMMY                                                                                      \
    {                                                                                              \
        .state = ROUTE_BLOCKED, .interface = 4                                                     \
    }
#define UNKNOWN                                                                                    \
    {                                                                                              \
        .state = ROUTE_UNKNOWN                                                                     \
    }

static void test_merge(void **state)
{
    static const struct {
        const char *name;
        struct links_answer answers[3];
        enum route_state state;
        uint32_t interface;
        bool mixed;
    } cases[] = {
        {"all by the uplink", {ETH, ETH, ETH}, ROUTE_PRESENT, 2, false},
        {"all by the tunnel", {WG, WG, WG}, ROUTE_PRESENT, 3, false},
        {"half of the Internet past the tunnel", {WG, ETH, WG}, ROUTE_PRESENT, 2, true},
        {"the same, other order", {ETH, WG, WG}, ROUTE_PRESENT, 2, true},
        {"the uplink before a bridge", {BRIDGE, BRIDGE, ETH}, ROUTE_PRESENT, 2, true},
        {"of two tunnels the one with more", {MESH, WG, MESH}, ROUTE_PRESENT, 9, true},
        {"of two alike the lower index", {MESH, WG, NONE}, ROUTE_PRESENT, 3, true},
        {"a part is blocked", {WG, HOLE, WG}, ROUTE_PRESENT, 3, false},
        {"a part has no route", {NONE, NONE, WG}, ROUTE_PRESENT, 3, false},
        {"no route", {NONE, NONE, NONE}, ROUTE_NONE, 0, false},
        {"blackhole", {HOLE, HOLE, HOLE}, ROUTE_BLOCKED, 0, false},
        {"into a dummy", {DUMMY, DUMMY, DUMMY}, ROUTE_BLOCKED, 4, false},
        {"blackhole and dummy", {HOLE, DUMMY, NONE}, ROUTE_BLOCKED, 4, false},
        {"to this machine", {LO, LO, LO}, ROUTE_BLOCKED, 0, false},
        {"not all could be asked", {NONE, UNKNOWN, HOLE}, ROUTE_UNKNOWN, 0, false},
        {"one is known to leave", {UNKNOWN, ETH, UNKNOWN}, ROUTE_PRESENT, 2, false},
        {"none could be asked", {UNKNOWN, UNKNOWN, UNKNOWN}, ROUTE_UNKNOWN, 0, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct web_route route = links_routes_merge(cases[i].answers, 3);
        if (route.state != cases[i].state || route.interface != cases[i].interface ||
            route.mixed != cases[i].mixed)
            fail_msg("%s: state %d interface %u mixed %d", cases[i].name, route.state,
                route.interface, route.mixed);
    }
    assert_int_equal(links_routes_merge(cases[0].answers, 0).state, ROUTE_UNKNOWN);
}

/* The person's word decides which of two ways is the less protected. */
static void test_forced_roles(void **state)
{
    struct fixture *fixture = *state;
    model_force_role(fixture->model, "eth1", ROLE_TUNNEL);
    model_force_role(fixture->model, "tun7", ROLE_UPLINK);
    struct message messages[] = {
        link_message(RTM_NEWLINK, 2, "eth1", NULL, ARPHRD_ETHER, UP),
        link_message(RTM_NEWLINK, 3, "tun7", "tun", ARPHRD_NONE, UP),
    };
    assert_true(feed(fixture, &messages[0]));
    assert_true(feed(fixture, &messages[1]));
    model_settle(fixture->model, NOW);
    struct links_route route = {.family = AF_INET, .type = RTN_UNICAST, .interface = 2};
    assert_int_equal(links_routes_answer(0, &route, fixture->model).protection, LINKS_PROTECTED);
    route.interface = 3;
    assert_int_equal(
        links_routes_answer(0, &route, fixture->model).protection, LINKS_CLEAR_NO_GATEWAY);
}

static void test_public_addresses(void **state)
{
    (void)state;
    bool eighths[7] = {false};
    for (enum family family = 0; family < FAMILY_INDEXES; family++) {
        const struct address *list;
        size_t count = links_routes_public(family, &list);
        assert_true(count >= 4);
        for (size_t i = 0; i < count; i++) {
            assert_true(address_is_public(&list[i]));
            assert_int_equal(list[i].family, family == FAMILY_INDEX_6 ? FAMILY_IPV6 : FAMILY_IPV4);
            if (family == FAMILY_INDEX_4)
                eighths[list[i].bytes[0] >> 5] = true;
        }
    }
    for (size_t i = 0; i < 7; i++)
        assert_true(eighths[i]);
}

/* Without sockets nothing is claimed. */
static void test_offline(void **state)
{
    struct fixture *fixture = *state;
    struct address address;
    uint32_t interface = 1;
    bool blocked = true;
    address_parse("192.0.2.1", &address);
    assert_int_equal(links_fd(fixture->links), -1);
    assert_false(links_read(fixture->links, NOW));
    links_ask_routes(fixture->links, NOW);
    assert_int_equal(model_route(fixture->model, FAMILY_INDEX_4)->state, ROUTE_UNKNOWN);
    assert_true(links_route_to(fixture->links, &address, LINKS_OWN_USER, &interface, &blocked) < 0);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(test_kinds),
        WITH_FIXTURE(test_name_is_escaped),
        WITH_FIXTURE(test_partial_message),
        WITH_FIXTURE(test_bridge_port_leaves),
        WITH_FIXTURE(test_addresses),
        WITH_FIXTURE(test_temporary_addresses),
        WITH_FIXTURE(test_more_addresses_than_room),
        WITH_FIXTURE(test_gateways),
        WITH_FIXTURE(test_gateway_addresses),
        WITH_FIXTURE(test_cut_everywhere),
        WITH_FIXTURE(test_malformed),
        WITH_FIXTURE(test_answers),
        cmocka_unit_test(test_merge),
        WITH_FIXTURE(test_forced_roles),
        cmocka_unit_test(test_public_addresses),
        WITH_FIXTURE(test_offline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
