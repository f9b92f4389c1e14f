/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/links.h"

#include <linux/if_arp.h>
#include <linux/if_tunnel.h>
#include <stdio.h>
#include <stdlib.h>

#include "messages.h"
#include "model/model.h"
#include "sources/links_decode.h"

/* Whole machines as the kernel tells of them, with kinds of links that the machine which runs the
 * tests may not have: what role each gets. */

#define NOW 1000000000ULL
#define LINKS 7

#define GATEWAY 1 /* a default route by a gateway leaves by it, or did */
#define HOST 2    /* a route to one address by a gateway leaves by it */
#define WEB4 4    /* the kernel sends packets for public addresses by it */
#define WEB6 8
#define NUMBERED 16  /* has an address */
#define ELSEWHERE 32 /* what it stands on is in another namespace */
#define TUNNEL 64    /* -t */
#define UPLINK 128   /* -u */

struct link {
    const char *name, *kind; /* kind NULL: hardware */
    uint16_t hardware;       /* ARPHRD_* */
    unsigned flags;
    uint32_t master, lower; /* positions in the machine, from 1 */
    enum role role;
};

static const struct machine {
    const char *name;
    struct link links[LINKS];
} machines[] = {
    {"WireGuard over Wi-Fi", {{"wlan0", NULL, 1, GATEWAY, 0, 0, ROLE_UPLINK},
                                 {"wg0", "wireguard", 65534, WEB4 | WEB6, 0, 0, ROLE_TUNNEL}}},
    {"several uplinks, the cheaper one is used",
        {{"wlan0", NULL, 1, GATEWAY, 0, 0, ROLE_UPLINK},
            {"eth0", NULL, 1, GATEWAY | WEB4, 0, 0, ROLE_UPLINK},
            {"usb0", NULL, 1, 0, 0, 0, ROLE_UPLINK}}},
    {"every kind that encrypts", {{"awg0", "amneziawg", 65534, WEB4, 0, 0, ROLE_TUNNEL},
                                     {"o0", "ovpn", 65534, 0, 0, 0, ROLE_OVERLAY},
                                     {"o1", "ovpn-dco", 65534, 0, 0, 0, ROLE_OVERLAY},
                                     {"ipsec0", "xfrm", 65534, WEB6, 0, 0, ROLE_TUNNEL},
                                     {"vti0", "vti", 768, 0, 0, 0, ROLE_OVERLAY},
                                     {"vti6", "vti6", 769, 0, 0, 0, ROLE_OVERLAY},
                                     {"tun0", "tun", 65534, 0, 0, 0, ROLE_OVERLAY}}},
    {"every kind that does not, alone", {{"ipip1", "ipip", 768, WEB4, 0, 0, ROLE_UPLINK},
                                            {"sit1", "sit", 776, WEB6, 0, 0, ROLE_UPLINK},
                                            {"gre1", "gre", 778, 0, 0, 0, ROLE_UPLINK},
                                            {"gretap1", "gretap", 1, 0, 0, 0, ROLE_UPLINK},
                                            {"l2tpeth0", "l2tp", 1, 0, 0, 0, ROLE_UPLINK},
                                            {"vxlan5", "vxlan", 1, 0, 0, 0, ROLE_UPLINK},
                                            {"gnv0", "geneve", 1, 0, 0, 0, ROLE_UPLINK}}},
    {"6in4 by the uplink, beside a VPN of IPv4 alone",
        {{"eth0", NULL, 1, GATEWAY, 0, 0, ROLE_UPLINK},
            {"wg0", "wireguard", 65534, WEB4, 0, 0, ROLE_TUNNEL},
            {"he6", "sit", 776, WEB6, 0, 1, ROLE_UPLINK}}},
    {"6in4 inside the VPN", {{"eth0", NULL, 1, GATEWAY, 0, 0, ROLE_UPLINK},
                                {"wg0", "wireguard", 65534, WEB4, 0, 0, ROLE_TUNNEL},
                                {"he6", "sit", 776, WEB6, 0, 2, ROLE_TUNNEL}}},
    {"GRE by a tunnel in another namespace: not known",
        {{"wg0", "wireguard", 65534, WEB4, 0, 0, ROLE_TUNNEL},
            {"gre1", "gre", 778, WEB6 | ELSEWHERE, 0, 1, ROLE_UPLINK}}},
    {"tunnels that stand on each other for ever",
        {{"a", "vxlan", 1, WEB4, 0, 2, ROLE_UPLINK}, {"b", "vxlan", 1, 0, 0, 1, ROLE_UPLINK}}},
    {"tunnels in tunnels: the inner one has the web",
        {{"eth0", NULL, 1, GATEWAY, 0, 0, ROLE_UPLINK},
            {"wg-out", "wireguard", 65534, 0, 0, 0, ROLE_OVERLAY},
            {"wg-in", "wireguard", 65534, WEB4, 0, 0, ROLE_TUNNEL}}},
    {"a mesh without exit node", {{"eth0", NULL, 1, GATEWAY | WEB4, 0, 0, ROLE_UPLINK},
                                     {"tailscale0", "tun", 65534, NUMBERED, 0, 0, ROLE_OVERLAY},
                                     {"zt0", "tun", 1, NUMBERED, 0, 0, ROLE_OVERLAY}}},
    {"and with one", {{"eth0", NULL, 1, GATEWAY, 0, 0, ROLE_UPLINK},
                         {"tailscale0", "tun", 65534, WEB4 | WEB6 | NUMBERED, 0, 0, ROLE_TUNNEL}}},
    {"OpenVPN with a tap", {{"eth0", NULL, 1, GATEWAY, 0, 0, ROLE_UPLINK},
                               {"tap0", "tun", 1, WEB4 | GATEWAY | NUMBERED, 0, 0, ROLE_TUNNEL}}},
    {"a container without rights: its tap is its uplink",
        {{"lo", NULL, 772, 0, 0, 0, ROLE_LOOPBACK},
            {"tap0", "tun", 1, WEB4 | GATEWAY | NUMBERED, 0, 0, ROLE_UPLINK}}},
    {"and its own containers behind a bridge",
        {{"tap0", "tun", 1, WEB4 | GATEWAY | NUMBERED, 0, 0, ROLE_UPLINK},
            {"podman1", "bridge", 1, NUMBERED, 0, 0, ROLE_INNER},
            {"veth0", "veth", 1, 0, 2, 0, ROLE_INNER}}},
    {"PPPoE: the modem's link has no gateway",
        {{"eth0", NULL, 1, 0, 0, 0, ROLE_UPLINK}, {"ppp0", "ppp", 512, WEB4, 0, 0, ROLE_UPLINK}}},
    {"PPPoE and Wi-Fi: two uplinks",
        {{"eth0", NULL, 1, 0, 0, 0, ROLE_UPLINK}, {"wlan0", NULL, 1, GATEWAY, 0, 0, ROLE_UPLINK},
            {"ppp0", "ppp", 512, WEB4, 0, 0, ROLE_UPLINK}}},
    {"L2TP, PPTP, SSTP: the server has a route of its own",
        {{"eth0", NULL, 1, GATEWAY | HOST, 0, 0, ROLE_UPLINK},
            {"ppp0", "ppp", 512, WEB4, 0, 0, ROLE_TUNNEL}}},
    {"the same to the office alone", {{"eth0", NULL, 1, GATEWAY | HOST | WEB4, 0, 0, ROLE_UPLINK},
                                         {"ppp0", "ppp", 512, 0, 0, 0, ROLE_OVERLAY}}},
    {"a VPN by PPP over PPPoE: which is which is not known, and nothing good is assumed",
        {{"ppp0", "ppp", 512, GATEWAY | HOST, 0, 0, ROLE_UPLINK},
            {"ppp1", "ppp", 512, WEB4, 0, 0, ROLE_UPLINK}}},
    {"the person knows it", {{"ppp0", "ppp", 512, GATEWAY | HOST | UPLINK, 0, 0, ROLE_UPLINK},
                                {"ppp1", "ppp", 512, WEB4 | TUNNEL, 0, 0, ROLE_TUNNEL}}},
    {"modems", {{"wwan0", "wwan", 65534, WEB4, 0, 0, ROLE_UPLINK},
                   {"wwan1", NULL, 65534, 0, 0, 0, ROLE_UPLINK}, /* qmi_wwan, bare IP */
                   {"wwan2", NULL, 519, 0, 0, 0, ROLE_UPLINK},
                   {"rmnet0", "rmnet", 519, 0, 0, 1, ROLE_UPLINK}}},
    {"a bare modem carries the tunnel", {{"wwan1", NULL, 65534, WEB6, 0, 0, ROLE_UPLINK},
                                            {"wg0", "wireguard", 65534, WEB4, 0, 0, ROLE_TUNNEL}}},
    {"VRF: what it shows is shown by its ports",
        {{"eth0", NULL, 1, GATEWAY, 3, 0, ROLE_UPLINK},
            {"wg0", "wireguard", 65534, WEB4, 3, 0, ROLE_TUNNEL},
            {"blue", "vrf", 1, 0, 0, 0, ROLE_INNER}, {"eth1", NULL, 1, 0, 3, 0, ROLE_UPLINK}}},
    {"a VRF with an uplink is the web route",
        {{"wg0", "wireguard", 65534, 0, 3, 0, ROLE_OVERLAY},
            {"eth0", NULL, 1, 0, 3, 0, ROLE_UPLINK}, {"blue", "vrf", 1, WEB4, 0, 0, ROLE_UPLINK}}},
    {"a VRF of a tunnel alone is the web route",
        {{"wg0", "wireguard", 65534, 0, 2, 0, ROLE_OVERLAY},
            {"blue", "vrf", 1, WEB4, 0, 0, ROLE_TUNNEL},
            {"eth0", NULL, 1, GATEWAY, 0, 0, ROLE_UPLINK}}},
    {"bond and team",
        {{"eth0", NULL, 1, 0, 3, 0, ROLE_UPLINK}, {"eth1", NULL, 1, 0, 3, 0, ROLE_UPLINK},
            {"bond0", "bond", 1, WEB4 | GATEWAY, 0, 0, ROLE_UPLINK},
            {"team0", "team", 1, 0, 0, 0, ROLE_UPLINK}, {"eth2", NULL, 1, 0, 4, 0, ROLE_UPLINK}}},
    {"two OpenVPN taps in a bond",
        {{"tap0", "tun", 1, 0, 3, 0, ROLE_INNER}, {"tap1", "tun", 1, 0, 3, 0, ROLE_INNER},
            {"bond0", "bond", 1, WEB4, 0, 0, ROLE_TUNNEL},
            {"eth0", NULL, 1, GATEWAY, 0, 0, ROLE_UPLINK}}},
    {"one of the bond's is real",
        {{"tap0", "tun", 1, 0, 3, 0, ROLE_INNER}, {"eth1", NULL, 1, 0, 3, 0, ROLE_UPLINK},
            {"bond0", "bond", 1, WEB4, 0, 0, ROLE_UPLINK}}},
    {"VLAN, macvlan and ipvlan stand on an uplink",
        {{"eth0", NULL, 1, 0, 0, 0, ROLE_UPLINK},
            {"eth0.5", "vlan", 1, WEB4 | GATEWAY, 0, 1, ROLE_UPLINK},
            {"mac0", "macvlan", 1, 0, 0, 1, ROLE_UPLINK},
            {"ipv0", "ipvlan", 1, 0, 0, 1, ROLE_UPLINK},
            {"tap3", "macvtap", 1, 0, 0, 1, ROLE_UPLINK}}},
    {"a VLAN inside a tap", {{"eth0", NULL, 1, GATEWAY, 0, 0, ROLE_UPLINK},
                                {"tap0", "tun", 1, NUMBERED, 0, 0, ROLE_OVERLAY},
                                {"tap0.5", "vlan", 1, WEB4, 0, 2, ROLE_TUNNEL}}},
    {"macvlan in a container: its parent is elsewhere",
        {{"eth0", "macvlan", 1, GATEWAY | WEB4 | ELSEWHERE, 0, 2, ROLE_UPLINK},
            {"wg0", "wireguard", 65534, 0, 0, 0, ROLE_OVERLAY}}},
    {"a bridge with a real port leads out",
        {{"eth0", NULL, 1, 0, 3, 0, ROLE_UPLINK}, {"vnet0", "tun", 1, 0, 3, 0, ROLE_INNER},
            {"br0", "bridge", 1, WEB4 | GATEWAY, 0, 0, ROLE_UPLINK},
            {"wg0", "wireguard", 65534, WEB6, 0, 0, ROLE_TUNNEL}}},
    {"Docker, a virtual machine, Open vSwitch",
        {{"eth0", NULL, 1, GATEWAY | WEB4, 0, 0, ROLE_UPLINK},
            {"docker0", "bridge", 1, NUMBERED, 0, 0, ROLE_INNER},
            {"veth1", "veth", 1, 0, 2, 0, ROLE_INNER}, {"vnet0", "tun", 1, 0, 2, 0, ROLE_INNER},
            {"fc0", "tun", 1, 0, 0, 0, ROLE_INNER}, {"ovs0", "openvswitch", 1, 0, 0, 0, ROLE_INNER},
            {"nk0", "netkit", 1, 0, 0, 0, ROLE_INNER}}},
    {"a container: the cable is its uplink",
        {{"eth0", "veth", 1, GATEWAY | WEB4 | NUMBERED | ELSEWHERE, 0, 9, ROLE_UPLINK}}},
    {"a container with a VPN in it",
        {{"eth0", "veth", 1, GATEWAY | NUMBERED | ELSEWHERE, 0, 9, ROLE_UPLINK},
            {"tun0", "tun", 65534, WEB4, 0, 0, ROLE_TUNNEL}}},
    {"the same, and its gateway was taken away",
        {{"eth0", "veth", 1, NUMBERED | ELSEWHERE, 0, 9, ROLE_UPLINK},
            {"tun0", "tun", 65534, WEB4, 0, 0, ROLE_TUNNEL}}},
    {"WireGuard in its own namespace: nothing else is here",
        {{"lo", NULL, 772, 0, 0, 0, ROLE_LOOPBACK},
            {"wg0", "wireguard", 65534, WEB4, 0, 0, ROLE_TUNNEL}}},
    {"the other way: the hardware is in another namespace",
        {{"lo", NULL, 772, 0, 0, 0, ROLE_LOOPBACK},
            {"wg0", "wireguard", 65534, WEB4 | WEB6, 0, 0, ROLE_TUNNEL},
            {"veth-c", "veth", 1, 0, 4, 0, ROLE_INNER}, {"br0", "bridge", 1, 0, 0, 0, ROLE_INNER}}},
    {"the VPN runs on the router: nothing of it is here",
        {{"wlan0", NULL, 1, GATEWAY | WEB4 | WEB6, 0, 0, ROLE_UPLINK}}},
    {"kill switch's dummy, shaping's ifb, a monitor",
        {{"wg0", "wireguard", 65534, WEB4, 0, 0, ROLE_TUNNEL},
            {"ipv6leakintrf0", "dummy", 1, GATEWAY | NUMBERED, 0, 0, ROLE_UNKNOWN},
            {"ifb0", "ifb", 1, 0, 0, 0, ROLE_INNER}, {"nlmon0", "nlmon", 824, 0, 0, 0, ROLE_INNER},
            {"odd0", "of-tomorrow", 1, 0, 0, 0, ROLE_UNKNOWN}}},
    {"the person's word wins",
        {{"eth0", NULL, 1, GATEWAY | WEB4 | TUNNEL, 0, 0, ROLE_TUNNEL},
            {"wg0", "wireguard", 65534, WEB6 | UPLINK, 0, 0, ROLE_UPLINK},
            {"gre1", "gre", 778, TUNNEL, 0, 0, ROLE_TUNNEL},
            {"docker0", "bridge", 1, UPLINK, 0, 0, ROLE_UPLINK},
            {"eth0.5", "vlan", 1, 0, 0, 1, ROLE_OVERLAY}}}, /* on what the person trusts */
};

