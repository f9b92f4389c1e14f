/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "model/model.h"
#include "sources/killswitch.h"

/* Chains and rules as the kernel tells them; the lab has real ones (tests/lab). */

static union {
    struct nlmsghdr header;
    uint8_t room[4096];
} buffer;

static struct nlmsghdr *begin(uint16_t type, uint8_t family)
{
    memset(&buffer, 0, sizeof(buffer));
    struct nlmsghdr *message = mnl_nlmsg_put_header(&buffer);
    message->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
    struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
    header->nfgen_family = family;
    return message;
}

static void feed(struct killswitch *killswitch, const struct nlmsghdr *message)
{
    assert_true(killswitch_feed(killswitch, message, message->nlmsg_len));
}

static struct nlmsghdr *chain(
    uint16_t type, uint8_t family, const char *table, uint32_t hook, uint32_t policy)
{
    struct nlmsghdr *message = begin(type, family);
    mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, table);
    mnl_attr_put_strz(message, NFTA_CHAIN_NAME, "out");
    struct nlattr *nest = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
    mnl_attr_put_u32(message, NFTA_HOOK_HOOKNUM, htonl(hook));
    mnl_attr_nest_end(message, nest);
    mnl_attr_put_u32(message, NFTA_CHAIN_POLICY, htonl(policy));
    return message;
}

struct part {
    const char *kind;      /* NULL ends */
    uint32_t number;       /* key of meta, operation of cmp, code of a verdict */
    const char *interface; /* of cmp */
};

static struct nlmsghdr *rule(
    uint16_t type, uint8_t family, const char *table, uint64_t handle, const struct part *parts)
{
    struct nlmsghdr *message = begin(type, family);
    mnl_attr_put_strz(message, NFTA_RULE_TABLE, table);
    mnl_attr_put_strz(message, NFTA_RULE_CHAIN, "out");
    mnl_attr_put_u64(message, NFTA_RULE_HANDLE, handle);
    struct nlattr *list = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
    for (; parts->kind; parts++) {
        struct nlattr *each = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
        mnl_attr_put_strz(message, NFTA_EXPR_NAME, parts->kind);
        struct nlattr *data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
        if (strcmp(parts->kind, "meta") == 0) {
            mnl_attr_put_u32(message, NFTA_META_KEY, htonl(parts->number));
        } else if (strcmp(parts->kind, "cmp") == 0) {
            mnl_attr_put_u32(message, NFTA_CMP_OP, htonl(parts->number));
            struct nlattr *value = mnl_attr_nest_start(message, NFTA_CMP_DATA);
            mnl_attr_put(message, NFTA_DATA_VALUE, strlen(parts->interface) + 1, parts->interface);
            mnl_attr_nest_end(message, value);
        } else if (strcmp(parts->kind, "immediate") == 0) {
            struct nlattr *value = mnl_attr_nest_start(message, NFTA_IMMEDIATE_DATA);
            struct nlattr *verdict = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);
            mnl_attr_put_u32(message, NFTA_VERDICT_CODE, htonl(parts->number));
            mnl_attr_nest_end(message, verdict);
            mnl_attr_nest_end(message, value);
        }
        mnl_attr_nest_end(message, data);
        mnl_attr_nest_end(message, each);
    }
    mnl_attr_nest_end(message, list);
    return message;
}

#define OIFNAME                                                                                    \
    {                                                                                              \
        "meta", NFT_META_OIFNAME, NULL                                                             \
    }
#define IS(name)                                                                                   \
    {                                                                                              \
        "cmp", NFT_CMP_EQ, name                                                                    \
    }
#define IS_NOT(name)                                                                               \
    {                                                                                              \
        "cmp", NFT_CMP_NEQ, name                                                                   \
    }
#define DROP                                                                                       \
    {                                                                                              \
        "immediate", NF_DROP, NULL                                                                 \
    }
#define ACCEPT                                                                                     \
    {                                                                                              \
        "immediate", NF_ACCEPT, NULL                                                               \
    }

