/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/links.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "model/model.h"
#include "namespace.h"
#include "sources/links_routes.h"

/* What the kernel says and the model then holds, in a namespace of our own where nothing is sent:
 * routes are only asked for. */

#define NOW 1000000000ULL

static void run(const char *command)
{
    if (command[0] && system(command) != 0)
        fail_msg("failed: %s", command);
}

/* A tunnel as a VPN client holds it: it has a carrier as long as the descriptor is open. */
static int hold_tunnel(const char *name)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    if (fd >= 0 && ioctl(fd, TUNSETIFF, &request) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

struct fixture {
    struct model *model;
    struct links *links;
    int tunnel;
};

/* Carriers and link-local addresses come a moment after the command that brings them about. */
static void heard(struct fixture *fixture)
{
    struct pollfd events = {.fd = links_fd(fixture->links), .events = POLLIN};
    for (int reads = 0; reads < 100; reads++) {
        links_read(fixture->links, NOW);
        if (poll(&events, 1, 30) <= 0)
            break;
    }
    links_ask_routes(fixture->links, NOW);
    model_settle(fixture->model, NOW);
}

static const struct interface *named(const struct model *model, const char *name)
{
    for (size_t i = 0; i < model_interface_count(model); i++) {
        const struct interface *interface = model_interface_at(model, i);
        if (interface->present && strcmp(interface->name, name) == 0)
            return interface;
    }
    return NULL;
}

struct expected {
    enum route_state state;
    const char *interface;
    bool mixed;
};
#define NO_ROUTE                                                                                   \
    {                                                                                              \
        ROUTE_NONE, "-", false                                                                     \
    }
#define BLOCKED                                                                                    \
    {                                                                                              \
        ROUTE_BLOCKED, "-", false                                                                  \
    }
#define BY(name)                                                                                   \
    {                                                                                              \
        ROUTE_PRESENT, name, false                                                                 \
    }
#define MIXED(name)                                                                                \
    {                                                                                              \
        ROUTE_PRESENT, name, true                                                                  \
    }

/* One evening, step after step in the same namespace. */
static const struct step {
    const char *name, *commands;
    struct expected four, six;
} steps[] = {
    {"loopback alone", "ip link set lo up", NO_ROUTE, NO_ROUTE},
    {"a link without a route",
        "ip link add eth0 type veth peer name far; ip link set far up; ip link set eth0 up;"
        "ip addr add 192.0.2.2/24 dev eth0; ip addr add 2001:db8::2/64 dev eth0 nodad",
        NO_ROUTE, NO_ROUTE},
    {"default routes",
        "ip route add default via 192.0.2.1; ip -6 route add default via 2001:db8::1", BY("eth0"),
        BY("eth0")},
    {"OpenVPN's def1, IPv6 forgotten",
        "ip addr add 10.8.0.2/24 dev tun0; ip link set tun0 up;"
        "ip route add 0.0.0.0/1 via 10.8.0.1; ip route add 128.0.0.0/1 via 10.8.0.1",
        BY("tun0"), BY("eth0")},
    {"half of it is lost", "ip route del 128.0.0.0/1", MIXED("eth0"), BY("eth0")},
    {"and the other half", "ip route del 0.0.0.0/1", BY("eth0"), BY("eth0")},
    {"wg-quick: table by mark, both families",
        "for f in 4 6; do ip -$f route add default dev tun0 table 51820 &&"
        " ip -$f rule add not fwmark 51820 table 51820 &&"
        " ip -$f rule add table main suppress_prefixlength 0 || exit 1; done",
        BY("tun0"), BY("tun0")},
    {"a mark that this user's packets do not have",
        "ip route add default via 192.0.2.1 table 77; ip rule add fwmark 0x6d6f6c65 table 77 pref "
        "9",
        BY("tun0"), BY("tun0")},
    {"this user alone goes past the tunnel", "ip rule add uidrange 0-0 table 77 pref 10",
        BY("eth0"), BY("tun0")},
    {"and no longer", "ip rule del pref 10", BY("tun0"), BY("tun0")},
    {"web ports alone go past the tunnel", "ip rule add ipproto tcp dport 443 table 77 pref 10",
        BY("eth0"), BY("tun0")},
    {"and again not", "ip rule del pref 10", BY("tun0"), BY("tun0")},
    {"a resolver alone goes past it: not the web", "ip route add 9.9.9.9 via 192.0.2.1", BY("tun0"),
        BY("tun0")},
    {"kill switch: blackhole", "ip -6 route replace blackhole default table 51820", BY("tun0"),
        BLOCKED},
    {"kill switch: unreachable",
        "ip -6 route del default table 51820;"
        "ip -6 route replace unreachable default table 51820",
        BY("tun0"), BLOCKED},
    {"kill switch: prohibit",
        "ip -6 route del default table 51820; ip -6 route add prohibit default table 51820",
        BY("tun0"), BLOCKED},
    {"both families held", "ip route replace prohibit default table 51820", BLOCKED, BLOCKED},
    {"a rule of that kind",
        "for f in 4 6; do ip -$f route del prohibit default table 51820 || exit 1; done;"
        "ip rule add blackhole pref 20; ip -6 rule add prohibit pref 20",
        BLOCKED, BLOCKED},
    {"held no more", "ip rule del pref 20; ip -6 rule del pref 20", BY("eth0"), BY("eth0")},
    {"all is taken in by this machine",
        "ip route add local default dev lo table 90; ip rule add table 90 pref 20", BLOCKED,
        BY("eth0")},
    {"and let go", "ip rule del pref 20", BY("eth0"), BY("eth0")},
    {"nexthop object",
        "ip nexthop add id 9 via 192.0.2.1 dev eth0;"
        "ip route replace default nhid 9",
        BY("eth0"), BY("eth0")},
    {"nexthop object that is a blackhole",
        "ip nexthop add id 8 blackhole; ip route add default nhid 8 table 91;"
        "ip rule add table 91 pref 20",
        BLOCKED, BY("eth0")},
    {"IPv4 by a gateway of IPv6",
        "ip rule del pref 20; ip route replace default via inet6 fe80::1 dev eth0", BY("eth0"),
        BY("eth0")},
    {"IPv4 takes the uplink and the tunnel by turns",
        "ip route replace default nexthop via 192.0.2.1 weight 1 nexthop via 10.8.0.1 weight 200",
        MIXED("eth0"), BY("eth0")},
    {"the same by objects",
        "ip nexthop add id 20 via 10.8.0.1 dev tun0 && ip nexthop add id 21 group 9/20,200 &&"
        " ip route replace default nhid 21",
        MIXED("eth0"), BY("eth0")},
    {"by turns with two gateways of one link",
        "ip route replace default nexthop via 10.8.0.1 nexthop via 10.8.0.3", BY("tun0"),
        BY("eth0")},
    {"IPv6 likewise",
        "ip -6 addr add fd00::2/64 dev tun0 nodad; ip -6 route del default;"
        "ip -6 route add default nexthop via 2001:db8::1 nexthop via fd00::1 weight 200",
        BY("tun0"), MIXED("eth0")},
    {"all of IPv6 in use in two halves",
        "ip -6 route flush default; ip -6 route add default via 2001:db8::1;"
        "ip -6 route add 2000::/4 dev tun0; ip -6 route add 3000::/4 dev tun0",
        BY("tun0"), BY("tun0")},
    {"and one registry's part past it", "ip -6 route add 2a00::/12 via 2001:db8::1", BY("tun0"),
        MIXED("eth0")},
    {"in quarters",
        "for net in 2000::/4 3000::/4 2a00::/12; do ip -6 route del $net || exit 1; done;"
        "for net in ::/2 4000::/2 8000::/2 c000::/2; do ip -6 route add $net dev tun0; done",
        BY("tun0"), BY("tun0")},
    {"a port that programs do not use", "ip rule add sport 500 table 77 pref 9", BY("tun0"),
        BY("tun0")},
    {"strongSwan with kernel-libipsec: table 220",
        "for net in ::/2 4000::/2 8000::/2 c000::/2; do ip -6 route del $net dev tun0; done;"
        "ip route replace default via 192.0.2.1; ip rule add table 220 pref 220;"
        "ip route add default dev tun0 table 220 src 10.8.0.2",
        BY("tun0"), BY("eth0")},
    {"and its throw for the server's own network", "ip route add throw 192.0.2.0/24 table 220",
        BY("tun0"), BY("eth0")},
    {"it is taken down", "ip rule del pref 220", BY("eth0"), BY("eth0")},
    {"IPv6 switched off", "sysctl -qw net.ipv6.conf.all.disable_ipv6=1", BY("eth0"), NO_ROUTE},
    {"the uplink goes down", "ip link set eth0 down; ip route flush table main", NO_ROUTE,
        NO_ROUTE},
};

static void check(const struct fixture *fixture, const struct step *step, enum family family,
    const struct expected *expected)
{
    const struct web_route *route = model_route(fixture->model, family);
    const char *interface = model_interface_name(fixture->model, route->interface);
    if (route->state != expected->state || route->mixed != expected->mixed ||
        strcmp(interface, expected->interface) != 0)
        fail_msg("%s, %s: state %d by %s%s, expected %d by %s%s", step->name,
            family == FAMILY_INDEX_6 ? "IPv6" : "IPv4", route->state, interface,
            route->mixed ? " mixed" : "", expected->state, expected->interface,
            expected->mixed ? " mixed" : "");
}

static void test_evening(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        run(steps[i].commands);
        heard(fixture);
        check(fixture, &steps[i], FAMILY_INDEX_4, &steps[i].four);
        check(fixture, &steps[i], FAMILY_INDEX_6, &steps[i].six);
    }
}

