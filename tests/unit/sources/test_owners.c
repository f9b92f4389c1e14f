/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/owners.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "namespace.h"

#define SECOND 1000000000ULL
#define LOOPBACK 1 /* its index in every namespace */

/* The shapes in which programs open sockets for look-ups. Packets go from 127.0.0.1 or ::1 to
 * port 53 of 127.0.0.2 or ::1 in a namespace that has nothing but lo; none is sent. */
enum shape { BOUND, CONNECTED, TO_DEVICE, ANY, SOMEBODY_ELSE };
enum on { ON_4, ON_6, ON_MAPPED, ON_6_ONLY };

static uint64_t now = 100 * SECOND;

static void later(void)
{
    now += 2 * SECOND;
}

static uint64_t inode_of(int fd)
{
    struct stat status;
    assert_int_equal(fstat(fd, &status), 0);
    return status.st_ino;
}

static socklen_t fill(struct sockaddr_storage *out, enum on on, const char *text4, uint16_t port)
{
    memset(out, 0, sizeof(*out));
    if (on == ON_4) {
        struct sockaddr_in *to = (void *)out;
        to->sin_family = AF_INET;
        to->sin_port = htons(port);
        if (text4)
            inet_pton(AF_INET, text4, &to->sin_addr);
        return sizeof(*to);
    }
    struct sockaddr_in6 *to = (void *)out;
    to->sin6_family = AF_INET6;
    to->sin6_port = htons(port);
    char mapped[64] = "::1";
    if (on == ON_MAPPED && text4)
        snprintf(mapped, sizeof(mapped), "::ffff:%s", text4);
    if (text4)
        inet_pton(AF_INET6, mapped, &to->sin6_addr);
    return sizeof(*to);
}

static int open_socket(int type, enum on on, enum shape shape, uint16_t port)
{
    struct sockaddr_storage address;
    int fd = socket(on == ON_4 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    int yes = 1;
    if (on == ON_6_ONLY)
        assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes)), 0);
    if (shape == TO_DEVICE)
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3), 0);
    socklen_t size = fill(&address, on, shape == BOUND ? "127.0.0.1" : NULL, port);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, size), 0);
    if (shape == CONNECTED || shape == TO_DEVICE || shape == SOMEBODY_ELSE) {
        size = fill(&address, on, "127.0.0.2", shape == SOMEBODY_ELSE ? 5353 : 53);
        assert_int_equal(connect(fd, (const struct sockaddr *)&address, size), 0);
    }
    return fd;
}

static bool ask(struct owners *owners, int protocol, uint32_t interface, bool six, uint16_t port,
    struct owner *out)
{
    struct address local, remote;
    address_parse(six ? "::1" : "127.0.0.1", &local);
    address_parse(six ? "::1" : "127.0.0.2", &remote);
    return owners_find(owners, protocol, false, interface, &local, port, &remote, 53, now, out);
}

static void test_udp(void **state)
{
    static const struct {
        const char *name;
        enum on on;
        enum shape shape;
        bool six; /* what is asked for */
        bool found;
    } cases[] = {
        {"connected IPv4", ON_4, CONNECTED, false, true},
        {"connected IPv6", ON_6, CONNECTED, true, true},
        {"connected, v4-mapped", ON_MAPPED, CONNECTED, false, true},
        {"connected, bound to a device", ON_4, TO_DEVICE, false, true},
        {"connected, bound to a device, mapped", ON_MAPPED, TO_DEVICE, false, true},
        {"unconnected on one address", ON_4, BOUND, false, true},
        {"unconnected on one address, mapped", ON_MAPPED, BOUND, false, true},
        {"unconnected on 0.0.0.0", ON_4, ANY, false, true},
        {"unconnected on ::, IPv6", ON_6, ANY, true, true},
        {"unconnected on ::, IPv4", ON_6, ANY, false, true},
        {"IPv6 only on ::, IPv6", ON_6_ONLY, ANY, true, true},
        {"IPv6 only on ::, IPv4 is not its", ON_6_ONLY, ANY, false, false},
        {"IPv4 socket, IPv6 is not its", ON_4, ANY, true, false},
        {"connected to another port", ON_4, SOMEBODY_ELSE, false, false},
    };
    struct owners *owners = *state;
    uint16_t port = 20000;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (uint32_t interface = 0; interface <= LOOPBACK; interface++) {
            struct owner owner = {0};
            int fd = open_socket(SOCK_DGRAM, cases[i].on, cases[i].shape, ++port);
            later();
            bool found = ask(owners, IPPROTO_UDP, interface, cases[i].six, port, &owner);
            if (found != cases[i].found)
                fail_msg("%s (interface %u): found %d", cases[i].name, interface, found);
            if (found && (owner.inode != inode_of(fd) || owner.uid != getuid()))
                fail_msg("%s (interface %u): the wrong one", cases[i].name, interface);
            close(fd);
            later();
            if (ask(owners, IPPROTO_UDP, interface, cases[i].six, port, &owner))
                fail_msg("%s (interface %u): found after close", cases[i].name, interface);
        }
}

