/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/owners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "sources/netlink.h"

#define SECOND_NS 1000000000ULL
/* What may be asked in a second, in exact questions (some 3 us). Reading the tables of UDP sockets
 * through takes 60 us with 16384 slots each, all of it within 2 % of a core. Those of TCP have
 * hundreds of thousands of slots and take 9 ms: they are never read. */
#define QUESTIONS_A_SECOND 2000
#define LOOPBACK_INDEX 1 /* in each namespace (include/net/flow.h, LOOPBACK_IFINDEX) */
#define EXACT_COST 1
#define TABLES_COST 10
/* The two questions of one getaddrinfo(3), and those of a busy forwarder. Short, for a port may
 * soon be another's: with twenty programs asking at once, in a quarter of a second one in some
 * thousands was. */
#define CACHE_NS (4ULL * 1000000ULL)
#define CACHE_ROOM 256 /* power of two */

/* The socket that a packet tells of, from its own point of view. */
struct endpoint {
    int protocol;
    uint32_t interface; /* 0 not known */
    struct address local, remote;
    uint16_t local_port, remote_port;
};

struct cached {
    uint64_t time_ns; /* 0: empty */
    int protocol;
    struct address local;
    uint16_t local_port;
    struct owner owner;
};

struct owners {
    struct netlink netlink;
    uint64_t refilled_ns;
    uint32_t tokens;
    struct cached cache[CACHE_ROOM];
};

/* What a question found. */
struct search {
    const struct endpoint *endpoint;
    struct owner connected, open; /* inode 0: none */
    bool several;                 /* more than one unconnected socket fits */
    bool server;                  /* one of TCP that listens will do */
};

int owners_open(struct owners **out)
{
    *out = NULL;
    struct owners *owners = calloc(1, sizeof(*owners));
    if (!owners)
        return -ENOMEM;
    int error = netlink_open(&owners->netlink, NETLINK_SOCK_DIAG);
    if (error) {
        free(owners);
        return error;
    }
    owners->tokens = QUESTIONS_A_SECOND;
    *out = owners;
    return 0;
}

void owners_close(struct owners *owners)
{
    if (!owners)
        return;
    netlink_close(&owners->netlink);
    free(owners);
}

static bool spend(struct owners *owners, uint32_t cost)
{
    if (owners->tokens < cost)
        return false;
    owners->tokens -= cost;
    return true;
}

static void refill(struct owners *owners, uint64_t now)
{
    uint64_t past = now > owners->refilled_ns ? now - owners->refilled_ns : 0;
    if (now < owners->refilled_ns || past >= SECOND_NS) {
        /* The first question, a quiet second, or a wall clock that was set back. */
        owners->refilled_ns = now;
        if (past >= SECOND_NS)
            owners->tokens = QUESTIONS_A_SECOND;
        return;
    }
    uint64_t earned = past * QUESTIONS_A_SECOND / SECOND_NS;
    if (earned == 0)
        return;
    owners->refilled_ns += earned * SECOND_NS / QUESTIONS_A_SECOND;
    owners->tokens += (uint32_t)earned;
    if (owners->tokens > QUESTIONS_A_SECOND)
        owners->tokens = QUESTIONS_A_SECOND;
}

static bool is_zero(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

enum match { MATCH_NOT, MATCH_ANY, MATCH_EXACT };

/* How an address of a socket (in words, as the kernel gives it) fits one of a packet. IPv4 also on
 * sockets of IPv6, v4-mapped. */
static enum match match(uint8_t family, const __be32 words[4], const struct address *address)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    uint8_t bytes[16];
    memcpy(bytes, words, sizeof(bytes));
    size_t length = family == AF_INET ? 4 : 16;
    if (is_zero(bytes, length))
        return MATCH_ANY;
    const uint8_t *compared = bytes;
    if (address->family == FAMILY_IPV4 && family == AF_INET6) {
        if (memcmp(bytes, mapped, sizeof(mapped)) != 0)
            return MATCH_NOT;
        compared = bytes + sizeof(mapped);
        length = 4;
        if (is_zero(compared, length))
            return MATCH_ANY;
    } else if ((address->family == FAMILY_IPV6) != (family == AF_INET6)) {
        return MATCH_NOT;
    }
    return memcmp(compared, address->bytes, length) == 0 ? MATCH_EXACT : MATCH_NOT;
}

