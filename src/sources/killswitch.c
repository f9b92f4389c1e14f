/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/killswitch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"
#include "sources/netlink.h"
#include "tables/killswitch.h"

#define CHAINS_MAX 64
#define RULES_MAX 1024 /* those that tell something, in such chains */
#define NAME_MAX_KEPT 64
#define EVENTS_BUFFER (1024 * 1024)
#define READS_AT_ONCE 4096
#define DUMP_TRIES 5

struct chain {
    uint8_t family; /* NFPROTO_* */
    char table[NAME_MAX_KEPT], name[NAME_MAX_KEPT];
    bool drops; /* its policy */
};

struct rule {
    uint8_t family;
    char table[NAME_MAX_KEPT], chain[NAME_MAX_KEPT];
    uint64_t handle;
    bool blocks;                     /* else it lets pass */
    bool other;                      /* what goes by any other interface than that */
    bool partial;                    /* lets pass some of it alone, by address, port, user, ... */
    bool conditional;                /* by mark, kind of address, ... */
    uint8_t only;                    /* NFPROTO_IPV4 or 6, 0 both */
    char interface[2 * IF_NAMESIZE]; /* escaped; "" any */
};

struct killswitch {
    struct netlink events;
    struct chain chains[CHAINS_MAX];
    size_t chain_count;
    struct rule rules[RULES_MAX];
    size_t rule_count;
    bool lost;
};

/* ---- attributes ---- */

static const struct nlattr *next(const void *begin, size_t length, const struct nlattr *previous)
{
    const uint8_t *end = (const uint8_t *)begin + length;
    const uint8_t *at = previous ? (const uint8_t *)previous + MNL_ALIGN(previous->nla_len) : begin;
    struct nlattr attribute;
    if (at > end || (size_t)(end - at) < sizeof(attribute))
        return NULL;
    memcpy(&attribute, at, sizeof(attribute));
    if (attribute.nla_len < sizeof(attribute) || attribute.nla_len > end - at)
        return NULL;
    return (const void *)at;
}

static const struct nlattr *find(const void *begin, size_t length, uint16_t type)
{
    for (const struct nlattr *each = NULL; (each = next(begin, length, each)) != NULL;)
        if (mnl_attr_get_type(each) == type)
            return each;
    return NULL;
}

static const struct nlattr *inside(const struct nlattr *nest, uint16_t type)
{
    return nest ? find(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest), type) : NULL;
}

static bool text_of(const struct nlattr *attribute, char out[static NAME_MAX_KEPT])
{
    out[0] = '\0';
    if (!attribute)
        return false;
    const char *text = mnl_attr_get_payload(attribute);
    text_escape(text, strnlen(text, mnl_attr_get_payload_len(attribute)), out, NAME_MAX_KEPT);
    return true;
}

/* All numbers of nf_tables are big-endian. */
static uint32_t number_of(const struct nlattr *attribute, uint32_t otherwise)
{
    uint32_t value;
    if (!attribute || mnl_attr_get_payload_len(attribute) < sizeof(value))
        return otherwise;
    memcpy(&value, mnl_attr_get_payload(attribute), sizeof(value));
    return ntohl(value);
}

/* ---- one rule ---- */

enum loaded { LOADED_NOTHING, LOADED_OIF, LOADED_OIFNAME, LOADED_FAMILY, LOADED_MARK };

struct reading {
    struct rule *rule;
    enum loaded loaded;
    bool verdict, partial;
};

static void take_meta(struct reading *reading, const struct nlattr *data)
{
    switch (number_of(inside(data, NFTA_META_KEY), UINT32_MAX)) {
    case NFT_META_OIF:
        reading->loaded = LOADED_OIF;
        break;
    case NFT_META_OIFNAME:
        reading->loaded = LOADED_OIFNAME;
        break;
    case NFT_META_NFPROTO:
        reading->loaded = LOADED_FAMILY;
        break;
    case NFT_META_MARK:
        reading->loaded = LOADED_MARK;
        reading->rule->conditional = true;
        break;
    default:
        reading->partial = true;
        break;
    }
}