struct fixture {
    struct model *model;
    struct links *links;
};

static void feed(const struct fixture *fixture, const struct message *message)
{
    assert_true(links_feed(fixture->links, message, message->header.nlmsg_len, NOW));
}

static void feed_route(const struct fixture *fixture, uint32_t index, uint8_t length)
{
    struct message message;
    route_begin(&message, AF_INET);
    struct rtmsg *header = mnl_nlmsg_get_payload(&message.header);
    header->rtm_dst_len = length;
    if (length)
        put_address(&message, RTA_DST, "198.51.100.7");
    mnl_attr_put_u32(&message.header, RTA_OIF, index);
    put_address(&message, RTA_GATEWAY, "192.0.2.1");
    feed(fixture, &message);
}

static void feed_link(const struct fixture *fixture, const struct link *link, uint32_t index)
{
    struct message message =
        link_message(RTM_NEWLINK, (int)index, link->name, link->kind, link->hardware, UP);
    if (link->master)
        mnl_attr_put_u32(&message.header, IFLA_MASTER, link->master + 1);
    if (link->lower)
        mnl_attr_put_u32(&message.header, IFLA_LINK, link->lower + 1);
    if (link->flags & ELSEWHERE)
        mnl_attr_put_u32(&message.header, IFLA_LINK_NETNSID, 0);
    if (link->flags & (TUNNEL | UPLINK))
        model_force_role(
            fixture->model, link->name, link->flags & TUNNEL ? ROLE_TUNNEL : ROLE_UPLINK);
    feed(fixture, &message);
    char text[ADDRESS_TEXT];
    snprintf(text, sizeof(text), "10.0.%u.1", index);
    message = address_message(RTM_NEWADDR, index, AF_INET, 24, 0, text, text);
    if (link->flags & NUMBERED)
        feed(fixture, &message);
    if (link->flags & GATEWAY)
        feed_route(fixture, index, 0);
    if (link->flags & HOST)
        feed_route(fixture, index, 32);
}