/* INET_DIAG_SKV6ONLY comes with each unconnected socket of IPv6. */
static bool is_v6_only(const uint8_t *attributes, size_t length)
{
    struct nlattr attribute;
    for (size_t at = 0; length - at >= sizeof(attribute);) {
        memcpy(&attribute, attributes + at, sizeof(attribute));
        if (attribute.nla_len < sizeof(attribute) || attribute.nla_len > length - at)
            return false;
        if (attribute.nla_type == INET_DIAG_SKV6ONLY && attribute.nla_len > sizeof(attribute))
            return attributes[at + sizeof(attribute)] != 0;
        size_t step = MNL_ALIGN((size_t)attribute.nla_len);
        at = step < length - at ? at + step : length;
    }
    return false;
}

static bool take_socket(void *context, const struct nlmsghdr *message, size_t length)
{
    struct search *search = context;
    const struct endpoint *endpoint = search->endpoint;
    struct inet_diag_msg found;
    if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY || length < sizeof(*message) + sizeof(found))
        return true;
    memcpy(&found, message + 1, sizeof(found));
    /* Inode 0: closed by its process already, or in TIME_WAIT. The uid is then said as 0 as well
     * and would name root. */
    if (found.idiag_inode == 0 || ntohs(found.id.idiag_sport) != endpoint->local_port)
        return true;
    enum match local = match(found.idiag_family, found.id.idiag_src, &endpoint->local);
    if (local == MATCH_NOT)
        return true;
    struct owner owner = {.uid = found.idiag_uid, .inode = found.idiag_inode};
    if (found.id.idiag_dport != 0) {
        if (ntohs(found.id.idiag_dport) == endpoint->remote_port &&
            match(found.idiag_family, found.id.idiag_dst, &endpoint->remote) == MATCH_EXACT)
            search->connected = owner;
        return true;
    }
    const size_t head = sizeof(*message) + sizeof(found);
    if ((endpoint->protocol != IPPROTO_UDP && !search->server) ||
        (endpoint->local.family == FAMILY_IPV4 && found.idiag_family == AF_INET6 &&
            is_v6_only((const uint8_t *)message + head, length - head)))
        return true;
    if (search->open.inode != 0 && search->open.inode != owner.inode)
        search->several = true;
    search->open = owner;
    return true;
}

static void put(__be32 words[4], const struct address *address)
{
    memcpy(words, address->bytes, 16);
}

static int ask(
    struct owners *owners, struct inet_diag_req_v2 *question, uint16_t flags, struct search *search)
{
    union {
        struct nlmsghdr header;
        uint8_t room[NETLINK_REQUEST];
    } request;
    struct nlmsghdr *message = mnl_nlmsg_put_header(&request);
    message->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
    memcpy(mnl_nlmsg_put_extra_header(message, sizeof(*question)), question, sizeof(*question));
    return netlink_ask(&owners->netlink, message, take_socket, search);
}

static int ask_exactly(struct owners *owners, struct search *search)
{
    const struct endpoint *endpoint = search->endpoint;
    struct inet_diag_req_v2 question = {
        .sdiag_family = endpoint->local.family == FAMILY_IPV6 ? AF_INET6 : AF_INET,
        .sdiag_protocol = (uint8_t)endpoint->protocol,
        .idiag_states = UINT32_MAX,
        .id.idiag_if = endpoint->interface,
        .id.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE},
    };
    /* For UDP the kernel looks for the socket that would receive a packet with this source and
     * destination ("swapped for historical reasons", net/ipv4/udp_diag.c udp_dump_one): the remote
     * end is the source. For TCP the local end is (net/ipv4/inet_diag.c). */
    if (endpoint->protocol == IPPROTO_UDP) {
        put(question.id.idiag_src, &endpoint->remote);
        put(question.id.idiag_dst, &endpoint->local);
        question.id.idiag_sport = htons(endpoint->remote_port);
        question.id.idiag_dport = htons(endpoint->local_port);
    } else {
        put(question.id.idiag_src, &endpoint->local);
        put(question.id.idiag_dst, &endpoint->remote);
        question.id.idiag_sport = htons(endpoint->local_port);
        question.id.idiag_dport = htons(endpoint->remote_port);
    }
    return ask(owners, &question, 0, search);
}