static struct model *machine(void)
{
    struct model *model = model_new(3, 1000);
    struct interface uplink = {.index = 2,
        .name = "eth0",
        .present = true,
        .up = true,
        .role = ROLE_UPLINK,
        .role_fixed = true};
    assert_non_null(model);
    model_interface_set(model, &uplink, 1000);
    model_settle(model, 1000);
    return model;
}

static void each_form(void **state)
{
    (void)state;
    static const struct {
        uint8_t family;
        uint32_t hook, policy;
        struct part rules[3][5];
        const char *text; /* NULL: none is seen */
        unsigned families;
        bool gap;
    } cases[] = {
        {NFPROTO_INET, NF_INET_LOCAL_OUT, NF_DROP,
            {{OIFNAME, IS("lo"), ACCEPT}, {OIFNAME, IS("wg0"), ACCEPT}},
            "nftables table inet t drops what leaves by anything but lo, wg0", 3, false},
        {NFPROTO_IPV4, NF_INET_LOCAL_OUT, NF_DROP,
            {{OIFNAME, IS("wg0"), ACCEPT}, {OIFNAME, IS("eth0"), ACCEPT}},
            "nftables table ip t drops what leaves by anything but wg0, eth0, IPv4 alone", 1, true},
        {NFPROTO_IPV6, NF_INET_LOCAL_OUT, NF_ACCEPT,
            {{OIFNAME, IS_NOT("wg0"), {"reject", 0, NULL}}},
            "nftables table ip6 t drops what leaves by anything but wg0, IPv6 alone", 2, false},
        {NFPROTO_INET, NF_INET_LOCAL_OUT, NF_ACCEPT, {{OIFNAME, IS("eth0"), DROP}},
            "nftables table inet t drops what leaves by eth0", 3, false},
        /* holds another interface, some addresses, some users, or is not on the way out */
        {NFPROTO_INET, NF_INET_LOCAL_OUT, NF_ACCEPT, {{OIFNAME, IS("docker0"), DROP}}, NULL, 0,
            false},
        {NFPROTO_INET, NF_INET_LOCAL_OUT, NF_ACCEPT, {{{"payload", 0, NULL}, IS("x"), DROP}}, NULL,
            0, false},
        {NFPROTO_INET, NF_INET_LOCAL_OUT, NF_ACCEPT,
            {{{"meta", NFT_META_SKUID, NULL}, IS("x"), DROP}}, NULL, 0, false},
        {NFPROTO_INET, NF_INET_FORWARD, NF_DROP, {{OIFNAME, IS("wg0"), ACCEPT}}, NULL, 0, false},
        {NFPROTO_BRIDGE, NF_INET_LOCAL_OUT, NF_DROP, {{OIFNAME, IS("wg0"), ACCEPT}}, NULL, 0,
            false},
        /* lets everything pass */
        {NFPROTO_INET, NF_INET_LOCAL_OUT, NF_DROP, {{ACCEPT}}, NULL, 0, false},
        {NFPROTO_INET, NF_INET_LOCAL_OUT, NF_DROP, {{OIFNAME, IS_NOT("wg0"), ACCEPT}}, NULL, 0,
            false},
        {NFPROTO_INET, NF_INET_LOCAL_OUT, NF_ACCEPT, {{{NULL, 0, NULL}}}, NULL, 0, false},
        /* a hostile name is shown as any */
        {NFPROTO_INET, NF_INET_LOCAL_OUT, NF_DROP, {{OIFNAME, IS("w\x1b[1m"), ACCEPT}},
            "nftables table inet t drops what leaves by anything but w\\027[1m", 3, false},
    };
    struct model *model = machine();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct killswitch *killswitch = killswitch_new_offline();
        struct killswitch_info info = {0};
        assert_non_null(killswitch);
        feed(killswitch,
            chain(NFT_MSG_NEWCHAIN, cases[i].family, "t", cases[i].hook, cases[i].policy));
        for (size_t r = 0; r < 3; r++)
            feed(killswitch, rule(NFT_MSG_NEWRULE, cases[i].family, "t", r + 1, cases[i].rules[r]));
        killswitch_rules(killswitch, model, &info);
        assert_int_equal(info.rules, KILLSWITCH_READ);
        if (info.count != (cases[i].text ? 1 : 0))
            fail_msg("case %zu: %zu rows: %s", i, info.count, info.rows[0].text);
        if (cases[i].text) {
            assert_string_equal(info.rows[0].text, cases[i].text);
            assert_int_equal(info.rows[0].families, cases[i].families);
            assert_int_equal(info.rows[0].gap, cases[i].gap);
        }
        killswitch_close(killswitch);
    }
    model_free(model);
}