static void test_tcp(void **state)
{
    struct owners *owners = *state;
    for (int device = 0; device <= 1; device++) {
        struct sockaddr_storage address;
        struct owner owner = {0};
        uint16_t port = (uint16_t)(21000 + device);
        int yes = 1;
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)), 0);
        socklen_t size = fill(&address, ON_4, "127.0.0.2", 53);
        assert_int_equal(bind(listener, (const struct sockaddr *)&address, size), 0);
        assert_int_equal(listen(listener, 1), 0);
        int fd = open_socket(SOCK_STREAM, ON_4, device ? TO_DEVICE : CONNECTED, port);
        later();
        assert_true(ask(owners, IPPROTO_TCP, LOOPBACK, false, port, &owner));
        assert_int_equal(owner.inode, inode_of(fd));
        /* Nobody's yet, or no longer: in TIME_WAIT the kernel says uid 0, which is nobody's word.
         */
        later();
        assert_false(ask(owners, IPPROTO_TCP, LOOPBACK, false, 21999, &owner));
        close(fd);
        int accepted = accept(listener, NULL, NULL);
        close(accepted);
        later();
        assert_false(ask(owners, IPPROTO_TCP, LOOPBACK, false, port, &owner));
        close(listener);
    }
}

/* A socket that only listens on the port sent nothing. */
static void test_tcp_listener(void **state)
{
    struct owners *owners = *state;
    struct sockaddr_storage address;
    struct owner owner;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t size = fill(&address, ON_4, NULL, 22000);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    later();
    assert_false(ask(owners, IPPROTO_TCP, LOOPBACK, false, 22000, &owner));
    close(listener);
}

/* Two that could have sent: nobody is named, unless one is connected to just that resolver. */
static void test_shared_port(void **state)
{
    struct owners *owners = *state;
    struct sockaddr_storage address;
    struct owner owner;
    int fds[2], yes = 1;
    socklen_t size = fill(&address, ON_4, NULL, 23000);
    for (size_t i = 0; i < 2; i++) {
        fds[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        assert_int_equal(setsockopt(fds[i], SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes)), 0);
        assert_int_equal(bind(fds[i], (const struct sockaddr *)&address, size), 0);
    }
    later();
    assert_false(ask(owners, IPPROTO_UDP, LOOPBACK, false, 23000, &owner));
    size = fill(&address, ON_4, "127.0.0.2", 53);
    assert_int_equal(connect(fds[1], (const struct sockaddr *)&address, size), 0);
    later();
    assert_true(ask(owners, IPPROTO_UDP, LOOPBACK, false, 23000, &owner));
    assert_int_equal(owner.inode, inode_of(fds[1]));
    close(fds[1]);
    later();
    assert_true(ask(owners, IPPROTO_UDP, LOOPBACK, false, 23000, &owner));
    assert_int_equal(owner.inode, inode_of(fds[0]));
    close(fds[0]);
}