static void check_machine(const struct machine *machine, bool backwards)
{
    struct fixture fixture = {.model = model_new(7, NOW)};
    fixture.links = links_new_offline(fixture.model);
    assert_non_null(fixture.links);
    struct web_route routes[FAMILY_INDEXES] = {{.state = ROUTE_NONE}, {.state = ROUTE_NONE}};
    for (size_t turn = 0; turn < LINKS; turn++) {
        size_t i = backwards ? LINKS - 1 - turn : turn;
        const struct link *link = &machine->links[i];
        if (!link->name)
            continue;
        feed_link(&fixture, link, (uint32_t)i + 2);
        for (size_t f = 0; f < FAMILY_INDEXES; f++)
            if (link->flags & (f == FAMILY_INDEX_4 ? WEB4 : WEB6))
                routes[f] =
                    (struct web_route){.state = ROUTE_PRESENT, .interface = (uint32_t)i + 2};
    }
    for (size_t f = 0; f < FAMILY_INDEXES; f++)
        model_route_set(fixture.model, (enum family)f, &routes[f], NOW);
    for (int again = 0; again < 2; again++) { /* what was settled is no cause of another outcome */
        model_settle(fixture.model, NOW);
        for (size_t i = 0; i < LINKS && machine->links[i].name; i++) {
            const struct interface *held = model_interface(fixture.model, (uint32_t)i + 2);
            if (held->role != machine->links[i].role)
                fail_msg("%s: %s is %s, expected %s", machine->name, held->name,
                    role_word(held->role), role_word(machine->links[i].role));
        }
        model_expect(fixture.model, EXPECT_NONE, true, NOW);
    }
    links_close(fixture.links);
    model_free(fixture.model);
}