static void take_comparison(struct reading *reading, const struct nlattr *data)
{
    struct rule *rule = reading->rule;
    uint32_t operation = number_of(inside(data, NFTA_CMP_OP), UINT32_MAX);
    const struct nlattr *value = inside(inside(data, NFTA_CMP_DATA), NFTA_DATA_VALUE);
    size_t length = value ? mnl_attr_get_payload_len(value) : 0;
    const char *bytes = value ? mnl_attr_get_payload(value) : "";
    char name[IF_NAMESIZE + 1] = "";
    uint32_t index;
    if (operation != NFT_CMP_EQ && operation != NFT_CMP_NEQ) {
        reading->partial = true;
        return;
    }
    switch (reading->loaded) {
    case LOADED_OIF:
        if (length == sizeof(index)) {
            memcpy(&index, bytes, sizeof(index)); /* the machine's own order */
            if (!if_indextoname(index, name))
                text_format(name, sizeof(name), "if%u", (unsigned)index);
        }
        break;
    case LOADED_OIFNAME: {
        size_t used = strnlen(bytes, length < IF_NAMESIZE ? length : IF_NAMESIZE - 1);
        memcpy(name, bytes, used);
        text_format(name + used, sizeof(name) - used, "%s", used == length ? "*" : "");
        break;
    }
    case LOADED_FAMILY:
        reading->partial |= operation != NFT_CMP_EQ || length < 1;
        rule->only = length < 1 ? 0 : (uint8_t)bytes[0];
        return;
    case LOADED_MARK:
        return;
    case LOADED_NOTHING:
        reading->partial = true;
        return;
    }
    reading->partial |= name[0] == '\0' || rule->interface[0] != '\0';
    rule->other = operation == NFT_CMP_NEQ;
    text_escape(name, strlen(name), rule->interface, sizeof(rule->interface));
}

static void take_verdict(struct reading *reading, const struct nlattr *data)
{
    const struct nlattr *verdict = inside(inside(data, NFTA_IMMEDIATE_DATA), NFTA_DATA_VERDICT);
    uint32_t code = number_of(inside(verdict, NFTA_VERDICT_CODE), UINT32_MAX);
    reading->verdict |= code == NF_DROP || code == NF_ACCEPT;
    reading->rule->blocks = code == NF_DROP;
}

static void take_expression(struct reading *reading, const struct nlattr *expression)
{
    static const char *const harmless[] = {"counter", "log", "comment"};
    static const char *const kinds[] = {"mark", "addrtype", "comment"};
    char kind[NAME_MAX_KEPT], name[NAME_MAX_KEPT];
    const struct nlattr *data = inside(expression, NFTA_EXPR_DATA);
    text_of(inside(expression, NFTA_EXPR_NAME), kind);
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
        if (strcmp(kind, harmless[i]) == 0)
            return;
    if (strcmp(kind, "meta") == 0) {
        take_meta(reading, data);
    } else if (strcmp(kind, "cmp") == 0) {
        take_comparison(reading, data);
    } else if (strcmp(kind, "lookup") == 0 &&
               (reading->loaded == LOADED_OIF || reading->loaded == LOADED_OIFNAME)) {
        reading->partial |= reading->rule->interface[0] != '\0';
        reading->rule->other = number_of(inside(data, NFTA_LOOKUP_FLAGS), 0) & NFT_LOOKUP_F_INV;
        text_format(reading->rule->interface, sizeof(reading->rule->interface), "those of a set");
    } else if (strcmp(kind, "immediate") == 0) {
        take_verdict(reading, data);
    } else if (strcmp(kind, "reject") == 0) {
        reading->verdict = reading->rule->blocks = true;
    } else if (strcmp(kind, "fib") == 0) {
        reading->loaded = LOADED_MARK; /* local or not: what is compared next is a condition */
        reading->rule->conditional = true;
    } else if (strcmp(kind, "bitwise") == 0) {
        reading->partial |= reading->loaded != LOADED_MARK;
    } else if (strcmp(kind, "match") == 0) { /* of iptables-nft */
        bool known = false;
        text_of(inside(data, NFTA_MATCH_NAME), name);
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
            known |= strcmp(name, kinds[i]) == 0;
        reading->partial |= !known;
        reading->rule->conditional = true;
    } else if (strcmp(kind, "target") == 0) {
        text_of(inside(data, NFTA_TARGET_NAME), name);
        reading->verdict |= strcmp(name, "REJECT") == 0;
        reading->rule->blocks = true;
    } else {
        reading->partial = true;
    }
}

/* ---- messages ---- */

static struct chain *chain_of(
    struct killswitch *killswitch, uint8_t family, const char *table, const char *name)
{
    for (size_t i = 0; i < killswitch->chain_count; i++) {
        struct chain *chain = &killswitch->chains[i];
        if (chain->family == family && strcmp(chain->table, table) == 0 &&
            strcmp(chain->name, name) == 0)
            return chain;
    }
    return NULL;
}

