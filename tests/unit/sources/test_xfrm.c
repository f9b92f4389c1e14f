/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/xfrm.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "namespace.h"

/* IPsec policies, from messages as the kernel sends them and, in a namespace of our own, from the
 * kernel itself. Nothing is sent. */

struct message {
    union {
        struct nlmsghdr header;
        uint8_t room[1024];
    };
};

struct rule {
    const char *source, *destination; /* with their prefix; NULL any of IPv4 */
    uint32_t priority;
    uint8_t direction, action, protocol, template; /* IPPROTO_* of the template, 0 none */
    bool optional;
    uint32_t interface, mark; /* XFRMA_IF_ID, XFRMA_MARK; 0 none */
    uint16_t port, source_port;
    uint8_t type; /* XFRM_POLICY_TYPE_* */
};

static void begin(struct message *message, uint16_t type)
{
    memset(message, 0, sizeof(*message));
    message->header.nlmsg_len = NLMSG_HDRLEN;
    message->header.nlmsg_type = type;
}

static void put(struct message *message, const void *data, size_t size)
{
    memcpy(message->room + message->header.nlmsg_len, data, size);
    message->header.nlmsg_len += NLMSG_ALIGN((uint32_t)size);
}

static void put_attribute(struct message *message, uint16_t type, const void *data, size_t size)
{
    struct nlattr head = {.nla_len = (uint16_t)(sizeof(head) + size), .nla_type = type};
    put(message, &head, sizeof(head));
    put(message, data, size);
}

static uint8_t net_of(const char *text, xfrm_address_t *out, uint16_t *family)
{
    char copy[64];
    struct address address;
    if (!text)
        return 0;
    snprintf(copy, sizeof(copy), "%s", text);
    char *slash = strchr(copy, '/');
    assert_non_null(slash);
    *slash = '\0';
    assert_true(address_parse(copy, &address));
    memcpy(out, address.bytes, 16);
    *family = address.family == FAMILY_IPV6 ? AF_INET6 : AF_INET;
    return (uint8_t)atoi(slash + 1);
}

/* The number in front tells policies apart; the kernel keeps the direction in its low bits. */
static struct xfrm_userpolicy_info info_of(const struct rule *rule, uint32_t number)
{
    struct xfrm_userpolicy_info info = {.priority = rule->priority,
        .index = number * 8 + rule->direction,
        .dir = rule->direction,
        .action = rule->action};
    info.sel.family = AF_INET;
    info.sel.prefixlen_s = net_of(rule->source, &info.sel.saddr, &info.sel.family);
    info.sel.prefixlen_d = net_of(rule->destination, &info.sel.daddr, &info.sel.family);
    info.sel.proto = rule->protocol;
    info.sel.dport = htons(rule->port);
    info.sel.dport_mask = rule->port ? 0xffff : 0;
    info.sel.sport = htons(rule->source_port);
    info.sel.sport_mask = rule->source_port ? 0xffff : 0;
    return info;
}

static struct message policy_message(const struct rule *rule, uint32_t number)
{
    struct message message;
    struct xfrm_userpolicy_info info = info_of(rule, number);
    struct xfrm_userpolicy_type type = {.type = rule->type};
    begin(&message, XFRM_MSG_NEWPOLICY);
    put(&message, &info, sizeof(info));
    struct xfrm_user_tmpl templates[2] = {
        {.id.proto = IPPROTO_COMP, .optional = 1},
        {.id.proto = rule->template, .optional = rule->optional, .mode = XFRM_MODE_TUNNEL},
    };
    if (rule->template)
        put_attribute(&message, XFRMA_TMPL, templates, sizeof(templates));
    put_attribute(&message, XFRMA_POLICY_TYPE, &type, sizeof(type));
    struct xfrm_mark mark = {.v = rule->mark, .m = 0xffffffff};
    if (rule->mark)
        put_attribute(&message, XFRMA_MARK, &mark, sizeof(mark));
    if (rule->interface)
        put_attribute(&message, XFRMA_IF_ID, &rule->interface, sizeof(rule->interface));
    return message;
}

static bool feed(struct xfrm *xfrm, const struct message *message)
{
    return xfrm_feed(xfrm, message, message->header.nlmsg_len);
}

#define OUT XFRM_POLICY_OUT
#define ESP .template = IPPROTO_ESP

