/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/screen/routes.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "views/screen/picture.h"

static bool leaks(enum exposure exposure)
{
    return exposure == EXPOSURE_EXPOSED || exposure == EXPOSURE_BYPASS;
}

static bool to_a_resolver(const struct used_resolver *used)
{
    return used->role != ROLE_LOOPBACK && used->transport != TRANSPORT_MDNS &&
           used->transport != TRANSPORT_LLMNR && used->transport != TRANSPORT_NBNS &&
           used->exposure != EXPOSURE_INTERNAL;
}

static struct dns_way *way_for(struct family_routes *family, const char *interface,
    const struct address *resolver, bool leaking)
{
    for (size_t i = 0; i < family->count; i++)
        if (strcmp(family->ways[i].interface, interface) == 0 &&
            address_equal(&family->ways[i].resolver, resolver))
            return &family->ways[i];
    struct dns_way *way = NULL;
    if (family->count < WAYS_MAX) {
        way = &family->ways[family->count++];
    } else {
        family->left_out++;
        for (size_t i = 0; leaking && i < WAYS_MAX; i++)
            if (!leaks(family->ways[i].exposure))
                way = &family->ways[i]; /* the last of those that do not leak gives way */
        if (!way)
            return NULL;
    }
    memset(way, 0, sizeof(*way));
    snprintf(way->interface, sizeof(way->interface), "%s", interface);
    way->resolver = *resolver;
    return way;
}

static void add_used(const struct model *model, struct routes *routes)
{
    for (size_t i = 0; i < model_used_count(model); i++) {
        const struct used_resolver *used = model_used_at(model, i);
        if (!used || !to_a_resolver(used) || used->since_change == 0)
            continue;
        struct family_routes *family =
            &routes->family[used->address.family == FAMILY_IPV6 ? FAMILY_INDEX_6 : FAMILY_INDEX_4];
        family->lookups += used->since_change;
        struct dns_way *way = way_for(family, model_interface_name(model, used->interface),
            &used->address, leaks(used->exposure));
        if (!way)
            continue;
        way->seen = true;
        way->role = used->role;
        way->transports |= 1u << used->transport;
        way->lookups += used->since_change;
        if (!leaks(way->exposure))
            way->exposure = used->exposure;
    }
}

static struct dns_way *way_of(
    const struct model *model, struct routes *routes, const struct lookup *lookup)
{
    struct family_routes *family =
        &routes->family[lookup->resolver.family == FAMILY_IPV6 ? FAMILY_INDEX_6 : FAMILY_INDEX_4];
    const char *interface = model_interface_name(model, lookup->interface);
    for (size_t i = 0; i < family->count; i++)
        if (address_equal(&family->ways[i].resolver, &lookup->resolver) &&
            strcmp(family->ways[i].interface, interface) == 0)
            return &family->ways[i];
    return NULL;
}

/* A resolver's exposure is that of its newest look-up. Where that one is no leak for a reason of
 * its own, the reason is named; and the others there may be leaks still. */
static void add_excuses(const struct model *model, struct routes *routes)
{
    const struct totals *totals = model_totals(model);
    uint64_t excused = 0, since_ns = model_recent(model)->since_ns;
    for (size_t i = EXCUSE_NONE + 1; i < EXCUSE_COUNT; i++)
        excused += totals->excused[i];
    for (uint64_t serial = model_lookup_newest(model); excused > 0 && serial != 0; serial--) {
        const struct lookup *lookup = model_lookup(model, serial);
        if (!lookup || lookup->time_ns < since_ns)
            break;
        if (lookup->own || lookup->transport == TRANSPORT_STUN ||
            (lookup->excuse == EXCUSE_NONE && !leaks(lookup->exposure)))
            continue;
        struct dns_way *way = way_of(model, routes, lookup);
        if (!way || leaks(way->exposure))
            continue;
        if (leaks(lookup->exposure))
            way->exposure = lookup->exposure;
        else if (way->excuse == EXCUSE_NONE)
            way->excuse = lookup->excuse;
    }
}

/* Where nothing was asked yet, the configuration says where it would go. */
static void add_configured(const struct model *model, struct routes *routes)
{
    bool unseen[FAMILY_INDEXES];
    for (size_t f = 0; f < FAMILY_INDEXES; f++)
        unseen[f] = routes->family[f].count == 0;
    for (size_t i = 0; i < model_configured_count(model); i++) {
        const struct configured_resolver *resolver = model_configured_at(model, i);
        if (!resolver || address_is_loopback(&resolver->address))
            continue;
        enum family index =
            resolver->address.family == FAMILY_IPV6 ? FAMILY_INDEX_6 : FAMILY_INDEX_4;
        if (!unseen[index])
            continue;
        struct dns_way *way = way_for(&routes->family[index],
            resolver->blocked ? "-" : model_interface_name(model, resolver->interface),
            &resolver->address, false);
        if (!way)
            continue;
        const struct interface *interface = model_interface(model, resolver->interface);
        way->role = interface ? interface->role : ROLE_UNKNOWN;
        way->mark = STATE_OFF;
        snprintf(way->words, sizeof(way->words), "%s", resolver->blocked ? "blocked" : "not asked");
    }
}

