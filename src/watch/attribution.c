/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/attribution.h"

#include <netinet/in.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "guard/guard.h"
#include "judge/judge.h"
#include "model/model.h"
#include "sources/owners.h"
#include "sources/processes.h"
#include "tables/vpn.h"

#define WAITING_MAX 1024 /* power of two; the token's low bits */
#define WAIT_NS (400ULL * 1000000ULL)
#define KNOWN_MAX 256
#define KNOWN_NS (2ULL * 1000000000ULL)
#define USERS_MAX 64

struct waiting {
    uint64_t token; /* 0: free */
    uint64_t serial;
    uint64_t inode;
    uint64_t deadline_ns;
    uint32_t uid;
    uint16_t source_port;
};

/* A socket whose process was found lately: a forwarder's socket asks many times. */
struct known {
    uint64_t inode;
    uint64_t until_ns;
    struct process process;
};

struct user {
    uint32_t uid;
    char name[PROCESS_NAME];
};

struct attribution {
    struct model *model;
    struct guard *guard;
    struct owners *owners;
    struct process_finder *finder; /* where there is no keeper: for our own user's processes */
    uint64_t next_token;
    size_t waiting_count;
    struct waiting waiting[WAITING_MAX];
    struct known known[KNOWN_MAX];
    struct user users[USERS_MAX];
    size_t user_count;
};

struct attribution *attribution_new(struct model *model, struct guard *guard)
{
    struct attribution *attribution = calloc(1, sizeof(*attribution));
    if (!attribution)
        return NULL;
    attribution->model = model;
    attribution->guard = guard;
    attribution->next_token = 1;
    if (owners_open(&attribution->owners) != 0)
        attribution->owners = NULL; /* programs are then not known; all else goes on */
    if (guard->keeper < 0)
        attribution->finder = process_finder_new();
    return attribution;
}

void attribution_free(struct attribution *attribution)
{
    if (!attribution)
        return;
    owners_close(attribution->owners);
    process_finder_free(attribution->finder);
    free(attribution);
}

static const char *user_name(struct attribution *attribution, uint32_t uid)
{
    for (size_t i = 0; i < attribution->user_count; i++)
        if (attribution->users[i].uid == uid)
            return attribution->users[i].name;
    size_t at = attribution->user_count < USERS_MAX ? attribution->user_count++ : uid % USERS_MAX;
    struct user *user = &attribution->users[at];
    const struct passwd *entry = getpwuid(uid);
    user->uid = uid;
    if (entry)
        text_escape(entry->pw_name, strlen(entry->pw_name), user->name, sizeof(user->name));
    else
        text_format(user->name, sizeof(user->name), "%u", (unsigned)uid);
    return user->name;
}

static void settle(
    struct attribution *attribution, uint64_t serial, uint16_t port, const struct process *process)
{
    struct model *model = attribution->model;
    bool own = process && process->pid == getpid();
    if (serial == 0) {
        if (process)
            model_connect_process(model, port, process, own);
        return;
    }
    const struct lookup *lookup = model_lookup(model, serial);
    if (!lookup || lookup->settled)
        return;
    struct lookup judged = *lookup;
    if (process)
        judged.process = *process;
    /* Routes may have changed since it left: knowing who asked can excuse, and nothing else. */
    if (judged.exposure == EXPOSURE_EXPOSED || judged.exposure == EXPOSURE_BYPASS) {
        struct lookup again = judged;
        judge_exposure(model, &again);
        if (again.excuse != EXCUSE_NONE)
            judged = again;
    }
    model_lookup_settle(model, serial, &judged);
}

static struct process owner_only(struct attribution *attribution, uint32_t uid)
{
    struct process process = {.uid = uid, .uid_known = true};
    text_format(process.user, sizeof(process.user), "%s", user_name(attribution, uid));
    return process;
}