static void test_ways(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct rule rules[3];
        const char *source, *destination;
        enum xfrm_way way;
    } cases[] = {
        {"no policy", {{0}}, "10.0.0.7", "93.184.215.14", XFRM_CLEAR},
        {"everything", {{.direction = OUT, ESP}}, "10.0.0.7", "93.184.215.14", XFRM_ESP},
        {"of the other family", {{.direction = OUT, ESP}}, "2001:db8::7", "2001:db8::9",
            XFRM_CLEAR},
        {"IPv6", {{.direction = OUT, ESP, .destination = "::/0"}}, "2001:db8::7", "2001:db8::9",
            XFRM_ESP},
        {"inwards alone", {{.direction = XFRM_POLICY_IN, ESP}}, "10.0.0.7", "93.184.215.14",
            XFRM_CLEAR},
        {"forwarded alone", {{.direction = XFRM_POLICY_FWD, ESP}}, "10.0.0.7", "93.184.215.14",
            XFRM_CLEAR},
        {"from the virtual address", {{.direction = OUT, ESP, .source = "10.3.0.5/32"}}, "10.3.0.5",
            "93.184.215.14", XFRM_ESP},
        {"from another address", {{.direction = OUT, ESP, .source = "10.3.0.5/32"}}, "10.0.0.7",
            "93.184.215.14", XFRM_CLEAR},
        {"from nobody knows which", {{.direction = OUT, ESP, .source = "10.3.0.5/32"}}, NULL,
            "93.184.215.14", XFRM_CLEAR},
        {"the office alone", {{.direction = OUT, ESP, .destination = "10.99.0.0/16"}}, "10.0.0.7",
            "93.184.215.14", XFRM_CLEAR},
        {"and a look-up there", {{.direction = OUT, ESP, .destination = "10.99.0.0/15"}},
            "10.0.0.7", "10.98.0.1", XFRM_ESP},
        {"one bit too many", {{.direction = OUT, ESP, .destination = "10.99.0.0/16"}}, "10.0.0.7",
            "10.98.0.1", XFRM_CLEAR},
        {"an exception of higher rank",
            {{.direction = OUT, ESP, .priority = 100},
                {.direction = OUT, .destination = "93.184.0.0/16", .priority = 99}},
            "10.0.0.7", "93.184.215.14", XFRM_CLEAR},
        {"and of lower rank",
            {{.direction = OUT, ESP, .priority = 100},
                {.direction = OUT, .destination = "93.184.0.0/16", .priority = 101}},
            "10.0.0.7", "93.184.215.14", XFRM_ESP},
        {"of the same rank: the worse", {{.direction = OUT, ESP}, {.direction = OUT}}, "10.0.0.7",
            "93.184.215.14", XFRM_CLEAR},
        {"the same, other order", {{.direction = OUT}, {.direction = OUT, ESP}}, "10.0.0.7",
            "93.184.215.14", XFRM_CLEAR},
        {"forbidden", {{.direction = OUT, .action = XFRM_POLICY_BLOCK}}, "10.0.0.7",
            "93.184.215.14", XFRM_BLOCKED},
        {"encrypted where it can be", {{.direction = OUT, ESP, .optional = true}}, "10.0.0.7",
            "93.184.215.14", XFRM_CLEAR},
        {"signed and not encrypted", {{.direction = OUT, .template = IPPROTO_AH}}, "10.0.0.7",
            "93.184.215.14", XFRM_CLEAR},
        {"of an interface", {{.direction = OUT, ESP, .interface = 7}}, "10.0.0.7", "93.184.215.14",
            XFRM_CLEAR},
        {"for marked packets", {{.direction = OUT, ESP, .mark = 7}}, "10.0.0.7", "93.184.215.14",
            XFRM_CLEAR},
        {"of the second list", {{.direction = OUT, ESP, .type = XFRM_POLICY_TYPE_SUB}}, "10.0.0.7",
            "93.184.215.14", XFRM_CLEAR},
        {"for another protocol (L2TP)",
            {{.direction = OUT, ESP, .protocol = IPPROTO_UDP, .port = 1701}}, "10.0.0.7",
            "93.184.215.14", XFRM_CLEAR},
        {"for this one and this port",
            {{.direction = OUT, ESP, .protocol = IPPROTO_TCP, .port = 443}}, "10.0.0.7",
            "93.184.215.14", XFRM_ESP},
        {"for one source port",
            {{.direction = OUT, ESP, .protocol = IPPROTO_TCP, .source_port = 9}}, "10.0.0.7",
            "93.184.215.14", XFRM_CLEAR},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct xfrm *xfrm = xfrm_new_offline();
        for (uint32_t j = 0; j < 3; j++) {
            struct message message = policy_message(&cases[i].rules[j], j + 1);
            if (memcmp(&cases[i].rules[j], &(struct rule){0}, sizeof(struct rule)) != 0)
                assert_true(feed(xfrm, &message));
        }
        struct xfrm_packet packet = {.protocol = IPPROTO_TCP, .port = 443, .interface = 2};
        assert_true(address_parse(cases[i].destination, &packet.destination));
        if (cases[i].source)
            assert_true(address_parse(cases[i].source, &packet.source));
        enum xfrm_way way = xfrm_way_of(xfrm, &packet);
        if (way != cases[i].way)
            fail_msg("%s: %d", cases[i].name, way);
        xfrm_close(xfrm);
    }
}

