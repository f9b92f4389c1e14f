/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/discards.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define SNMP                                                                                       \
    "Ip: Forwarding DefaultTTL OutRequests OutDiscards OutNoRoutes ReasmTimeout\n"                 \
    "Ip: 1 64 11 5 7 3\n"                                                                          \
    "Icmp: InMsgs OutDiscards\nIcmp: 0 1000\n"
#define SNMP6 "Ip6OutRequests \t20\nIp6OutDiscards                  \t2\nIp6OutNoRoutes\t1\n"

static void test_parse(void **state)
{
    static const struct {
        const char *name, *snmp, *snmp6;
        bool found;
        uint64_t totals[2];
    } cases[] = {
        {"both families", SNMP, SNMP6, true, {12, 3}},
        {"IPv4 alone", SNMP, NULL, true, {12, 0}},
        {"IPv6 alone", NULL, SNMP6, true, {0, 3}},
        {"IPv6 file empty", SNMP, "", true, {12, 0}},
        {"neither", NULL, NULL, false, {0, 0}},
        {"both empty", "", "", false, {0, 0}},
        {"names without numbers", "Ip: OutDiscards OutNoRoutes\n", NULL, false, {0, 0}},
        {"fewer numbers than names", "Ip: OutDiscards OutNoRoutes\nIp: 4\n", NULL, true, {4, 0}},
        {"numbers in another protocol's line", "Ip: OutDiscards\nTcp: 4\n", NULL, false, {0, 0}},
        {"no number", "Ip: OutDiscards\nIp: many\n", "Ip6OutDiscards\n", false, {0, 0}},
        {"negative", "Ip: OutDiscards\nIp: -1\n", NULL, false, {0, 0}},
        {"too large to count", "Ip: OutDiscards\nIp: 99999999999999999999\n", NULL, false, {0, 0}},
        {"a longer name", NULL, "Ip6OutDiscardsX 4\n", false, {0, 0}},
        {"sum does not wrap", "Ip: OutDiscards OutNoRoutes\nIp: 18446744073709551615 9\n", NULL,
            true, {UINT64_MAX, 0}},
        {"no final newline", "Ip: OutDiscards\nIp: 4", "Ip6OutNoRoutes 3", true, {4, 3}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t totals[2] = {4711, 4712};
        bool found = discards_parse(cases[i].snmp, cases[i].snmp6, totals);
        if (found != cases[i].found ||
            (found && memcmp(totals, cases[i].totals, sizeof(totals)) != 0))
            fail_msg("%s: found %d totals %" PRIu64 " %" PRIu64, cases[i].name, found, totals[0],
                totals[1]);
        if (!found && (totals[0] != 4711 || totals[1] != 4712))
            fail_msg("%s: totals were touched", cases[i].name);
    }
}

static void test_connections(void **state)
{
    static const struct {
        const char *name, *snmp;
        bool found;
        struct connections seen;
    } cases[] = {
        {"as the kernel writes it",
            "Ip: OutDiscards\nIp: 1\nTcp: RtoMin ActiveOpens PassiveOpens CurrEstab InSegs\n"
            "Tcp: 200 17 4 9 1000\n",
            true, {9, 4}},
        {"one of the two missing", "Tcp: CurrEstab\nTcp: 9\n", false, {0, 0}},
        {"another protocol's", "Udp: PassiveOpens CurrEstab\nUdp: 4 9\n", false, {0, 0}},
        {"no numbers", "Tcp: PassiveOpens CurrEstab\n", false, {0, 0}},
        {"empty", "", false, {0, 0}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct connections seen = {0};
        if (connections_parse(cases[i].snmp, &seen) != cases[i].found ||
            memcmp(&seen, &cases[i].seen, sizeof(seen)) != 0)
            fail_msg("%s: %" PRIu64 " %" PRIu64, cases[i].name, seen.established, seen.accepted);
    }
    struct connections now;
    assert_true(connections_read(&now));
}

/* In a namespace without any route a send is refused, and counted. */
static void test_counts(void **state)
{
    (void)state;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
        print_message("skipped: no namespace may be made here\n");
        skip();
    }
    uint64_t before[2], after[2];
    assert_true(discards_read(before));
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct sockaddr_in to = {.sin_family = AF_INET,
        .sin_port = htons(53),
        .sin_addr.s_addr = htonl(0xc0000201)}; /* 192.0.2.1 */
    assert_int_equal(sendto(fd, "x", 1, 0, (const struct sockaddr *)&to, sizeof(to)), -1);
    assert_int_equal(errno, ENETUNREACH);
    close(fd);
    assert_true(discards_read(after));
    assert_int_equal(after[0] - before[0], 1);
    assert_int_equal(after[1] - before[1], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_connections),
        cmocka_unit_test(test_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