static void uplink_and_tunnel(void)
{
    run("ip link set lo up; ip link add eth0 type veth peer name far && ip link set far up &&"
        " ip link set eth0 up && ip addr add 192.0.2.2/24 dev eth0 &&"
        " ip addr add 2001:db8::2/64 dev eth0 nodad && ip addr add 10.8.0.2/24 dev tun0 &&"
        " ip link set tun0 up && ip route add default via 192.0.2.1");
}

static void test_interfaces(void **state)
{
    struct fixture *fixture = *state;
    char text[ADDRESS_TEXT];
    uplink_and_tunnel();
    heard(fixture);
    const struct interface *uplink = named(fixture->model, "eth0");
    const struct interface *tunnel = named(fixture->model, "tun0");
    assert_non_null(uplink);
    assert_non_null(tunnel);
    assert_string_equal(uplink->kind, "veth");
    assert_string_equal(tunnel->kind, "tun");
    assert_int_equal(tunnel->link_type, 65534);
    assert_true(uplink->up && uplink->gateway_route);
    assert_true(tunnel->up && !tunnel->gateway_route);
    assert_int_equal(uplink->address_count, 3); /* with fe80:: last */
    assert_true(address_is_link_local(&uplink->addresses[2].address));
    assert_string_equal(address_format(&tunnel->addresses[0].address, text), "10.8.0.2");
    assert_int_equal(tunnel->addresses[0].prefix, 24);
    const struct web_route *route = model_route(fixture->model, FAMILY_INDEX_4);
    assert_string_equal(address_format(&route->gateway, text), "192.0.2.1");
    assert_string_equal(address_format(&route->source, text), "192.0.2.2");

    run("ip link set far down");
    heard(fixture);
    assert_false(uplink->up); /* no carrier */
    run("ip link set far up");
    heard(fixture);
    assert_true(uplink->up);

    /* bridge: its port leaves it again, which is told as RTM_DELLINK */
    run("ip link add br0 type bridge && ip link set eth0 master br0");
    heard(fixture);
    assert_int_equal(uplink->master, named(fixture->model, "br0")->index);
    run("ip link set eth0 nomaster");
    heard(fixture);
    assert_true(uplink->present);
    assert_int_equal(uplink->master, 0);

    run("ip link set far name '\\x' && ip link set '\\x' down");
    heard(fixture);
    assert_non_null(named(fixture->model, "\\092x"));

    uint32_t index = tunnel->index;
    close(fixture->tunnel);
    fixture->tunnel = -1;
    heard(fixture);
    assert_false(model_interface(fixture->model, index)->present);
    assert_null(named(fixture->model, "tun0"));
}

