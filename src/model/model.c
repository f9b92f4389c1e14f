/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/private.h"

struct model *model_new(uint64_t seed, uint64_t now)
{
    struct model *model = calloc(1, sizeof(*model));
    if (!model)
        return NULL;
    model->lookups = calloc(LOOKUPS_KEPT, sizeof(*model->lookups));
    model->resolvers = calloc(RESOLVERS_MAX, sizeof(*model->resolvers));
    model->apps = calloc(APPS_MAX, sizeof(*model->apps));
    model->events = calloc(EVENTS_KEPT, sizeof(*model->events));
    model->probes = calloc(PROBES_KEPT, sizeof(*model->probes));
    model->own_names = calloc(OWN_NAMES_KEPT, sizeof(*model->own_names));
    model->intended = calloc(INTENDED_MAX, sizeof(*model->intended));
    model->splits = calloc(SPLIT_MAX, sizeof(*model->splits));
    model->commands = calloc(COMMANDS_KEPT, sizeof(*model->commands));
    model->networks = calloc(NETWORKS_KEPT, sizeof(*model->networks));
    model->settings = calloc(SETTINGS_MAX, sizeof(*model->settings));
    model->browsers = calloc(BROWSERS_MAX, sizeof(*model->browsers));
    model->socks = calloc(SOCKS_KEPT, sizeof(*model->socks));
    model->observed = observed_new();
    model->history = history_new(now);
    if (!model->lookups || !model->resolvers || !model->apps || !model->events || !model->probes ||
        !model->own_names || !model->intended || !model->splits || !model->commands ||
        !model->networks || !model->settings || !model->browsers || !model->socks ||
        !model->observed || !model->history) {
        model_free(model);
        return NULL;
    }
    model->seed = seed;
    model->start_ns = now;
    model->last_change_ns = now;
    model->recent.since_ns = now;
    model->expectation.automatic = true;
    model->ipsec_tunnel = (struct interface){.name = "IPsec policy", .role = ROLE_TUNNEL};
    for (size_t f = 0; f < FAMILY_INDEXES; f++)
        model->public_addresses[f].network.asn = -1;
    return model;
}

void model_free(struct model *model)
{
    if (!model)
        return;
    ledger_free(model);
    free(model->lookups);
    free(model->resolvers);
    free(model->apps);
    free(model->events);
    free(model->probes);
    free(model->own_names);
    free(model->intended);
    free(model->splits);
    free(model->commands);
    free(model->networks);
    free(model->settings);
    free(model->browsers);
    free(model->socks);
    observed_free(model->observed);
    history_free(model->history);
    free(model->more_addresses);
    free(model);
}

void model_connect_add(struct model *model, const struct connect *connect)
{
    model->connects[model->connect_serial++ % CONNECTS_KEPT] = *connect;
    if (model->connect_count < CONNECTS_KEPT)
        model->connect_count++;
    model_touch(model, connect->time_ns);
}

void model_connect_process(
    struct model *model, uint16_t source_port, const struct process *process, bool own)
{
    for (size_t i = 0; i < model->connect_count; i++) {
        struct connect *connect = &model->connects[(model->connect_serial - 1 - i) % CONNECTS_KEPT];
        if (connect->source_port != source_port || connect->process.pid != 0)
            continue;
        connect->process = *process;
        connect->own = own;
        if (process->vpn_client) {
            struct fact peer = {.time_ns = connect->time_ns, .destination = connect->destination};
            model_peer_seen(model, &peer);
        }
        struct drop *drop = model->drop_count ? &model->drops[model->drop_count - 1] : NULL;
        if (drop && !connect->own && !process->vpn_client && process->pid != 0 &&
            connect->time_ns + DROP_GRACE_NS >= drop->start_ns &&
            (drop->end_ns == 0 || connect->time_ns <= drop->end_ns))
            drop->connects_left++;
        if (!connect->own && !process->vpn_client && process->pid != 0 &&
            !excuses_is_peer(model, &connect->destination)) {
            apps_connected(model, connect);
            history_count(model->history, HISTORY_CONNECTIONS, connect->time_ns, 1);
        }
        model_touch(model, 0);
        return;
    }
}

size_t model_connect_count(const struct model *model)
{
    return model->connect_count;
}

const struct connect *model_connect_at(const struct model *model, size_t position)
{
    if (position >= model->connect_count)
        return NULL;
    return &model->connects[(model->connect_serial - model->connect_count + position) %
                            CONNECTS_KEPT];
}

void model_capture_set(struct model *model, const struct capture_info *info, uint64_t now)
{
    model->capture = *info;
    history_watched(
        model->history, info->file || (info->running && info->control != CONTROL_MISSED), now);
    model_touch(model, now);
}

const struct capture_info *model_capture(const struct model *model)
{
    return &model->capture;
}

void model_event(struct model *model, uint64_t now, const char *kind, const char *interface,
    const char *format, ...)
{
    uint64_t serial = ++model->event_serial;
    struct event *event = &model->events[serial % EVENTS_KEPT];
    event->serial = serial;
    event->time_ns = now;
    event->mark = strcmp(kind, "leak") == 0 ? STATE_LEAK : STATE_COUNT;
    text_format(event->kind, sizeof(event->kind), "%s", kind);
    text_format(event->interface, sizeof(event->interface), "%s", interface ? interface : "");
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(event->text, sizeof(event->text), format, arguments);
    va_end(arguments);
    model_touch(model, now);
}

void model_event_mark(struct model *model, enum state mark)
{
    if (model->event_serial > 0)
        model->events[model->event_serial % EVENTS_KEPT].mark = mark;
}

const struct history *model_history(const struct model *model)
{
    return model->history;
}

uint64_t model_event_newest(const struct model *model)
{
    return model->event_serial;
}

const struct event *model_event_get(const struct model *model, uint64_t serial)
{
    if (serial == 0)
        return NULL;
    const struct event *event = &model->events[serial % EVENTS_KEPT];
    return event->serial == serial ? event : NULL;
}

void model_clear_latch(struct model *model, uint64_t now)
{
    model->cleared_ns = now;
    memset(&model->latched, 0, sizeof(model->latched));
    model->recent.dropped_before = model->capture.dropped;
    model_event(model, now, "note", "", "leaks up to now are cleared from the verdict");
}

uint64_t model_revision(const struct model *model)
{
    return model->revision;
}

uint64_t model_start_ns(const struct model *model)
{
    return model->start_ns;
}

uint64_t model_last_change_ns(const struct model *model)
{
    return model->last_change_ns;
}

uint64_t model_cleared_ns(const struct model *model)
{
    return model->cleared_ns;
}

const struct expectation_info *model_expectation(const struct model *model)
{
    return &model->expectation;
}

const struct totals *model_totals(const struct model *model)
{
    return &model->totals;
}

const struct recent *model_recent(const struct model *model)
{
    return &model->recent;
}

const struct latched *model_latched(const struct model *model)
{
    return &model->latched;
}
