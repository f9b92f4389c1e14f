/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/stubs.h"

#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "tables/vpn.h"

#define ASKED_MAX 1024 /* power of two */
/* Stubs give up on a question sooner or later: 5 s is the timeout of resolv.conf(5), after which
 * the program asks anew. */
#define WAIT_NS (5ULL * 1000000000ULL)

enum server { SERVER_WAITED, SERVER_KNOWN, SERVER_UNKNOWN };

struct asked {
    uint64_t serial; /* 0: none */
    uint64_t time_ns;
    uint64_t key; /* hash of name and type */
    enum server state;
    struct process server;
};

struct stubs {
    uint64_t seed;
    size_t next;
    struct asked asked[ASKED_MAX];
};

struct stubs *stubs_new(uint64_t seed)
{
    struct stubs *stubs = calloc(1, sizeof(*stubs));
    if (stubs)
        stubs->seed = seed;
    return stubs;
}

void stubs_free(struct stubs *stubs)
{
    free(stubs);
}

static uint64_t key_of(const struct stubs *stubs, const struct lookup *lookup)
{
    return name_hash(lookup->name, lookup->name_length, stubs->seed) ^ lookup->type;
}

void stubs_asked(struct stubs *stubs, const struct lookup *question)
{
    stubs->asked[stubs->next++ % ASKED_MAX] = (struct asked){
        .serial = question->serial, .time_ns = question->time_ns, .key = key_of(stubs, question)};
}

/* The i-th newest. */
static const struct asked *newest(const struct stubs *stubs, size_t i)
{
    const struct asked *asked = &stubs->asked[(stubs->next - 1 - i) % ASKED_MAX];
    return asked->serial ? asked : NULL;
}

/* How many newer ones there are; ASKED_MAX: it is not there (any more). */
static size_t find(const struct stubs *stubs, uint64_t serial)
{
    for (size_t i = 0; i < ASKED_MAX; i++) {
        const struct asked *asked = newest(stubs, i);
        if (!asked || asked->serial < serial)
            break;
        if (asked->serial == serial)
            return i;
    }
    return ASKED_MAX;
}

void stubs_server(struct stubs *stubs, uint64_t serial, const struct process *server)
{
    size_t at = find(stubs, serial);
    if (at == ASKED_MAX)
        return;
    struct asked *asked = &stubs->asked[(stubs->next - 1 - at) % ASKED_MAX];
    asked->state = server && server->pid != 0 ? SERVER_KNOWN : SERVER_UNKNOWN;
    if (server)
        asked->server = *server;
}

void stubs_candidates(const struct stubs *stubs, const struct model *model,
    const struct lookup *lookup, struct stub_candidates *out)
{
    *out = (struct stub_candidates){.count = 0};
    if (stubs->next == 0 || lookup->name_length == 0)
        return;
    uint64_t key = key_of(stubs, lookup);
    for (size_t i = 0; i < ASKED_MAX; i++) {
        const struct asked *asked = newest(stubs, i);
        if (!asked || asked->time_ns + WAIT_NS < lookup->time_ns)
            return; /* and all that follow are older still */
        const struct lookup *question =
            asked->key == key ? model_lookup(model, asked->serial) : NULL;
        if (!question || question->serial == lookup->serial || question->answered ||
            question->time_ns > lookup->time_ns || question->type != lookup->type ||
            !name_equal(question->name, question->name_length, lookup->name, lookup->name_length))
            continue;
        if (out->count == STUB_CANDIDATES) {
            out->more = true;
            return;
        }
        out->serials[out->count++] = asked->serial;
    }
}

static bool same_program(const struct process *a, const struct process *b)
{
    return a->uid_known && b->uid_known && a->uid == b->uid && strcmp(a->name, b->name) == 0;
}

/* The process that listens, or a child of its: dnsmasq forks one for each TCP connection. */
static bool is_server(const struct process *server, const struct process *sender, bool stream)
{
    return (server->pid == sender->pid && server->start == sender->start) ||
           (stream && sender->name[0] != '\0' && same_program(server, sender));
}

enum stub_join stubs_join(const struct stubs *stubs, const struct model *model,
    const struct process *sender, const struct stub_candidates *candidates, struct process *asker)
{
    bool wait = false, found = false;
    if (sender->pid == 0)
        return STUB_NONE;
    for (size_t i = 0; i < candidates->count; i++) {
        size_t at = find(stubs, candidates->serials[i]);
        const struct lookup *question = model_lookup(model, candidates->serials[i]);
        if (at == ASKED_MAX || !question)
            return STUB_NONE; /* pushed out by a flood: who asked is not known any more */
        const struct asked *asked = newest(stubs, at);
        /* A mesh VPN's client takes questions off the wire: there is no socket that would tell. */
        bool mesh = vpn_mesh_resolver(&question->resolver);
        if (!mesh && asked->state == SERVER_WAITED) {
            wait = true;
            continue;
        }
        /* Somebody else was asked; or it cannot be told, and then nothing is claimed of it. */
        bool stream = question->transport == TRANSPORT_TCP;
        if (mesh ? !vpn_mesh_process(sender->name)
                 : asked->state != SERVER_KNOWN || !is_server(&asked->server, sender, stream))
            continue;
        if (!question->settled) {
            wait = true;
            continue;
        }
        /* A stub may be set to ask itself. */
        if (question->process.pid == sender->pid && question->process.start == sender->start)
            continue;
        if (question->process.name[0] == '\0' ||
            (found && !same_program(asker, &question->process)))
            return STUB_NONE;
        *asker = question->process; /* of equal ones the first that asked, which stands last */
        found = true;
    }
    if (wait)
        return STUB_WAIT;
    return found && !candidates->more ? STUB_JOINED : STUB_NONE;
}