static void test_machines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
        check_machine(&machines[i], false);
        check_machine(&machines[i], true); /* the order in which they are heard of tells nothing */
    }
}

/* Where a tunnel that does not encrypt leads, as each kind puts it. */
static void test_far_ends(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *far, *expected;
        uint16_t attribute, mark;
    } cases[] = {
        {"ipip", "192.0.2.9", "192.0.2.9", IFLA_IPTUN_REMOTE, 0},
        {"sit", "192.0.2.9", "192.0.2.9", IFLA_IPTUN_REMOTE, 0},
        {"sit", "0.0.0.0", "-", IFLA_IPTUN_REMOTE, 0}, /* 6to4: another one for each packet */
        {"ip6tnl", "2001:db8::9", "2001:db8::9", IFLA_IPTUN_REMOTE, 0},
        {"gre", "192.0.2.9", "192.0.2.9", IFLA_GRE_REMOTE, 0},
        {"gretap", "192.0.2.9", "-", IFLA_GRE_REMOTE, IFLA_GRE_FWMARK}, /* routed by a mark */
        {"ip6gre", "2001:db8::9", "2001:db8::9", IFLA_GRE_REMOTE, 0},
        {"vxlan", "192.0.2.9", "192.0.2.9", IFLA_VXLAN_GROUP, 0},
        {"vxlan", "2001:db8::9", "2001:db8::9", IFLA_VXLAN_GROUP6, 0},
        {"vxlan", "239.1.1.1", "-", IFLA_VXLAN_GROUP, 0},
        {"geneve", "192.0.2.9", "192.0.2.9", IFLA_GENEVE_REMOTE, 0},
        {"wireguard", "192.0.2.9", "-", IFLA_IPTUN_REMOTE, 0}, /* means something else there */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct message message;
        link_begin(&message, RTM_NEWLINK, 2, ARPHRD_TUNNEL, UP, AF_UNSPEC);
        mnl_attr_put_strz(&message.header, IFLA_IFNAME, "t0");
        mnl_attr_put_u32(&message.header, IFLA_MTU, 1420);
        struct nlattr *info = mnl_attr_nest_start(&message.header, IFLA_LINKINFO);
        mnl_attr_put_strz(&message.header, IFLA_INFO_KIND, cases[i].kind);
        struct nlattr *data = mnl_attr_nest_start(&message.header, IFLA_INFO_DATA);
        put_address(&message, cases[i].attribute, cases[i].far);
        if (cases[i].mark)
            mnl_attr_put_u32(&message.header, cases[i].mark, 7);
        mnl_attr_nest_end(&message.header, data);
        mnl_attr_nest_end(&message.header, info);
        struct links_message decoded;
        char text[ADDRESS_TEXT];
        assert_true(links_decode_message(&message, message.header.nlmsg_len, &decoded));
        if (strcmp(address_format(&decoded.link.far_end, text), cases[i].expected) != 0)
            fail_msg("%s %s: %s", cases[i].kind, cases[i].far, text);
        /* Cut anywhere it is malformed or tells less; a sanitizer sees what is read behind it. */
        for (uint32_t length = sizeof(message.header); length < message.header.nlmsg_len;
             length++) {
            uint8_t *cut = malloc(length);
            memcpy(cut, &message, length);
            memcpy(cut, &length, sizeof(length));
            if (links_decode_message(cut, length, &decoded) &&
                decoded.link.far_end.family != FAMILY_NONE)
                fail_msg("%s cut to %u", cases[i].kind, length);
            free(cut);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machines),
        cmocka_unit_test(test_far_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