static void drop_rules(
    struct killswitch *killswitch, uint8_t family, const char *table, const char *chain)
{
    for (size_t i = killswitch->rule_count; i-- > 0;) {
        const struct rule *rule = &killswitch->rules[i];
        if (rule->family == family && strcmp(rule->table, table) == 0 &&
            (!chain || strcmp(rule->chain, chain) == 0))
            killswitch->rules[i] = killswitch->rules[--killswitch->rule_count];
    }
}

static void drop_chain(struct killswitch *killswitch, const struct chain *chain)
{
    size_t at = (size_t)(chain - killswitch->chains);
    drop_rules(killswitch, chain->family, chain->table, chain->name);
    killswitch->chains[at] = killswitch->chains[--killswitch->chain_count];
}

static void take_chain(
    struct killswitch *killswitch, uint8_t family, const void *attributes, size_t length, bool gone)
{
    struct chain chain = {.family = family};
    const struct nlattr *hook = find(attributes, length, NFTA_CHAIN_HOOK);
    text_of(find(attributes, length, NFTA_CHAIN_TABLE), chain.table);
    text_of(find(attributes, length, NFTA_CHAIN_NAME), chain.name);
    struct chain *known = chain_of(killswitch, family, chain.table, chain.name);
    if (gone && known)
        drop_chain(killswitch, known);
    bool seen = family == NFPROTO_IPV4 || family == NFPROTO_IPV6 || family == NFPROTO_INET;
    if (gone || !hook || !seen ||
        number_of(inside(hook, NFTA_HOOK_HOOKNUM), UINT32_MAX) != NF_INET_LOCAL_OUT)
        return;
    chain.drops = number_of(find(attributes, length, NFTA_CHAIN_POLICY), NF_ACCEPT) == NF_DROP;
    if (known)
        *known = chain;
    else if (killswitch->chain_count == CHAINS_MAX)
        killswitch->lost = true;
    else
        killswitch->chains[killswitch->chain_count++] = chain;
}

static void take_rule(
    struct killswitch *killswitch, uint8_t family, const void *attributes, size_t length, bool gone)
{
    struct rule rule = {.family = family};
    struct reading reading = {.rule = &rule};
    const struct nlattr *handle = find(attributes, length, NFTA_RULE_HANDLE);
    const struct nlattr *list = find(attributes, length, NFTA_RULE_EXPRESSIONS);
    text_of(find(attributes, length, NFTA_RULE_TABLE), rule.table);
    text_of(find(attributes, length, NFTA_RULE_CHAIN), rule.chain);
    if (!handle || mnl_attr_get_payload_len(handle) < sizeof(rule.handle) ||
        !chain_of(killswitch, family, rule.table, rule.chain))
        return;
    memcpy(&rule.handle, mnl_attr_get_payload(handle), sizeof(rule.handle));
    for (size_t i = killswitch->rule_count; i-- > 0;) {
        const struct rule *known = &killswitch->rules[i];
        if (known->family == family && known->handle == rule.handle &&
            strcmp(known->table, rule.table) == 0 && strcmp(known->chain, rule.chain) == 0)
            killswitch->rules[i] = killswitch->rules[--killswitch->rule_count];
    }
    if (gone || !list)
        return;
    size_t size = mnl_attr_get_payload_len(list);
    for (const struct nlattr *each = NULL;
         (each = next(mnl_attr_get_payload(list), size, each)) != NULL;)
        take_expression(&reading, each);
    rule.partial = reading.partial;
    if (!reading.verdict || (reading.partial && rule.blocks))
        return;
    if (killswitch->rule_count == RULES_MAX)
        killswitch->lost = true;
    else
        killswitch->rules[killswitch->rule_count++] = rule;
}

static void take_table_gone(
    struct killswitch *killswitch, uint8_t family, const void *attributes, size_t length)
{
    char table[NAME_MAX_KEPT];
    text_of(find(attributes, length, NFTA_TABLE_NAME), table);
    for (size_t i = killswitch->chain_count; i-- > 0;)
        if (killswitch->chains[i].family == family &&
            strcmp(killswitch->chains[i].table, table) == 0)
            drop_chain(killswitch, &killswitch->chains[i]);
}

