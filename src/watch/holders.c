/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/holders.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "guard/guard.h"
#include "sources/owners.h"
#include "sources/processes.h"

#define KNOWN_MAX 256
#define KNOWN_NS (2ULL * 1000000000ULL)
#define SERVERS_MAX 16

/* A socket whose process was found lately: a forwarder's socket asks many times. */
struct known {
    uint64_t inode;
    uint64_t until_ns;
    struct process process;
};

/* Whose socket it is that questions inside this machine go to. */
struct server {
    uint64_t until_ns;
    struct address address;
    uint16_t port;
    uint8_t protocol;
    struct process process;
};

struct holders {
    struct guard *guard;
    struct identity *identity;
    struct owners *owners;         /* NULL: the kernel cannot be asked; all else goes on */
    struct process_finder *finder; /* where there is no keeper: for our own user's processes */
    struct known known[KNOWN_MAX];
    struct server servers[SERVERS_MAX];
};

struct holders *holders_new(struct guard *guard, struct identity *identity)
{
    struct holders *holders = calloc(1, sizeof(*holders));
    if (!holders)
        return NULL;
    holders->guard = guard;
    holders->identity = identity;
    if (owners_open(&holders->owners) != 0)
        holders->owners = NULL;
    if (guard->keeper < 0)
        holders->finder = process_finder_new();
    return holders;
}

void holders_free(struct holders *holders)
{
    if (!holders)
        return;
    owners_close(holders->owners);
    process_finder_free(holders->finder);
    free(holders);
}

static void remember(
    struct holders *holders, uint64_t inode, const struct process *process, uint64_t now)
{
    holders->known[inode % KNOWN_MAX] =
        (struct known){.inode = inode, .until_ns = now + KNOWN_NS, .process = *process};
}

static enum holder holder_of(struct holders *holders, const struct owner *owner, uint64_t now,
    struct holder_asked *asked, struct process *out)
{
    struct process_identity found;
    const struct known *known = &holders->known[owner->inode % KNOWN_MAX];
    asked->inode = owner->inode;
    asked->uid = owner->uid;
    if (known->inode == owner->inode && known->until_ns > now) {
        *out = known->process;
        return HOLDER_FOUND;
    }
    *out = identity_owner(holders->identity, owner->uid);
    if (!holders->finder)
        return guard_ask_owner(holders->guard, asked->token, owner->inode, owner->uid)
                   ? HOLDER_ASKED
                   : HOLDER_FOUND;
    if (process_find(holders->finder, owner->inode, owner->uid, &found)) {
        *out = identity_process(
            holders->identity, owner->uid, found.pid, found.start, found.name, sizeof(found.name));
        remember(holders, owner->inode, out, now);
    }
    return HOLDER_FOUND;
}

enum holder holders_sender(struct holders *holders, const struct flow *flow, uint32_t interface,
    bool connected, uint64_t now, struct holder_asked *asked, struct process *out)
{
    static const uint8_t both[] = {IPPROTO_UDP, IPPROTO_TCP};
    struct owner owner;
    for (size_t i = 0; i < sizeof(both) && holders->owners; i++) {
        if ((flow->protocol == 0 || flow->protocol == both[i]) &&
            owners_find(holders->owners, both[i], connected, interface, &flow->source,
                flow->source_port, &flow->destination, flow->destination_port, now, &owner))
            return holder_of(holders, &owner, now, asked, out);
    }
    return HOLDER_NONE;
}

static bool is_server(const struct server *server, const struct flow *flow, uint64_t now)
{
    return server->until_ns > now && server->protocol == flow->protocol &&
           server->port == flow->destination_port &&
           address_equal(&server->address, &flow->destination);
}

static struct server *server_slot(struct holders *holders, const struct flow *flow)
{
    return &holders->servers[flow->destination.bytes[3] % SERVERS_MAX];
}

enum holder holders_server(struct holders *holders, const struct flow *flow, uint64_t now,
    struct holder_asked *asked, struct process *out)
{
    struct owner owner;
    const struct server *server = server_slot(holders, flow);
    if (is_server(server, flow, now)) {
        *out = server->process;
        return HOLDER_FOUND;
    }
    if (!holders->owners || !owners_server(holders->owners, flow->protocol, &flow->destination,
                                flow->destination_port, &flow->source, now, &owner))
        return HOLDER_NONE;
    return holder_of(holders, &owner, now, asked, out);
}

struct process holders_answer(struct holders *holders, const struct holder_asked *asked,
    const struct keeper_message *message, uint64_t now)
{
    if (message->value != 1 || message->pid <= 0)
        return identity_owner(holders->identity, asked->uid);
    struct process process = identity_process(holders->identity, asked->uid, message->pid,
        message->start, message->name, sizeof(message->name));
    remember(holders, asked->inode, &process, now);
    return process;
}

void holders_keep_server(
    struct holders *holders, const struct flow *flow, const struct process *process, uint64_t now)
{
    struct server *server = server_slot(holders, flow);
    /* What is still remembered is not renewed by itself: a daemon may have been started anew. */
    if (is_server(server, flow, now) && server->process.pid == process->pid &&
        server->process.start == process->start)
        return;
    *server = (struct server){.until_ns = now + KNOWN_NS,
        .address = flow->destination,
        .port = flow->destination_port,
        .protocol = flow->protocol,
        .process = *process};
}