static void test_cache(void **state)
{
    struct owners *owners = *state;
    struct owner owner;
    int fd = open_socket(SOCK_DGRAM, ON_4, CONNECTED, 24000);
    uint64_t inode = inode_of(fd);
    later();
    assert_true(ask(owners, IPPROTO_UDP, LOOPBACK, false, 24000, &owner));
    close(fd);
    now += 1000000; /* the second question of the same socket, which has gone meanwhile */
    assert_true(ask(owners, IPPROTO_UDP, LOOPBACK, false, 24000, &owner));
    assert_int_equal(owner.inode, inode);
    assert_false(ask(owners, IPPROTO_TCP, LOOPBACK, false, 24000, &owner));
    now -= 10 * SECOND; /* the wall clock was set back: what is known is of another time */
    assert_false(ask(owners, IPPROTO_UDP, LOOPBACK, false, 24000, &owner));
    now += 12 * SECOND;
    assert_false(ask(owners, IPPROTO_UDP, LOOPBACK, false, 24000, &owner));
}

static void test_bounded(void **state)
{
    struct owners *owners = *state;
    struct owner owner;
    int fd = open_socket(SOCK_DGRAM, ON_4, CONNECTED, 25000);
    later();
    /* At one moment: those that ask for what is not there use up what may be asked. */
    for (int i = 0; i < 3000; i++)
        ask(owners, IPPROTO_TCP, LOOPBACK, false, (uint16_t)(30000 + i), &owner);
    assert_false(ask(owners, IPPROTO_UDP, LOOPBACK, false, 25000, &owner));
    now += SECOND / 10;
    assert_true(ask(owners, IPPROTO_UDP, LOOPBACK, false, 25000, &owner));
    close(fd);
}

/* Connected sockets are found by the exact question: reading tables would use up what may be asked
 * within some two hundred. The two ports push each other out of the cache. */
static void test_connected_are_cheap(void **state)
{
    struct owners *owners = *state;
    struct owner owner;
    static const uint16_t ports[] = {26000, 26256};
    int fds[2];
    for (size_t i = 0; i < 2; i++)
        fds[i] = open_socket(SOCK_DGRAM, ON_4, CONNECTED, ports[i]);
    later();
    for (size_t i = 0; i < 1000; i++) {
        assert_true(ask(owners, IPPROTO_UDP, LOOPBACK, false, ports[i % 2], &owner));
        assert_int_equal(owner.inode, inode_of(fds[i % 2]));
    }
    close(fds[0]);
    close(fds[1]);
}

static void test_nonsense(void **state)
{
    struct owners *owners = *state;
    struct owner owner;
    struct address none = {0}, four, six;
    address_parse("127.0.0.1", &four);
    address_parse("::1", &six);
    later();
    assert_false(owners_find(owners, IPPROTO_UDP, false, 0, &none, 1, &four, 53, now, &owner));
    assert_false(owners_find(owners, IPPROTO_UDP, false, 0, &four, 1, &six, 53, now, &owner));
    assert_false(owners_find(owners, IPPROTO_UDP, false, 0, &four, 0, &four, 53, now, &owner));
    assert_false(owners_find(owners, IPPROTO_ICMP, false, 0, &four, 1, &four, 53, now, &owner));
}

static bool loopback_up(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_LOOPBACK};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    if (fd >= 0)
        close(fd);
    return good;
}

static int set_up(void **state)
{
    struct owners *owners;
    if (owners_open(&owners) != 0)
        return -1;
    *state = owners;
    return 0;
}

static int tear_down(void **state)
{
    owners_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_udp),
        cmocka_unit_test(test_tcp),
        cmocka_unit_test(test_tcp_listener),
        cmocka_unit_test(test_shared_port),
        cmocka_unit_test(test_cache),
        cmocka_unit_test(test_bounded),
        cmocka_unit_test(test_connected_are_cheap),
        cmocka_unit_test(test_nonsense),
    };
    if (!namespace_enter() || !loopback_up())
        return 0;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
