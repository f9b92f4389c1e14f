/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static size_t bucket_of(uint32_t index)
{
    return (index * 2654435761u) % INTERFACE_BUCKETS;
}

static void buckets_rebuild(struct model *model)
{
    memset(model->interface_buckets, 0, sizeof(model->interface_buckets));
    for (size_t i = 0; i < model->interface_count; i++) {
        size_t at = bucket_of(model->interfaces[i].index);
        while (model->interface_buckets[at] != 0)
            at = (at + 1) % INTERFACE_BUCKETS;
        model->interface_buckets[at] = (uint16_t)(i + 1);
    }
    model->cached_at = 0;
}

static size_t position_of(const struct model *model, uint32_t index)
{
    for (size_t at = bucket_of(index); model->interface_buckets[at] != 0;
         at = (at + 1) % INTERFACE_BUCKETS) {
        size_t position = model->interface_buckets[at];
        if (model->interfaces[position - 1].index == index)
            return position;
    }
    return 0;
}

struct interface *interfaces_find(struct model *model, uint32_t index)
{
    if (index == 0)
        return NULL;
    if (model->cached_at == 0 || model->cached_index != index) {
        model->cached_at = (uint16_t)position_of(model, index);
        model->cached_index = index;
    }
    return model->cached_at ? &model->interfaces[model->cached_at - 1] : NULL;
}

const struct interface *model_interface(const struct model *model, uint32_t index)
{
    if (index == 0)
        return NULL;
    size_t position = position_of(model, index);
    return position ? &model->interfaces[position - 1] : NULL;
}

const char *model_interface_name(const struct model *model, uint32_t index)
{
    static char numbers[4][16];
    static unsigned turn;
    if (index == 0)
        return "-";
    if (index == IPSEC_TUNNEL)
        return model->ipsec_tunnel.name;
    const struct interface *found = model_interface(model, index);
    if (found && found->name[0])
        return found->name;
    char *out = numbers[turn++ % 4];
    snprintf(out, sizeof(numbers[0]), "if%u", (unsigned)index);
    return out;
}

size_t model_interface_count(const struct model *model)
{
    return model->interface_count;
}

const struct interface *model_interface_at(const struct model *model, size_t position)
{
    return position < model->interface_count ? &model->interfaces[position] : NULL;
}

_Static_assert(sizeof(struct address) == 17, "no octets between that would be compared");

static int by_octets(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct address));
}

bool model_is_local(const struct model *model, const struct address *address)
{
    if (address_is_loopback(address))
        return true;
    for (size_t i = 0; i < model->interface_count; i++) {
        const struct interface *interface = &model->interfaces[i];
        if (!interface->present)
            continue;
        for (size_t j = 0; j < interface->address_count; j++)
            if (address_equal(&interface->addresses[j].address, address))
                return true;
    }
    return model->more_count > 0 && bsearch(address, model->more_addresses, model->more_count,
                                        sizeof(*address), by_octets) != NULL;
}

void model_more_addresses(
    struct model *model, const struct address *list, size_t count, uint64_t now)
{
    if (count > MORE_ADDRESSES_MAX)
        count = MORE_ADDRESSES_MAX;
    model->more_count = 0;
    if (count > 0) {
        struct address *more = realloc(model->more_addresses, count * sizeof(*more));
        if (!more)
            return;
        memcpy(more, list, count * sizeof(*more));
        qsort(more, count, sizeof(*more), by_octets);
        model->more_addresses = more;
        model->more_count = count;
    }
    model_touch(model, now);
}

bool model_on_link(const struct model *model, uint32_t index, const struct address *address)
{
    const struct interface *interface = model_interface(model, index);
    for (size_t i = 0; interface && i < interface->address_count; i++)
        if (interface->addresses[i].prefix > 0 &&
            address_within(
                address, &interface->addresses[i].address, interface->addresses[i].prefix))
            return true;
    return false;
}

/* A full table gives up an interface that is gone, else the newcomer is not kept: it is then judged
 * as an interface of which nothing is known. */