static struct xfrm_packet packet_to(const char *text)
{
    struct xfrm_packet packet = {.protocol = IPPROTO_TCP, .port = 443, .interface = 2};
    assert_true(address_parse(text, &packet.destination));
    assert_true(address_parse("10.0.0.7", &packet.source));
    return packet;
}

static enum ipsec_cover cover(const struct xfrm *xfrm)
{
    struct xfrm_packet packets[] = {
        packet_to("23.192.228.80"), packet_to("93.184.215.14"), packet_to("185.15.59.224")};
    return xfrm_cover(xfrm, packets, 3);
}

static void test_changes(void **state)
{
    (void)state;
    struct xfrm *xfrm = xfrm_new_offline();
    static const struct rule all = {.direction = OUT, ESP, .priority = 100};
    static const struct rule past = {.direction = OUT, .destination = "93.0.0.0/8", .priority = 50};
    static const struct rule hole = {
        .direction = OUT, .action = XFRM_POLICY_BLOCK, .destination = "93.0.0.0/8", .priority = 50};
    struct message message = policy_message(&all, 1);
    assert_int_equal(cover(xfrm), IPSEC_NONE);
    assert_true(feed(xfrm, &message));
    assert_int_equal(cover(xfrm), IPSEC_ALL);
    message = policy_message(&past, 2);
    assert_true(feed(xfrm, &message));
    assert_int_equal(cover(xfrm), IPSEC_SOME);
    message = policy_message(&hole, 2); /* the same one, changed */
    message.header.nlmsg_type = XFRM_MSG_UPDPOLICY;
    assert_true(feed(xfrm, &message));
    assert_int_equal(xfrm_count(xfrm), 2);
    assert_int_equal(cover(xfrm), IPSEC_ALL); /* what is blocked leaves neither way */

    /* deleted by selector: the policy is in an attribute, and the index before it is 0 */
    struct xfrm_userpolicy_info info = info_of(&all, 1);
    struct xfrm_userpolicy_id id = {.sel = info.sel, .dir = OUT};
    begin(&message, XFRM_MSG_DELPOLICY);
    put(&message, &id, sizeof(id));
    put_attribute(&message, XFRMA_POLICY, &info, sizeof(info));
    assert_true(feed(xfrm, &message));
    assert_int_equal(xfrm_count(xfrm), 1);
    assert_int_equal(cover(xfrm), IPSEC_NONE);

    id.index = info_of(&hole, 2).index; /* by index */
    begin(&message, XFRM_MSG_DELPOLICY);
    put(&message, &id, sizeof(id));
    assert_true(feed(xfrm, &message));
    assert_int_equal(xfrm_count(xfrm), 0);

    struct message again = policy_message(&all, 1);
    struct xfrm_user_polexpire expiry = {.pol = info};
    for (int hard = 0; hard < 2; hard++) {
        expiry.hard = (uint8_t)hard;
        assert_true(feed(xfrm, &again));
        begin(&message, XFRM_MSG_POLEXPIRE);
        put(&message, &expiry, sizeof(expiry));
        assert_true(feed(xfrm, &message));
        assert_int_equal(xfrm_count(xfrm), !hard);
    }
    assert_true(feed(xfrm, &again));
    struct xfrm_userpolicy_type type = {.type = XFRM_POLICY_TYPE_SUB};
    for (int main_list = 0; main_list < 2; main_list++) {
        type.type = main_list ? XFRM_POLICY_TYPE_MAIN : XFRM_POLICY_TYPE_SUB;
        begin(&message, XFRM_MSG_FLUSHPOLICY);
        put_attribute(&message, XFRMA_POLICY_TYPE, &type, sizeof(type));
        assert_true(feed(xfrm, &message));
        assert_int_equal(xfrm_count(xfrm), !main_list);
    }
    xfrm_close(xfrm);
}