/* Rules, chains and tables that go are gone. */
static void changes(void **state)
{
    (void)state;
    static const struct part gap[] = {OIFNAME, IS("eth0"), ACCEPT, {NULL, 0, NULL}};
    struct model *model = machine();
    struct killswitch *killswitch = killswitch_new_offline();
    struct killswitch_info info = {0};
    assert_non_null(killswitch);
    feed(killswitch, chain(NFT_MSG_NEWCHAIN, NFPROTO_INET, "mullvad", NF_INET_LOCAL_OUT, NF_DROP));
    feed(killswitch, rule(NFT_MSG_NEWRULE, NFPROTO_INET, "mullvad", 7, gap));
    killswitch_rules(killswitch, model, &info);
    assert_true(info.count == 1 && info.rows[0].gap);
    feed(killswitch, rule(NFT_MSG_DELRULE, NFPROTO_INET, "mullvad", 7, gap));
    info = (struct killswitch_info){0};
    killswitch_rules(killswitch, model, &info);
    assert_true(info.count == 1 && !info.rows[0].gap);
    assert_non_null(strstr(info.rows[0].text, "mullvad (Mullvad)"));
    struct nlmsghdr *message = begin(NFT_MSG_DELTABLE, NFPROTO_INET);
    mnl_attr_put_strz(message, NFTA_TABLE_NAME, "mullvad");
    feed(killswitch, message);
    info = (struct killswitch_info){0};
    killswitch_rules(killswitch, model, &info);
    assert_int_equal(info.count, 0);
    killswitch_close(killswitch);
    model_free(model);
}

/* Cut and spoilt messages are bounded; what is more than there is room for is told. */
static void bad_input(void **state)
{
    (void)state;
    static const struct part parts[] = {OIFNAME, IS("wg0"), ACCEPT, {NULL, 0, NULL}};
    struct model *model = machine();
    struct killswitch *killswitch = killswitch_new_offline();
    struct killswitch_info info = {0};
    assert_non_null(killswitch);
    feed(killswitch, chain(NFT_MSG_NEWCHAIN, NFPROTO_INET, "t", NF_INET_LOCAL_OUT, NF_DROP));
    srand(1);
    for (int i = 0; i < 20000; i++) {
        const struct nlmsghdr *message = rule(NFT_MSG_NEWRULE, NFPROTO_INET, "t", 1, parts);
        size_t length = message->nlmsg_len;
        uint8_t *copy = malloc(length);
        assert_non_null(copy);
        memcpy(copy, message, length);
        for (int j = 0; j < 4; j++)
            copy[sizeof(*message) + (size_t)rand() % (length - sizeof(*message))] = (uint8_t)rand();
        (void)killswitch_feed(killswitch, copy, length);
        size_t cut = (size_t)rand() % length;
        uint8_t *part = malloc(cut + 1);
        assert_non_null(part);
        memcpy(part, message, cut);
        if (cut >= sizeof(struct nlmsghdr))
            ((struct nlmsghdr *)(void *)part)->nlmsg_len = (uint32_t)cut;
        (void)killswitch_feed(killswitch, part, cut);
        free(copy);
        free(part);
    }
    for (uint64_t i = 0; i < 3000; i++)
        feed(killswitch, rule(NFT_MSG_NEWRULE, NFPROTO_INET, "t", 100 + i, parts));
    killswitch_rules(killswitch, model, &info);
    assert_int_equal(info.rules, KILLSWITCH_LOST);
    killswitch_close(killswitch);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form),
        cmocka_unit_test(changes),
        cmocka_unit_test(bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