static struct interface *place_for(struct model *model)
{
    if (model->interface_count < INTERFACES_MAX)
        return &model->interfaces[model->interface_count++];
    for (size_t i = 0; i < model->interface_count; i++)
        if (!model->interfaces[i].present)
            return &model->interfaces[i];
    return NULL;
}

void model_force_role(struct model *model, const char *name, enum role role)
{
    if (model->forced_count == FORCED_MAX)
        return;
    struct forced_role *forced = &model->forced[model->forced_count++];
    text_format(forced->name, sizeof(forced->name), "%s", name);
    forced->role = role;
    model->links_changed = true;
}

static bool same_interface(const struct interface *a, const struct interface *b)
{
    if (strcmp(a->name, b->name) != 0 || strcmp(a->kind, b->kind) != 0 ||
        a->link_type != b->link_type || a->up != b->up || a->present != b->present ||
        a->master != b->master || a->gateway_route != b->gateway_route ||
        a->host_route != b->host_route || a->lower != b->lower ||
        a->address_count != b->address_count)
        return false;
    for (size_t f = 0; f < FAMILY_INDEXES; f++)
        if (a->gateway_ranks[f] != b->gateway_ranks[f] ||
            !address_equal(&a->gateways[f], &b->gateways[f]))
            return false;
    for (size_t i = 0; i < a->address_count; i++)
        if (a->addresses[i].prefix != b->addresses[i].prefix ||
            a->addresses[i].temporary != b->addresses[i].temporary ||
            !address_equal(&a->addresses[i].address, &b->addresses[i].address))
            return false;
    return true;
}

void model_interface_set(struct model *model, const struct interface *interface, uint64_t now)
{
    if (interface->index == 0)
        return;
    struct interface *known = interfaces_find(model, interface->index);
    struct interface value = *interface;
    value.present = true;
    if (value.address_count > INTERFACE_ADDRESSES)
        value.address_count = INTERFACE_ADDRESSES;
    if (known) {
        if (!value.role_fixed)
            value.role = known->role;
        value.gateway_route |= known->present && known->gateway_route;
        value.host_route |= known->present && known->host_route;
        if (same_interface(known, &value))
            return;
        if (model->settled_once && known->present && known->up != value.up)
            model_event(model, now, "interface", value.name, "%s is %s", value.name,
                value.up ? "up" : "down");
        if (model->settled_once && known->present && strcmp(known->name, value.name) != 0)
            model_event(model, now, "interface", value.name, "%s is now called %s", known->name,
                value.name);
    } else {
        known = place_for(model);
        if (!known)
            return;
        if (!value.role_fixed)
            value.role = ROLE_UNKNOWN;
        if (model->settled_once)
            model_event(model, now, "interface", value.name, "%s appeared%s%s", value.name,
                value.kind[0] ? ", kind " : "", value.kind);
    }
    bool new_index = known->index != value.index;
    *known = value;
    if (new_index)
        buckets_rebuild(model);
    model->links_changed = true;
    model_touch(model, now);
}

void model_interface_gone(struct model *model, uint32_t index, uint64_t now)
{
    struct interface *known = interfaces_find(model, index);
    if (!known || !known->present)
        return;
    known->present = false;
    known->up = false;
    known->address_count = 0;
    model_event(model, now, "interface", known->name, "%s is gone", known->name);
    model->links_changed = true;
    model_touch(model, now);
}

bool interfaces_same_route(const struct web_route *a, const struct web_route *b)
{
    return a->state == b->state && a->interface == b->interface && a->mixed == b->mixed &&
           address_equal(&a->gateway, &b->gateway) && address_equal(&a->source, &b->source);
}

void model_route_set(
    struct model *model, enum family family, const struct web_route *route, uint64_t now)
{
    struct web_route *known = &model->routes[family];
    if (interfaces_same_route(known, route))
        return;
    *known = *route;
    model->links_changed = true;
    model_touch(model, now);
}

const struct web_route *model_route(const struct model *model, enum family family)
{
    return &model->routes[family];
}

const struct interface *model_tunnel(const struct model *model)
{
    return model->tunnel == IPSEC_TUNNEL ? &model->ipsec_tunnel
                                         : model_interface(model, model->tunnel);
}