/* Cut anywhere, nothing is read behind it; and the lengths of attributes may lie. */
static void test_malformed(void **state)
{
    (void)state;
    static const struct rule all = {.direction = OUT, ESP, .interface = 3};
    struct message whole = policy_message(&all, 1);
    for (uint32_t length = 0; length <= whole.header.nlmsg_len; length++) {
        struct xfrm *xfrm = xfrm_new_offline();
        uint8_t *data = malloc(length ? length : 1);
        memcpy(data, &whole, length);
        if (length >= sizeof(whole.header))
            memcpy(data, &length, sizeof(length));
        bool good = xfrm_feed(xfrm, data, length);
        assert_int_equal(good, length >= NLMSG_HDRLEN + sizeof(struct xfrm_userpolicy_info));
        free(data);
        xfrm_close(xfrm);
    }
    struct xfrm *xfrm = xfrm_new_offline();
    struct nlattr *first =
        (void *)(whole.room + NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct xfrm_userpolicy_info)));
    static const uint16_t lies[] = {0, 3, 5, 60000};
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        first->nla_len = lies[i];
        assert_true(feed(xfrm, &whole)); /* and ends */
    }
    for (uint32_t i = 0; i < 9000; i++) { /* more than are kept: not known any more */
        static const struct rule one = {.direction = OUT, ESP, .priority = 1};
        struct message message = policy_message(&one, i + 1);
        assert_true(feed(xfrm, &message));
    }
    assert_false(xfrm_known(xfrm));
    assert_int_equal(cover(xfrm), IPSEC_UNKNOWN);
    xfrm_close(xfrm);
}

/* ---- the kernel's own ---- */

static void run(const char *command)
{
    if (system(command) != 0)
        fail_msg("failed: %s", command);
}

/* As somebody without any right. */
static bool heard(struct xfrm *xfrm)
{
    struct pollfd events = {.fd = xfrm_fd(xfrm), .events = POLLIN};
    if (geteuid() == 0 && seteuid(65534) != 0)
        printf("(read as root)\n"); /* a user namespace of one user */
    bool ready = poll(&events, 1, 1000) > 0;
    bool changed = xfrm_read(xfrm);
    if (geteuid() != 0)
        assert_int_equal(seteuid(0), 0);
    return ready && changed;
}

#define TEMPLATE " tmpl src 192.0.2.1 dst 198.51.100.1 proto esp mode tunnel"

static void test_live(void **state)
{
    (void)state;
    run("ip xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out priority 100" TEMPLATE);
    run("ip xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in priority 100" TEMPLATE);
    struct xfrm *xfrm = xfrm_open();
    assert_non_null(xfrm);
    assert_int_equal(xfrm_count(xfrm), 1);
    assert_int_equal(cover(xfrm), IPSEC_ALL);
    assert_false(xfrm_read(xfrm)); /* nothing pending, and no waiting */

    run("ip xfrm policy add src 0.0.0.0/0 dst 93.0.0.0/8 dir out priority 50 action allow");
    assert_true(heard(xfrm));
    assert_int_equal(cover(xfrm), IPSEC_SOME);
    run("ip xfrm policy update src 0.0.0.0/0 dst 93.0.0.0/8 dir out priority 50 action block");
    assert_true(heard(xfrm));
    assert_int_equal(cover(xfrm), IPSEC_ALL);
    run("ip xfrm policy delete src 0.0.0.0/0 dst 93.0.0.0/8 dir out");
    assert_true(heard(xfrm));
    assert_int_equal(xfrm_count(xfrm), 1);
    run("ip xfrm policy add src 2001:db8::/32 dst ::/0 dir out" TEMPLATE);
    assert_true(heard(xfrm));
    assert_int_equal(xfrm_count(xfrm), 2);
    assert_int_equal(cover(xfrm), IPSEC_ALL);
    run("ip xfrm policy flush");
    assert_true(heard(xfrm));
    assert_int_equal(xfrm_count(xfrm), 0);
    assert_int_equal(cover(xfrm), IPSEC_NONE);
    run("ip xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in priority 100" TEMPLATE);
    assert_false(heard(xfrm)); /* not ours to tell */

    /* Lost is not the same as gone. */
    int small = 1;
    run("ip xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out priority 100" TEMPLATE);
    assert_true(heard(xfrm));
    assert_int_equal(cover(xfrm), IPSEC_ALL);
    assert_int_equal(setsockopt(xfrm_fd(xfrm), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
    run("for i in $(seq 1 40); do echo xfrm policy add src 0.0.0.0/0 dst 10.0.$i.0/24 dir out"
        " priority 9; done | ip -batch -");
    assert_true(heard(xfrm));
    assert_false(xfrm_known(xfrm));
    assert_int_equal(cover(xfrm), IPSEC_UNKNOWN);
    xfrm_close(xfrm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ways),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_live),
    };
    bool live = namespace_enter() && system("ip xfrm policy flush 2>/dev/null") == 0;
    if (!live)
        printf("skipped: the kernel's own policies\n");
    size_t count = sizeof(tests) / sizeof(tests[0]) - !live;
    return _cmocka_run_group_tests("xfrm", tests, count, NULL, NULL);
}