static struct process make_process(struct attribution *attribution, uint32_t uid, int32_t pid,
    uint64_t start, const char *comm, size_t comm_size)
{
    struct process process = owner_only(attribution, uid);
    char raw[17] = "";
    size_t length = strnlen(comm, comm_size < 16 ? comm_size : 16);
    memcpy(raw, comm, length);
    process.pid = pid;
    process.start = start;
    process.vpn_client = vpn_by_process(raw) != NULL;
    text_escape(raw, length, process.name, sizeof(process.name));
    return process;
}

static void remember(
    struct attribution *attribution, uint64_t inode, const struct process *process, uint64_t now)
{
    attribution->known[inode % KNOWN_MAX] =
        (struct known){.inode = inode, .until_ns = now + KNOWN_NS, .process = *process};
}

void attribution_ask(
    struct attribution *attribution, const struct fact *fact, uint64_t serial, uint64_t now)
{
    struct owner owner;
    bool stream = fact->kind == FACT_CONNECT || fact->transport == TRANSPORT_TCP;
    if (!attribution->owners ||
        !owners_find(attribution->owners, stream ? IPPROTO_TCP : IPPROTO_UDP, fact->interface,
            &fact->source, fact->source_port, &fact->destination, fact->destination_port, now,
            &owner)) {
        settle(attribution, serial, fact->source_port, NULL);
        return;
    }
    const struct known *known = &attribution->known[owner.inode % KNOWN_MAX];
    if (known->inode == owner.inode && known->until_ns > now) {
        settle(attribution, serial, fact->source_port, &known->process);
        return;
    }
    struct process only = owner_only(attribution, owner.uid);
    if (attribution->finder) {
        struct process_identity found;
        if (process_find(attribution->finder, owner.inode, owner.uid, &found)) {
            struct process process = make_process(
                attribution, owner.uid, found.pid, found.start, found.name, sizeof(found.name));
            remember(attribution, owner.inode, &process, now);
            settle(attribution, serial, fact->source_port, &process);
            return;
        }
        settle(attribution, serial, fact->source_port, &only);
        return;
    }
    uint64_t token = attribution->next_token++;
    struct waiting *waiting = &attribution->waiting[token % WAITING_MAX];
    if (waiting->token != 0 ||
        !guard_ask_owner(attribution->guard, token, owner.inode, owner.uid)) {
        settle(attribution, serial, fact->source_port, &only);
        return;
    }
    *waiting = (struct waiting){.token = token,
        .serial = serial,
        .inode = owner.inode,
        .uid = owner.uid,
        .source_port = fact->source_port,
        .deadline_ns = now + WAIT_NS};
    attribution->waiting_count++;
}

void attribution_answer(
    struct attribution *attribution, const struct keeper_message *message, uint64_t now)
{
    struct waiting *waiting = &attribution->waiting[message->token % WAITING_MAX];
    if (message->token == 0 || waiting->token != message->token)
        return;
    struct process process;
    if (message->value == 1 && message->pid > 0) {
        process = make_process(attribution, waiting->uid, message->pid, message->start,
            message->name, sizeof(message->name));
        remember(attribution, waiting->inode, &process, now);
    } else {
        process = owner_only(attribution, waiting->uid);
    }
    settle(attribution, waiting->serial, waiting->source_port, &process);
    waiting->token = 0;
    attribution->waiting_count--;
}

bool attribution_expire(struct attribution *attribution, uint64_t now, bool all)
{
    for (size_t i = 0; i < WAITING_MAX && attribution->waiting_count > 0; i++) {
        struct waiting *waiting = &attribution->waiting[i];
        if (waiting->token == 0 || (!all && waiting->deadline_ns > now))
            continue;
        struct process process = owner_only(attribution, waiting->uid);
        settle(attribution, waiting->serial, waiting->source_port, &process);
        waiting->token = 0;
        attribution->waiting_count--;
    }
    return attribution->waiting_count > 0;
}