static bool take(struct killswitch *killswitch, const struct nlmsghdr *message)
{
    struct nfgenmsg header;
    size_t length = mnl_nlmsg_get_payload_len(message);
    if (message->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES)
        return true;
    if (length < sizeof(header))
        return false;
    memcpy(&header, mnl_nlmsg_get_payload(message), sizeof(header));
    const void *attributes = (const uint8_t *)mnl_nlmsg_get_payload(message) + sizeof(header);
    length -= sizeof(header);
    switch (message->nlmsg_type & 0xff) {
    case NFT_MSG_NEWCHAIN:
    case NFT_MSG_DELCHAIN:
        take_chain(killswitch, header.nfgen_family, attributes, length,
            (message->nlmsg_type & 0xff) == NFT_MSG_DELCHAIN);
        break;
    case NFT_MSG_NEWRULE:
    case NFT_MSG_DELRULE:
        take_rule(killswitch, header.nfgen_family, attributes, length,
            (message->nlmsg_type & 0xff) == NFT_MSG_DELRULE);
        break;
    case NFT_MSG_DELTABLE:
        take_table_gone(killswitch, header.nfgen_family, attributes, length);
        break;
    default:
        break;
    }
    return true;
}

bool killswitch_feed(struct killswitch *killswitch, const void *data, size_t length)
{
    if (length < sizeof(struct nlmsghdr) || !mnl_nlmsg_ok(data, (int)length))
        return false;
    return take(killswitch, data);
}

/* ---- sockets ---- */

struct intake {
    struct killswitch *killswitch;
    bool any;
};

static bool take_each(void *context, const struct nlmsghdr *message, size_t length)
{
    struct intake *intake = context;
    (void)length;
    (void)take(intake->killswitch, message);
    intake->any = true;
    return true;
}

static int dump(struct killswitch *killswitch, struct netlink *requests, uint16_t what)
{
    union {
        struct nlmsghdr header;
        uint8_t room[NETLINK_REQUEST];
    } request;
    struct intake intake = {.killswitch = killswitch};
    struct nlmsghdr *message = mnl_nlmsg_put_header(&request);
    message->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | what);
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
    header->nfgen_family = NFPROTO_UNSPEC;
    header->version = NFNETLINK_V0;
    return netlink_ask(requests, message, take_each, &intake);
}

static int read_all(struct killswitch *killswitch)
{
    struct netlink requests;
    int error = netlink_open(&requests, NETLINK_NETFILTER);
    if (error)
        return error;
    for (int tries = 0; tries < DUMP_TRIES; tries++) {
        killswitch->chain_count = killswitch->rule_count = 0;
        error = dump(killswitch, &requests, NFT_MSG_GETCHAIN);
        if (error == 0)
            error = dump(killswitch, &requests, NFT_MSG_GETRULE);
        if (error != -EINTR)
            break;
    }
    netlink_close(&requests);
    return error;
}

struct killswitch *killswitch_new_offline(void)
{
    return calloc(1, sizeof(struct killswitch));
}

struct killswitch *killswitch_open(void)
{
    static const int group = NFNLGRP_NFTABLES;
    struct killswitch *killswitch = killswitch_new_offline();
    int size = EVENTS_BUFFER;
    if (!killswitch || netlink_open(&killswitch->events, NETLINK_NETFILTER) != 0)
        goto failed;
    int fd = netlink_fd(&killswitch->events);
    if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
        goto failed;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    if (read_all(killswitch) != 0)
        goto failed;
    return killswitch;
failed:
    killswitch_close(killswitch);
    return NULL;
}

void killswitch_close(struct killswitch *killswitch)
{
    if (!killswitch)
        return;
    netlink_close(&killswitch->events);
    free(killswitch);
}

int killswitch_fd(const struct killswitch *killswitch)
{
    return netlink_fd(&killswitch->events);
}

bool killswitch_read(struct killswitch *killswitch)
{
    struct intake intake = {.killswitch = killswitch};
    bool lost = killswitch->lost;
    for (int reads = 0; reads < READS_AT_ONCE; reads++) {
        int error = netlink_receive(&killswitch->events, take_each, &intake);
        if (error == -ENOBUFS)
            killswitch->lost = true;
        else if (error)
            break;
    }
    return intake.any || lost != killswitch->lost;
}

/* ---- what they say together ---- */