static void mark(const struct model *model, const struct family_routes *family, struct dns_way *way)
{
    if (!way->seen)
        return;
    const char *words = exposure_word(way->exposure);
    bool same =
        family->web_state == ROUTE_PRESENT && strcmp(family->web_interface, way->interface) == 0;
    way->mark = STATE_OK;
    if (leaks(way->exposure)) {
        way->mark = STATE_LEAK;
    } else if (way->exposure == EXPOSURE_TUNNELLED) {
        way->mark = same ? STATE_OK : STATE_WARN;
        words = same ? "same" : family->web_state == ROUTE_PRESENT ? "differs" : "tunnelled";
        if (family->web_state != ROUTE_PRESENT)
            way->mark = STATE_OK;
    } else if (way->exposure == EXPOSURE_OPEN) {
        bool expected = model_expectation(model)->expectation != EXPECT_NONE;
        way->mark = same || expected ? STATE_UNPROTECTED : STATE_WARN;
        words = way->excuse != EXCUSE_NONE ? picture_excuse(way->excuse)
                : same                     ? "same, open"
                                           : "open";
    } else if (way->exposure == EXPOSURE_UNKNOWN) {
        way->mark = STATE_UNKNOWN;
    }
    snprintf(way->words, sizeof(way->words), "%s", words);
}

/* Who asked the world in the end, as the newest probe over this way learned. */
static void add_egress(const struct model *model, struct dns_way *way)
{
    for (size_t i = model_probe_count(model); i-- > 0;) {
        const struct probe *probe = model_probe_at(model, i);
        if (probe && probe->left && probe->egress.family != FAMILY_NONE &&
            address_equal(&probe->resolver, &way->resolver) &&
            strcmp(model_interface_name(model, probe->interface), way->interface) == 0) {
            way->egress = probe->egress;
            return;
        }
    }
}

void routes_read(const struct model *model, struct routes *routes)
{
    memset(routes, 0, sizeof(*routes));
    for (size_t f = 0; f < FAMILY_INDEXES; f++) {
        struct family_routes *family = &routes->family[f];
        const struct web_route *route = model_route(model, (enum family)f);
        family->web_state = route->state;
        family->web_mixed = route->mixed;
        family->web_source = route->source;
        family->web_role = model_web_role(model, (enum family)f);
        snprintf(family->web_interface, sizeof(family->web_interface), "%s",
            route->state == ROUTE_PRESENT ? model_interface_name(model, route->interface) : "-");
        family->web_outside = route->state == ROUTE_PRESENT && family->web_role != ROLE_TUNNEL &&
                              model_expectation(model)->expectation != EXPECT_NONE;
    }
    add_used(model, routes);
    add_excuses(model, routes);
    add_configured(model, routes);
    for (size_t f = 0; f < FAMILY_INDEXES; f++) {
        struct family_routes *family = &routes->family[f];
        for (size_t i = 0; i < family->count; i++) {
            mark(model, family, &family->ways[i]);
            add_egress(model, &family->ways[i]);
        }
    }
}

const char *routes_transports(const struct dns_way *way, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (unsigned t = 0; t < TRANSPORT_COUNT; t++) {
        if (!(way->transports & (1u << t)))
            continue;
        text_format(
            out + used, size - used, "%s%s", used ? ", " : "", transport_word((enum transport)t));
        used += strlen(out + used);
    }
    return out;
}

const char *routes_share(
    const struct family_routes *family, const struct dns_way *way, char *out, size_t size)
{
    if (way->lookups == 0 || family->lookups == 0) {
        text_format(out, size, "-");
        return out;
    }
    double share = 100.0 * (double)way->lookups / (double)family->lookups;
    /* 100% means all of them, and some are never 0%. */
    if (share < 1.0)
        text_format(out, size, "<1%%");
    else if (share > 99.0 && way->lookups < family->lookups)
        text_format(out, size, "99%%");
    else
        text_format(out, size, "%.0f%%", share);
    return out;
}

const char *routes_web_word(const struct family_routes *family)
{
    switch (family->web_state) {
    case ROUTE_NONE:
        return "no route";
    case ROUTE_BLOCKED:
        return "blocked";
    case ROUTE_PRESENT:
        return family->web_mixed ? "mixed" : role_word(family->web_role);
    case ROUTE_UNKNOWN:
        break;
    }
    return "not known";
}

size_t routes_pick(const struct family_routes *family, size_t most, size_t picked[WAYS_MAX])
{
    bool taken[WAYS_MAX] = {false};
    size_t left = most;
    for (int leaking = 1; leaking >= 0; leaking--)
        for (size_t i = 0; i < family->count && left > 0; i++)
            if (leaks(family->ways[i].exposure) == (leaking == 1)) {
                taken[i] = true;
                left--;
            }
    size_t count = 0;
    for (size_t i = 0; i < family->count; i++)
        if (taken[i])
            picked[count++] = i;
    return count;
}