/* What does not encrypt hides as much as what its outer packets leave by. */
static void test_wrapped(void **state)
{
    struct fixture *fixture = *state;
    uplink_and_tunnel();
    if (system("ip link add vx0 type vxlan id 5 remote 198.51.100.9 dstport 4789 2>/dev/null") != 0)
        skip();
    run("ip link set vx0 up; ip addr add 10.5.0.2/24 dev vx0; ip route replace default dev vx0");
    run("ip route add 198.51.100.9 via 192.0.2.1");
    heard(fixture);
    const struct interface *wrapped = named(fixture->model, "vx0");
    assert_int_equal(wrapped->lower, named(fixture->model, "eth0")->index);
    assert_int_equal(wrapped->role, ROLE_UPLINK);
    run("ip route replace 198.51.100.9 dev tun0");
    heard(fixture);
    assert_int_equal(wrapped->lower, named(fixture->model, "tun0")->index);
    assert_int_equal(wrapped->role, ROLE_TUNNEL);
    assert_true(model_tunnel_up(fixture->model));
    run("ip route replace 198.51.100.9 nexthop via 192.0.2.1 nexthop via 10.8.0.1");
    heard(fixture); /* by turns */
    assert_int_equal(wrapped->lower, 0);
    assert_int_equal(wrapped->role, ROLE_UPLINK);
    run("ip route replace unreachable 198.51.100.9");
    heard(fixture);
    assert_int_equal(wrapped->lower, 0);
    assert_int_equal(wrapped->role, ROLE_UPLINK);
}