/* Read the UDP sockets with that source port, which the kernel compares in a dump as well. */
static int ask_table(struct owners *owners, uint8_t family, struct search *search)
{
    struct inet_diag_req_v2 question = {
        .sdiag_family = family,
        .sdiag_protocol = IPPROTO_UDP,
        .idiag_states = UINT32_MAX,
        .id.idiag_sport = htons(search->endpoint->local_port),
        .id.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE},
    };
    return ask(owners, &question, NLM_F_DUMP, search);
}

/* The exact question is quick and finds most. Where several unconnected sockets share a port
 * (SO_REUSEPORT, SO_REUSEADDR) it names one of them, and without the interface none that is bound
 * to a device: the tables tell. */
static bool search_kernel(
    struct owners *owners, const struct endpoint *endpoint, bool connected, struct owner *out)
{
    struct search search = {.endpoint = endpoint};
    if (!spend(owners, EXACT_COST))
        return false;
    ask_exactly(owners, &search);
    if (search.connected.inode == 0) {
        if (connected || endpoint->protocol != IPPROTO_UDP || !spend(owners, TABLES_COST))
            return false;
        search.open = (struct owner){0};
        int error = ask_table(owners, AF_INET6, &search);
        if (error == 0 && endpoint->local.family == FAMILY_IPV4)
            error = ask_table(owners, AF_INET, &search);
        if (error != 0) /* half a table cannot say that a socket is the only one */
            return false;
    }
    if (search.connected.inode != 0)
        *out = search.connected;
    else if (search.open.inode != 0 && !search.several)
        *out = search.open;
    else
        return false;
    return true;
}

static struct cached *cache_slot(struct owners *owners, const struct endpoint *endpoint)
{
    /* Which slot need not be secret: a collision costs a question. */
    return &owners->cache[(endpoint->local_port ^ (uint32_t)endpoint->protocol) % CACHE_ROOM];
}

bool owners_find(struct owners *owners, int protocol, bool connected, uint32_t interface,
    const struct address *local, uint16_t local_port, const struct address *remote,
    uint16_t remote_port, uint64_t now, struct owner *out)
{
    const struct endpoint endpoint = {.protocol = protocol,
        .interface = interface,
        .local = *local,
        .remote = *remote,
        .local_port = local_port,
        .remote_port = remote_port};
    if ((protocol != IPPROTO_UDP && protocol != IPPROTO_TCP) || local->family == FAMILY_NONE ||
        remote->family != local->family || local_port == 0)
        return false;
    struct cached *cached = cache_slot(owners, &endpoint);
    if (!connected && cached->time_ns != 0 && now >= cached->time_ns &&
        now - cached->time_ns < CACHE_NS && cached->protocol == protocol &&
        cached->local_port == local_port && address_equal(&cached->local, local)) {
        *out = cached->owner;
        return true;
    }
    refill(owners, now);
    if (!search_kernel(owners, &endpoint, connected, out))
        return false;
    *cached = (struct cached){.time_ns = now,
        .protocol = protocol,
        .local = *local,
        .local_port = local_port,
        .owner = *out};
    return true;
}

bool owners_server(struct owners *owners, int protocol, const struct address *local,
    uint16_t local_port, const struct address *remote, uint64_t now, struct owner *out)
{
    /* No connection has port 0 at its far end, so that the listening socket is found and none of
     * those that it accepted. What goes to this machine itself comes in by the loopback interface,
     * and systemd-resolved's stub is bound to that device: without it the kernel would not name it.
     */
    const struct endpoint endpoint = {.protocol = protocol,
        .interface = LOOPBACK_INDEX,
        .local = *local,
        .remote = *remote,
        .local_port = local_port};
    struct search search = {.endpoint = &endpoint, .server = true};
    refill(owners, now);
    if (local->family == FAMILY_NONE || remote->family != local->family || local_port == 0 ||
        !spend(owners, EXACT_COST) || ask_exactly(owners, &search) != 0 || search.open.inode == 0)
        return false;
    *out = search.open;
    return true;
}