static bool is_uplink(const struct model *model, const char *name)
{
    for (size_t i = 0; i < model_interface_count(model); i++) {
        const struct interface *interface = model_interface_at(model, i);
        if (interface->present && interface->role == ROLE_UPLINK &&
            strcmp(interface->name, name) == 0)
            return true;
    }
    return false;
}

static bool in_chain(const struct rule *rule, const struct chain *chain)
{
    return rule->family == chain->family && strcmp(rule->table, chain->table) == 0 &&
           strcmp(rule->chain, chain->name) == 0;
}

static void add_name(char *list, size_t size, const char *name)
{
    size_t used = strlen(list);
    if (used + strlen(name) + 8 < size)
        text_format(list + used, size - used, "%s%s", used ? ", " : "", name);
}

static void judge_chain(const struct killswitch *killswitch, const struct chain *chain,
    const struct model *model, struct killswitch_info *info)
{
    static const char *const families[] = {
        [NFPROTO_INET] = "inet", [NFPROTO_IPV4] = "ip", [NFPROTO_IPV6] = "ip6"};
    char passes[96] = "", held[96] = "", except[96] = "";
    size_t some = 0;
    bool open = false, gap = false, blocks = chain->drops;
    unsigned all = chain->family == NFPROTO_IPV4   ? 1u << FAMILY_INDEX_4
                   : chain->family == NFPROTO_IPV6 ? 1u << FAMILY_INDEX_6
                                                   : 3u;
    unsigned covers = chain->drops ? all : 0;
    for (size_t i = 0; i < killswitch->rule_count; i++) {
        const struct rule *rule = &killswitch->rules[i];
        unsigned these = rule->only == NFPROTO_IPV4   ? all & (1u << FAMILY_INDEX_4)
                         : rule->only == NFPROTO_IPV6 ? all & (1u << FAMILY_INDEX_6)
                                                      : all;
        if (!in_chain(rule, chain))
            continue;
        if (rule->partial) {
            some++;
        } else if (rule->blocks) {
            bool uplink = rule->interface[0] && !rule->other && is_uplink(model, rule->interface);
            if (rule->interface[0] && !rule->other && !uplink)
                continue; /* it holds some other interface */
            if (uplink)
                add_name(held, sizeof(held), rule->interface);
            else if (rule->interface[0])
                add_name(except, sizeof(except), rule->interface);
            blocks = true;
            covers |= these;
        } else if (rule->interface[0] && !rule->other) {
            add_name(passes, sizeof(passes), rule->interface);
            gap |= !rule->conditional && is_uplink(model, rule->interface);
        } else if (!rule->conditional) {
            open = true; /* everything, or what goes by anything but one interface */
        }
    }
    if (!blocks || open || covers == 0 || info->count == KILLSWITCH_ROWS)
        return;
    if (chain->drops || !except[0])
        text_format(except, sizeof(except), "%s", passes);
    struct killswitch_row *row = &info->rows[info->count++];
    const char *owner = killswitch_table_owner(chain->table);
    row->families = covers;
    row->gap = gap;
    char exceptions[64] = "";
    if (some > 0)
        text_format(exceptions, sizeof(exceptions), "; %zu rule%s of it let%s some pass", some,
            some == 1 ? "" : "s", some == 1 ? "s" : "");
    bool named = held[0] && !chain->drops;
    text_format(row->text, sizeof(row->text),
        "nftables table %s %s%s%s%s drops what leaves by %s%s%s%s", families[chain->family],
        chain->table, owner ? " (" : "", owner ? owner : "", owner ? ")" : "",
        named       ? held
        : except[0] ? "anything but "
                    : "anything",
        named ? "" : except,
        covers == 1u << FAMILY_INDEX_4   ? ", IPv4 alone"
        : covers == 1u << FAMILY_INDEX_6 ? ", IPv6 alone"
                                         : "",
        exceptions);
}

void killswitch_rules(
    const struct killswitch *killswitch, const struct model *model, struct killswitch_info *info)
{
    info->rules = killswitch->lost ? KILLSWITCH_LOST : KILLSWITCH_READ;
    for (size_t i = 0; i < killswitch->chain_count; i++)
        judge_chain(killswitch, &killswitch->chains[i], model, info);
}

void killswitch_find(
    const struct killswitch *killswitch, const struct model *model, struct killswitch_info *info)
{
    memset(info, 0, sizeof(*info));
    info->rules = KILLSWITCH_NO_RIGHTS;
    if (killswitch)
        killswitch_rules(killswitch, model, info);
    killswitch_routes(model, info);
}