/* A second reader that starts now must find what the first one heard piece by piece. */
static void test_dump_tells_the_same(void **state)
{
    struct fixture *fixture = *state;
    uplink_and_tunnel();
    run("ip route add 0.0.0.0/1 via 10.8.0.1; ip nexthop add id 5 via 10.8.0.1 dev tun0");
    heard(fixture);
    struct model *model = model_new(1, NOW);
    struct links *links;
    assert_int_equal(links_open(&links, model, NOW), 0);
    for (size_t i = 0; i < model_interface_count(model); i++) {
        const struct interface *fresh = model_interface_at(model, i);
        const struct interface *known = model_interface(fixture->model, fresh->index);
        assert_non_null(known);
        assert_string_equal(fresh->name, known->name);
        assert_string_equal(fresh->kind, known->kind);
        assert_int_equal(fresh->up, known->up);
        assert_int_equal(fresh->master, known->master);
        assert_int_equal(fresh->gateway_route, known->gateway_route);
        assert_int_equal(fresh->address_count, known->address_count);
    }
    for (enum family family = 0; family < FAMILY_INDEXES; family++)
        assert_int_equal(
            model_route(model, family)->state, model_route(fixture->model, family)->state);
    assert_true(model_route(model, FAMILY_INDEX_4)->mixed);
    links_close(links);
    model_free(model);
}

/* Lost notifications: everything is read anew, gone interfaces included. */
static void test_overrun(void **state)
{
    struct fixture *fixture = *state;
    uplink_and_tunnel();
    run("ip link add old type bridge");
    heard(fixture);
    assert_non_null(named(fixture->model, "old"));
    int small = 1;
    assert_int_equal(
        setsockopt(links_fd(fixture->links), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
    run("for i in $(seq 1 40); do echo addr add 10.9.0.$i/32 dev tun0; done | ip -batch -");
    run("ip link del old; ip link add new type bridge; ip addr add 10.9.9.9/32 dev new");
    heard(fixture);
    assert_null(named(fixture->model, "old"));
    const struct interface *new = named(fixture->model, "new");
    assert_non_null(new);
    assert_int_equal(new->address_count, 1);
    assert_int_equal(named(fixture->model, "tun0")->address_count, INTERFACE_ADDRESSES);
    assert_true(named(fixture->model, "eth0")->gateway_route);
}

/* More addresses than are kept: when kept ones go, others take their place. */
static void test_crowded(void **state)
{
    struct fixture *fixture = *state;
    run("ip link set tun0 up; for i in $(seq 1 20); do echo addr add 10.9.0.$i/32 dev tun0; done |"
        " ip -batch -");
    heard(fixture);
    assert_int_equal(named(fixture->model, "tun0")->address_count, INTERFACE_ADDRESSES);
    run("for i in $(seq 1 8); do echo addr del 10.9.0.$i/32 dev tun0; done | ip -batch -");
    heard(fixture);
    struct address ninth;
    address_parse("10.9.0.9", &ninth);
    assert_true(model_is_local(fixture->model, &ninth));
    address_parse("10.9.0.20", &ninth);
    assert_true(model_is_local(fixture->model, &ninth));
    address_parse("10.9.0.1", &ninth);
    assert_false(model_is_local(fixture->model, &ninth));
}

static void test_route_to(void **state)
{
    static const struct {
        const char *name, *to, *interface;
        bool blocked;
        int error;
    } cases[] = {
        {"a resolver on the LAN, past the tunnel", "192.0.2.53", "eth0", false, 0},
        {"a public one by the tunnel", "9.9.9.9", "tun0", false, 0},
        {"one with a route of its own", "8.8.8.8", "eth0", false, 0},
        {"one whose port 53 is routed apart", "198.51.100.1", "eth0", false, 0},
        {"this machine's stub", "127.0.0.53", "lo", false, 0},
        {"this machine's own address", "192.0.2.2", "lo", false, 0},
        {"one that takes either way", "198.51.100.2", "eth0", false, 0},
        {"one whose connections alone are routed apart", "198.51.100.3", "tun0", false, 0},
        {"one that this user reaches otherwise", "198.51.100.4", "eth0", false, 0},
        {"one that another user does", "198.51.100.5", "tun0", false, 0},
        {"blackhole", "203.0.113.1", "-", true, 0},
        {"no route", "2001:db8:9::1", "-", true, 0},
        {"loopback of IPv6", "::1", "lo", false, 0},
        {"which link's", "fe80::1", "-", false, -EADDRNOTAVAIL},
    };
    struct fixture *fixture = *state;
    uplink_and_tunnel();
    run("ip route add default dev tun0 table 51820 && ip rule add not fwmark 51820 table 51820 &&"
        " ip rule add table main suppress_prefixlength 0 && ip route add 8.8.8.8 via 192.0.2.1 &&"
        " ip route add blackhole 203.0.113.0/24 && ip route add default via 192.0.2.1 table 9 &&"
        " ip rule add to 198.51.100.1 ipproto udp dport 53 table 9 pref 5 &&"
        " ip rule add to 198.51.100.3 ipproto tcp dport 53 table 9 pref 5 &&"
        " ip rule add to 198.51.100.4 uidrange 0-0 table 9 pref 5 &&"
        " ip rule add to 198.51.100.5 uidrange 1-99 table 9 pref 5 &&"
        " ip route add 198.51.100.2 nexthop via 10.8.0.1 weight 200 nexthop via 192.0.2.1");
    heard(fixture);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct address to;
        uint32_t interface;
        bool blocked;
        assert_true(address_parse(cases[i].to, &to));
        int error = links_route_to(fixture->links, &to, LINKS_OWN_USER, &interface, &blocked);
        const char *name = model_interface_name(fixture->model, interface);
        if (error != cases[i].error || blocked != cases[i].blocked ||
            strcmp(name, cases[i].interface) != 0)
            fail_msg("%s: error %d, by %s, blocked %d", cases[i].name, error, name, blocked);
    }
}

/* A stub of another user may be sent another way than the person's programs. */
static void test_route_of_user(void **state)
{
    static const struct {
        uint32_t user;
        const char *interface;
    } cases[] = {{LINKS_OWN_USER, "tun0"}, {0, "tun0"}, {101, "eth0"}, {102, "tun0"}};
    struct fixture *fixture = *state;
    uplink_and_tunnel();
    run("ip route replace default dev tun0 && ip route add default via 192.0.2.1 table 9 &&"
        " ip rule add uidrange 101-101 table 9 pref 5");
    heard(fixture);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct address to;
        uint32_t interface;
        bool blocked;
        assert_true(address_parse("9.9.9.9", &to));
        assert_int_equal(
            links_route_to(fixture->links, &to, cases[i].user, &interface, &blocked), 0);
        assert_string_equal(model_interface_name(fixture->model, interface), cases[i].interface);
    }
}

