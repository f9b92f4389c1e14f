/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

#include <string.h>

#include "base/text.h"

/* After a batch of network changes: roles, the latch of the expectation, events. */

static const char *const family_words[FAMILY_INDEXES] = {"IPv4", "IPv6"};

static void describe_route(
    const struct model *model, const struct web_route *route, char *out, size_t size)
{
    switch (route->state) {
    case ROUTE_UNKNOWN:
        text_format(out, size, "not known");
        return;
    case ROUTE_NONE:
        text_format(out, size, "none");
        return;
    case ROUTE_BLOCKED:
        text_format(out, size, "blocked");
        return;
    case ROUTE_PRESENT:
        break;
    }
    const struct interface *interface = model_interface(model, route->interface);
    text_format(out, size, "%s (%s%s)", model_interface_name(model, route->interface),
        interface ? role_word(interface->role) : "unknown",
        route->mixed ? ", others take another way" : "");
}

static enum history_way way_of(const struct model *model, enum family family)
{
    const struct web_route *route = &model->routes[family];
    if (model_family_in_tunnel(model, family))
        return HISTORY_WAY_TUNNEL;
    switch (route->state) {
    case ROUTE_UNKNOWN:
        break;
    case ROUTE_NONE:
        return HISTORY_WAY_NONE;
    case ROUTE_BLOCKED:
        return HISTORY_WAY_BLOCKED;
    case ROUTE_PRESENT:
        return model->expectation.expectation == EXPECT_VPN ? HISTORY_WAY_EXPOSED
                                                            : HISTORY_WAY_OUTSIDE;
    }
    return HISTORY_WAY_UNKNOWN;
}

static void route_events(struct model *model, uint64_t now)
{
    for (size_t f = 0; f < FAMILY_INDEXES; f++) {
        const struct web_route *before = &model->settled_routes[f];
        const struct web_route *after = &model->routes[f];
        if (before->state == after->state && before->interface == after->interface &&
            before->mixed == after->mixed)
            continue;
        const char *from = model->settled_texts[f];
        char to[100];
        describe_route(model, after, to, sizeof(to));
        const char *name =
            after->state == ROUTE_PRESENT ? model_interface_name(model, after->interface) : "";
        enum history_way way = way_of(model, (enum family)f);
        if (before->state == ROUTE_UNKNOWN)
            model_event(model, now, "route", name, "%s web route: %s", family_words[f], to);
        else
            model_event(
                model, now, "route", name, "%s web route: %s, was %s", family_words[f], to, from);
        model_event_mark(model, way == HISTORY_WAY_TUNNEL    ? STATE_OK
                                : way == HISTORY_WAY_EXPOSED ? STATE_WARN
                                                             : STATE_COUNT);
    }
}

static void note_ways(struct model *model, uint64_t now)
{
    enum history_way ways[FAMILY_INDEXES];
    for (size_t f = 0; f < FAMILY_INDEXES; f++)
        ways[f] = way_of(model, (enum family)f);
    history_ways(model->history, ways, now);
}

/* Of a mixed route the interface is the least protected: where that is a tunnel, all ways are. */
static bool by_tunnel_interface(const struct model *model, enum family family)
{
    const struct web_route *route = &model->routes[family];
    const struct interface *interface = model_interface(model, route->interface);
    return route->state == ROUTE_PRESENT && interface && interface->present &&
           interface->role == ROLE_TUNNEL;
}

bool model_family_in_tunnel(const struct model *model, enum family family)
{
    return by_tunnel_interface(model, family) || ipsec_is_tunnel(model, family);
}

enum role model_web_role(const struct model *model, enum family family)
{
    const struct interface *interface = model_interface(model, model->routes[family].interface);
    if (ipsec_is_tunnel(model, family))
        return ROLE_TUNNEL;
    return interface ? interface->role : ROLE_UNKNOWN;
}

unsigned settle_families(const struct model *model)
{
    unsigned families = 0;
    for (size_t f = 0; f < FAMILY_INDEXES; f++)
        if (model_family_in_tunnel(model, (enum family)f))
            families |= 1u << f;
    return families;
}

/* An interface before a policy, where the families differ: it has more to show. */
static void choose_tunnel(struct model *model)
{
    uint32_t tunnel = 0;
    for (size_t f = 0; f < FAMILY_INDEXES; f++)
        if (by_tunnel_interface(model, (enum family)f))
            tunnel = model->routes[f].interface;
        else if (tunnel == 0 && ipsec_is_tunnel(model, (enum family)f))
            tunnel = IPSEC_TUNNEL;
    model->ipsec_tunnel.present = model->ipsec_tunnel.up = tunnel == IPSEC_TUNNEL;
    if (tunnel != 0)
        model->tunnel = tunnel;
}

bool model_tunnel_up(const struct model *model)
{
    return settle_families(model) != 0;
}

bool model_settle(struct model *model, uint64_t now)
{
    if (!model->links_changed && model->settled_once)
        return false;
    model->links_changed = false;
    roles_settle(model);

    unsigned families = settle_families(model);
    choose_tunnel(model);
    struct expectation_info *expectation = &model->expectation;
    if (expectation->automatic && expectation->expectation == EXPECT_NONE && families != 0) {
        expectation->expectation = EXPECT_VPN;
        expectation->since_ns = now;
        const char *name = model_interface_name(model, model->tunnel);
        model_event(
            model, now, "tunnel", name, "%s is the web route: from now on a VPN is expected", name);
        model_event_mark(model, STATE_OK);
    }
    bool changed = memcmp(model->ipsec, model->settled_ipsec, sizeof(model->ipsec)) != 0;
    for (size_t f = 0; f < FAMILY_INDEXES; f++)
        changed |= !interfaces_same_route(&model->settled_routes[f], &model->routes[f]);
    changed |= !model->settled_once || model->begin_anew;
    model->begin_anew = false;
    route_events(model, now);
    drops_settle(model, families, now);
    note_ways(model, now);
    if (families == 0)
        model->silent = (struct silence){0};
    if (families == 0)
        model->tunnel_up_ns = 0;
    else if (model->tunnel_up_ns == 0)
        model->tunnel_up_ns = now;
    model->protected_families = families;
    excuses_followed(model, now);
    memcpy(model->settled_routes, model->routes, sizeof(model->routes));
    memcpy(model->settled_ipsec, model->ipsec, sizeof(model->ipsec));
    for (size_t f = 0; f < FAMILY_INDEXES; f++)
        describe_route(
            model, &model->routes[f], model->settled_texts[f], sizeof(model->settled_texts[f]));
    model->settled_once = true;
    if (changed) {
        memset(&model->recent, 0, sizeof(model->recent));
        model->recent.since_ns = now;
        model->recent.dropped_before = model->capture.dropped;
        for (size_t i = 0; i < model->resolver_count; i++)
            model->resolvers[i].used.since_change = 0;
    }
    model_touch(model, now);
    return changed;
}

void model_begin_anew(struct model *model)
{
    model->begin_anew = true;
    model->links_changed = true;
}

void model_slept(struct model *model, uint64_t span_ns, uint64_t now)
{
    history_gap(model->history, now > span_ns ? now - span_ns : 0, now);
}

void model_expect(struct model *model, enum expectation expectation, bool automatic, uint64_t now)
{
    struct expectation_info *info = &model->expectation;
    *info = (struct expectation_info){
        .expectation = expectation, .automatic = automatic, .since_ns = now};
    if (expectation == EXPECT_NONE)
        drops_dismiss(model, now); /* the person says that this is the new normal */
    model->links_changed = true;   /* auto latches at the next settle where a tunnel is there */
    model_touch(model, now);
}
