/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

#include <string.h>

#include "base/text.h"

/* Programs by name and user: what they asked for, by which ways, and what else of them left outside
 * the tunnel. */

static bool leaked(const struct app *app)
{
    return app->exposed + app->bypass + app->connects > 0;
}

/* Its row, made where there is none: the least lately used makes room; one that leaked only when
 * all did. Position + 1. */
static uint32_t find_or_make(struct model *model, const char *name, const char *user)
{
    size_t oldest = 0;
    for (size_t i = 0; i < model->app_count; i++) {
        const struct app *a = &model->apps[i], *b = &model->apps[oldest];
        if (strcmp(a->name, name) == 0 && strcmp(a->user, user) == 0)
            return (uint32_t)(i + 1);
        if (leaked(a) != leaked(b) ? !leaked(a) : a->last_ns < b->last_ns)
            oldest = i;
    }
    size_t at = oldest;
    if (model->app_count < APPS_MAX) {
        at = model->app_count++;
    } else {
        for (size_t i = 0; i < LOOKUPS_KEPT; i++)
            if (model->lookups[i].app == at + 1)
                model->lookups[i].app = 0;
    }
    struct app *app = &model->apps[at];
    memset(app, 0, sizeof(*app));
    text_format(app->name, sizeof(app->name), "%s", name);
    text_format(app->user, sizeof(app->user), "%s", user);
    return (uint32_t)(at + 1);
}

/* What its row is called. */
static const char *name_for(const struct lookup *lookup, char forwarded[static PROCESS_NAME])
{
    char from[ADDRESS_TEXT];
    if (lookup->process.name[0] || !lookup->forwarded)
        return lookup->process.name[0] ? lookup->process.name : "unknown";
    text_format(
        forwarded, PROCESS_NAME, "forwarded from %s", address_format(&lookup->source, from));
    return forwarded;
}

static uint32_t app_for(struct model *model, const struct lookup *lookup)
{
    char forwarded[PROCESS_NAME];
    return find_or_make(model, name_for(lookup, forwarded), lookup->process.user);
}

/* The newest process first. */
static void note_process(struct app *app, int32_t pid)
{
    enum { KEPT = sizeof(app->pids) / sizeof(app->pids[0]) };
    if (pid == 0 || app->pids[0] == pid)
        return;
    size_t i = 0;
    while (i < KEPT - 1 && app->pids[i] != 0 && app->pids[i] != pid)
        i++;
    memmove(&app->pids[1], &app->pids[0], i * sizeof(app->pids[0]));
    app->pids[0] = pid;
}

static void note_interface(struct app *app, uint32_t interface)
{
    for (size_t i = 0; i < sizeof(app->interfaces) / sizeof(app->interfaces[0]); i++) {
        if (app->interfaces[i] == interface)
            return;
        if (app->interfaces[i] == 0) {
            app->interfaces[i] = interface;
            return;
        }
    }
}

static void note_resolver(struct app *app, const struct address *resolver)
{
    for (size_t i = 0; i < sizeof(app->resolvers) / sizeof(app->resolvers[0]); i++) {
        if (address_equal(&app->resolvers[i], resolver))
            return;
        if (app->resolvers[i].family == FAMILY_NONE) {
            app->resolvers[i] = *resolver;
            return;
        }
    }
}

static void add(uint64_t *counter, int by)
{
    if (by > 0 || *counter > 0)
        *counter += (uint64_t)(int64_t)by;
}

void apps_count(struct app *app, const struct lookup *lookup, int by)
{
    uint64_t *of = lookup->exposure == EXPOSURE_EXPOSED     ? &app->exposed
                   : lookup->exposure == EXPOSURE_BYPASS    ? &app->bypass
                   : lookup->exposure == EXPOSURE_TUNNELLED ? &app->tunnelled
                   : lookup->exposure == EXPOSURE_OPEN      ? &app->open
                                                            : NULL;
    uint32_t *way = lookup->via[0] ? &app->by_stub[lookup->exposure]
                                   : &app->by[lookup->transport][lookup->exposure];
    if (by > 0 || *way > 0)
        *way += (uint32_t)by;
    add(&app->lookups, by);
    if (of)
        add(of, by);
    if (by > 0 && model_exposure_leaks(lookup->exposure) && lookup->time_ns > app->leaked_ns)
        app->leaked_ns = lookup->time_ns;
    if (by > 0 && lookup->exposure == EXPOSURE_TUNNELLED && lookup->time_ns > app->tunnelled_ns)
        app->tunnelled_ns = lookup->time_ns;
}

void apps_add(struct model *model, struct lookup_slot *slot)
{
    const struct lookup *lookup = &slot->lookup;
    slot->app = app_for(model, lookup);
    struct app *app = &model->apps[slot->app - 1];
    apps_count(app, lookup, 1);
    app->last_ns = lookup->time_ns;
    app->transports |= 1U << lookup->transport;
    app->by_transport[lookup->transport]++;
    note_process(app, lookup->process.pid);
    note_interface(app, lookup->interface);
    note_resolver(app, &lookup->resolver);
    if (lookup->to_tor)
        apps_to_tor(model, slot);
}

void apps_to_tor(struct model *model, const struct lookup_slot *slot)
{
    struct app *app = &model->apps[slot->app - 1];
    app->tor_names++;
    app->tor_ns = slot->lookup.time_ns;
}

void apps_connected(struct model *model, const struct connect *connect)
{
    const struct process *process = &connect->process;
    const char *name = process->name[0] ? process->name : "unknown";
    struct app *app = &model->apps[find_or_make(model, name, process->user) - 1];
    app->connects++;
    app->connected_ns = connect->time_ns;
    app->connected_by = connect->interface;
    if (connect->time_ns > app->last_ns)
        app->last_ns = connect->time_ns;
    note_process(app, process->pid);
}

void apps_stun(struct model *model, const struct lookup *lookup, int by)
{
    if (lookup->exposure == EXPOSURE_INTERNAL)
        return;
    struct app *app = &model->apps[app_for(model, lookup) - 1];
    if (by > 0 || app->stun > 0)
        app->stun += (uint32_t)by;
    if (model_exposure_leaks(lookup->exposure) && (by > 0 || app->stun_outside > 0))
        app->stun_outside += (uint32_t)by;
    if (lookup->time_ns > app->last_ns)
        app->last_ns = lookup->time_ns;
    note_process(app, lookup->process.pid);
}

void apps_asked_tor(struct model *model, const struct socks_request *request, bool named)
{
    struct app *app = &model->apps[find_or_make(model, request->program, request->user) - 1];
    app->tor_names += named;
    app->tor_addresses += !named;
    app->tor_looked_up += request->looked_up;
    app->tor_ns = request->time_ns;
    if (request->looked_up)
        app->handed_ns = request->time_ns;
    if (request->time_ns > app->last_ns)
        app->last_ns = request->time_ns;
    note_process(app, request->pid);
}

size_t model_app_count(const struct model *model)
{
    return model->app_count;
}

const struct app *model_app_at(const struct model *model, size_t position)
{
    return position < model->app_count ? &model->apps[position] : NULL;
}

bool model_app_asked(const struct app *app, const struct lookup *lookup)
{
    char forwarded[PROCESS_NAME];
    return lookup->settled && !lookup->own && lookup->transport != TRANSPORT_STUN &&
           strcmp(app->user, lookup->process.user) == 0 &&
           strcmp(app->name, name_for(lookup, forwarded)) == 0;
}