static void test_quiet(void **state)
{
    struct fixture *fixture = *state;
    heard(fixture);
    assert_false(links_read(fixture->links, NOW)); /* nothing pending, and no waiting */
    uint64_t revision = model_revision(fixture->model);
    heard(fixture);
    assert_int_equal(model_revision(fixture->model), revision);
    run("ip rule add pref 7 table 7");
    assert_true(links_read(fixture->links, NOW));
    run("ip link set lo txqueuelen 500"); /* nothing that could move a route */
    assert_false(links_read(fixture->links, NOW));
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    /* Each test has its own namespace: the one before is left and ends. */
    if (!fixture || unshare(CLONE_NEWNET) != 0)
        return -1;
    /* Without the second in which an address is tried (RFC 4862, 5.4). */
    namespace_write("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
    fixture->tunnel = hold_tunnel("tun0");
    fixture->model = model_new(3, NOW);
    *state = fixture;
    return fixture->tunnel >= 0 && fixture->model ? links_open(&fixture->links, fixture->model, NOW)
                                                  : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    links_close(fixture->links);
    model_free(fixture->model);
    if (fixture->tunnel >= 0)
        close(fixture->tunnel);
    free(fixture);
    return 0;
}

#define LIVE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIVE(test_evening),
        LIVE(test_interfaces),
        LIVE(test_wrapped),
        LIVE(test_dump_tells_the_same),
        LIVE(test_overrun),
        LIVE(test_crowded),
        LIVE(test_route_to),
        LIVE(test_route_of_user),
        LIVE(test_quiet),
    };
    if (!namespace_enter())
        return 0;
    int tunnel = hold_tunnel("probe");
    if (tunnel < 0 || system("ip -V >/dev/null 2>&1") != 0) {
        printf("skipped: no /dev/net/tun or no ip(8) here\n");
        return 0;
    }
    close(tunnel);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
