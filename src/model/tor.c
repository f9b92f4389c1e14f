/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

#include <string.h>

#include "base/name.h"
#include "base/text.h"

/* A Tor client on this machine, and what programs ask of it. */

/* An address is handed on this soon after its name was looked up; browsers keep an answer for as
 * long as a minute. */
#define HANDED_NS (60ULL * 1000000000ULL)

static struct socks_request *request_of(const struct model *model, uint64_t serial)
{
    if (serial == 0)
        return NULL;
    struct socks_request *request = &model->socks[serial % SOCKS_KEPT];
    return request->serial == serial ? request : NULL;
}

uint64_t model_socks_add(struct model *model, const struct fact *fact)
{
    uint64_t serial = ++model->socks_serial;
    struct socks_request *request = &model->socks[serial % SOCKS_KEPT];
    *request = (struct socks_request){.serial = serial,
        .time_ns = fact->time_ns,
        .source = fact->source,
        .server = fact->destination,
        .source_port = fact->source_port,
        .server_port = fact->destination_port,
        .version = (uint8_t)fact->class,
        .command = (uint8_t)fact->id,
        .port = fact->type,
        .address = fact->address_count ? fact->addresses[0] : (struct address){0},
        .name_length = fact->name_length};
    memcpy(request->name, fact->name, fact->name_length);
    return serial;
}

static bool answered_with(const struct lookup *lookup, const struct address *address)
{
    for (size_t i = 0; i < FACT_ADDRESSES; i++)
        if (address_equal(&lookup->answers[i], address))
            return true;
    return false;
}

/* The program looked a name up, and this address was the answer. One that left this machine is
 * better proof than one that a resolver here was asked. */
static const struct lookup *looked_up(
    const struct model *model, const struct socks_request *request)
{
    const struct lookup *found = NULL;
    for (uint64_t serial = model->lookup_serial; serial != 0; serial--) {
        const struct lookup *lookup = model_lookup(model, serial);
        if (!lookup || lookup->time_ns + HANDED_NS < request->time_ns)
            break;
        if (lookup->own || lookup->time_ns > request->time_ns ||
            strcmp(lookup->process.name, request->program) != 0 || lookup->name_length == 0 ||
            !answered_with(lookup, &request->address))
            continue;
        if (lookup->exposure != EXPOSURE_INTERNAL)
            return lookup;
        if (!found)
            found = lookup;
    }
    return found;
}

/* Counted once all is known that will be. */
static void settle(struct model *model, struct socks_request *request)
{
    if (request->settled || !request->client_known || !request->server_known)
        return;
    request->settled = true;
    model_touch(model, request->time_ns);
    if (!request->to_tor || request->pid == 0)
        return;
    bool named = request->name_length > 0;
    if (!named && request->address.family != FAMILY_NONE && request->command != SOCKS_RESOLVE_PTR) {
        const struct lookup *lookup = looked_up(model, request);
        if (lookup) {
            request->looked_up = true;
            request->lookup = lookup->serial;
            request->name_length = lookup->name_length;
            memcpy(request->name, lookup->name, lookup->name_length);
        }
    }
    apps_asked_tor(model, request, named);
    model->recent.tor_names += named && request->time_ns >= model->recent.since_ns;
    if (named)
        observed_socks(model, request);
}

void model_socks_client(struct model *model, uint64_t serial, const struct process *process)
{
    struct socks_request *request = request_of(model, serial);
    if (!request || request->client_known)
        return;
    request->client_known = true;
    if (process) {
        request->pid = process->pid;
        text_format(request->program, sizeof(request->program), "%s", process->name);
        text_format(request->user, sizeof(request->user), "%s", process->user);
    }
    settle(model, request);
}

void model_socks_server(struct model *model, uint64_t serial, const struct process *process)
{
    struct socks_request *request = request_of(model, serial);
    if (!request || request->server_known)
        return;
    request->server_known = true;
    request->to_tor = process && process->tor;
    if (request->to_tor)
        model_tor_seen(model, process, &request->server, request->server_port, request->time_ns);
    settle(model, request);
}

void model_tor_seen(struct model *model, const struct process *process,
    const struct address *listens, uint16_t port, uint64_t now)
{
    struct tor *tor = &model->tor;
    if (tor->seen_ns == 0)
        model_event(model, now, "tunnel", "", "a Tor client runs on this machine (pid %d)",
            (int)process->pid);
    tor->seen_ns = now;
    tor->pid = process->pid;
    if (port != 0 && (tor->socks.family == FAMILY_NONE || address_is_loopback(listens))) {
        tor->socks = *listens;
        tor->socks_port = port;
    }
    model_touch(model, now);
}

void model_tor_exit(struct model *model, enum exit_state state, const struct address *address,
    const char *reason, uint64_t now)
{
    struct tor *tor = &model->tor;
    tor->exit = state;
    tor->exit_ns = now;
    if (state == EXIT_ASKED)
        return; /* what was told last stands until there is an answer */
    tor->exit_address = address ? *address : (struct address){0};
    text_format(tor->exit_reason, sizeof(tor->exit_reason), "%s", reason ? reason : "");
    model_touch(model, now);
}

const struct tor *model_tor(const struct model *model)
{
    return &model->tor;
}

uint64_t model_socks_newest(const struct model *model)
{
    return model->socks_serial;
}

const struct socks_request *model_socks(const struct model *model, uint64_t serial)
{
    return request_of(model, serial);
}
