/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/links_table.h"

#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 32

void links_table_free(struct links_table *table)
{
    free(table->entries);
    free(table->more);
    *table = (struct links_table){0};
}

/* Where index stands, or would. */
static size_t position_of(const struct links_table *table, uint32_t index)
{
    size_t low = 0, high = table->count;
    /* New links have the highest index so far, and dumps go upwards. */
    if (high > 0 && table->entries[high - 1].interface.index < index)
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->entries[middle].interface.index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct links_entry *find(const struct links_table *table, uint32_t index)
{
    size_t at = position_of(table, index);
    return at < table->count && table->entries[at].interface.index == index ? &table->entries[at]
                                                                            : NULL;
}

const struct interface *links_table_find(const struct links_table *table, uint32_t index)
{
    const struct links_entry *entry = find(table, index);
    return entry ? &entry->interface : NULL;
}

static struct links_entry *add(struct links_table *table, uint32_t index)
{
    if (table->count == LINKS_MAX)
        return NULL;
    if (table->count == table->room) {
        size_t room = table->room ? table->room * 2 : FIRST_ROOM;
        struct links_entry *entries = realloc(table->entries, room * sizeof(*entries));
        if (!entries) {
            table->incomplete = true;
            return NULL;
        }
        table->entries = entries;
        table->room = room;
    }
    size_t at = position_of(table, index);
    struct links_entry *entry = &table->entries[at];
    memmove(entry + 1, entry, (table->count - at) * sizeof(*entry));
    table->count++;
    memset(entry, 0, sizeof(*entry));
    entry->interface.index = index;
    entry->interface.present = true;
    return entry;
}

static void more_drop(struct links_table *table, uint32_t index);

static void take_out(struct links_table *table, struct links_entry *entry)
{
    more_drop(table, entry->interface.index);
    size_t behind = table->count - (size_t)(entry - table->entries) - 1;
    memmove(entry, entry + 1, behind * sizeof(*entry));
    table->count--;
}

static bool apply_link(struct links_table *table, const struct links_link *link, bool gone)
{
    struct links_entry *entry = find(table, link->index);
    if (gone) {
        if (entry)
            take_out(table, entry);
        return entry != NULL;
    }
    bool new = !entry;
    if (!entry)
        entry = add(table, link->index);
    if (!entry)
        return false;
    struct interface *interface = &entry->interface;
    struct interface before = *interface;
    struct address far_end = entry->far_end;
    if (link->name[0])
        memcpy(interface->name, link->name, sizeof(interface->name));
    if (link->kind[0] || link->whole)
        memcpy(interface->kind, link->kind, sizeof(interface->kind));
    if (link->master || link->whole)
        interface->master = link->master;
    if (link->whole) {
        /* With a far end, that is asked for by which way it is reached. */
        entry->far_end = link->far_end;
        if (link->lower != 0)
            entry->far_end.family = FAMILY_NONE;
        if (entry->far_end.family == FAMILY_NONE)
            interface->lower = link->lower;
    }
    interface->link_type = link->type;
    /* IFF_RUNNING lags behind (linkwatch) and is said of a tun that no program holds open. */
    interface->up = (link->flags & IFF_UP) && (link->flags & IFF_LOWER_UP);
    return new || strcmp(before.name, interface->name) != 0 ||
           strcmp(before.kind, interface->kind) != 0 || before.master != interface->master ||
           before.lower != interface->lower || !address_equal(&far_end, &entry->far_end) ||
           before.link_type != interface->link_type || before.up != interface->up;
}

/* ---- addresses ---- */

static int more_order(const struct links_more *one, uint32_t index, const struct address *address)
{
    if (one->index != index)
        return one->index < index ? -1 : 1;
    return memcmp(&one->value.address, address, sizeof(*address));
}

/* Where it stands, or would. */
static size_t more_position(
    const struct links_table *table, uint32_t index, const struct address *address, bool *found)
{
    size_t low = 0, high = table->more_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (more_order(&table->more[middle], index, address) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = low < table->more_count && more_order(&table->more[low], index, address) == 0;
    return low;
}

static bool more_add(struct links_table *table, const struct links_more *value)
{
    bool found;
    size_t at = more_position(table, value->index, &value->value.address, &found);
    if (found || table->more_count == LINKS_MORE_MAX)
        return false;
    if (table->more_count == table->more_room) {
        size_t room = table->more_room ? table->more_room * 2 : FIRST_ROOM;
        struct links_more *more = realloc(table->more, room * sizeof(*more));
        if (!more)
            return false;
        table->more = more;
        table->more_room = room;
    }
    memmove(&table->more[at + 1], &table->more[at], (table->more_count - at) * sizeof(*value));
    table->more[at] = *value;
    table->more_count++;
    table->more_changed = true;
    return true;
}

static void more_remove(struct links_table *table, size_t at, size_t count)
{
    memmove(&table->more[at], &table->more[at + count],
        (table->more_count - at - count) * sizeof(table->more[0]));
    table->more_count -= count;
    table->more_changed = true;
}

/* The first of an interface, and their number. */
static size_t more_of(const struct links_table *table, uint32_t index, size_t *count)
{
    static const struct address lowest = {0};
    bool found;
    size_t at = more_position(table, index, &lowest, &found);
    *count = 0;
    while (at + *count < table->more_count && table->more[at + *count].index == index)
        ++*count;
    return at;
}

static void more_drop(struct links_table *table, uint32_t index)
{
    size_t count, at = more_of(table, index, &count);
    if (count > 0)
        more_remove(table, at, count);
}

void links_table_post_more(struct links_table *table, struct model *model, uint64_t now)
{
    if (!table->more_changed)
        return;
    table->more_changed = false;
    struct address *list = malloc((table->more_count + 1) * sizeof(*list));
    if (!list)
        return;
    for (size_t i = 0; i < table->more_count; i++)
        list[i] = table->more[i].value.address;
    model_more_addresses(model, list, table->more_count, now);
    free(list);
}

static size_t address_position(
    const struct interface *interface, const struct interface_address *value)
{
    size_t at = 0;
    while (at < interface->address_count &&
           !(interface->addresses[at].prefix == value->prefix &&
               address_equal(&interface->addresses[at].address, &value->address)))
        at++;
    return at;
}

static void address_remove(struct links_entry *entry, size_t at)
{
    struct interface *interface = &entry->interface;
    size_t behind = interface->address_count - at - 1;
    memmove(&interface->addresses[at], &interface->addresses[at + 1],
        behind * sizeof(interface->addresses[0]));
    memmove(&entry->scopes[at], &entry->scopes[at + 1], behind);
    interface->address_count--;
    memset(&interface->addresses[interface->address_count], 0, sizeof(interface->addresses[0]));
}

/* Global addresses stand before those of the link: these are the ones that give way, to a table of
 * their own. */
static bool address_add(
    struct links_table *table, struct links_entry *entry, const struct links_more *value)
{
    struct interface *interface = &entry->interface;
    size_t at = 0;
    while (at < interface->address_count && entry->scopes[at] <= value->scope)
        at++;
    if (interface->address_count == INTERFACE_ADDRESSES) {
        if (at == INTERFACE_ADDRESSES)
            return more_add(table, value);
        size_t last = INTERFACE_ADDRESSES - 1;
        struct links_more pushed = {value->index, entry->scopes[last], interface->addresses[last]};
        more_add(table, &pushed);
        interface->address_count--;
    }
    size_t behind = interface->address_count - at;
    memmove(&interface->addresses[at + 1], &interface->addresses[at],
        behind * sizeof(interface->addresses[0]));
    memmove(&entry->scopes[at + 1], &entry->scopes[at], behind);
    interface->addresses[at] = value->value;
    entry->scopes[at] = value->scope;
    interface->address_count++;
    return true;
}

/* An address went: one that had no place takes it, of the widest scope there is. */
static void address_refill(struct links_table *table, struct links_entry *entry)
{
    size_t count, at = more_of(table, entry->interface.index, &count), best = at;
    if (count == 0)
        return;
    for (size_t i = at; i < at + count; i++)
        if (table->more[i].scope < table->more[best].scope)
            best = i;
    struct links_more chosen = table->more[best];
    more_remove(table, best, 1);
    address_add(table, entry, &chosen);
}

static bool apply_address(struct links_table *table, const struct links_address *address, bool gone)
{
    struct links_entry *entry = find(table, address->index);
    if (!entry)
        return false;
    struct links_more value = {address->index, address->scope, address->value};
    size_t at = address_position(&entry->interface, &address->value);
    bool known = at < entry->interface.address_count;
    if (!gone)
        return !known && address_add(table, entry, &value);
    if (known) {
        address_remove(entry, at);
        address_refill(table, entry);
        return true;
    }
    at = more_position(table, value.index, &value.value.address, &known);
    if (known)
        more_remove(table, at, 1);
    return known;
}

static void post(const struct links_entry *entry, struct model *model, uint64_t now)
{
    if (entry && model)
        model_interface_set(model, &entry->interface, now);
}

void links_table_gateway(
    struct links_table *table, uint32_t index, bool host, struct model *model, uint64_t now)
{
    struct links_entry *entry = find(table, index);
    if (!entry || (entry->interface.gateway_route && (entry->interface.host_route || !host)))
        return;
    entry->interface.gateway_route = true;
    entry->interface.host_route |= host;
    post(entry, model, now);
}

void links_table_lower(
    struct links_table *table, size_t position, uint32_t lower, struct model *model, uint64_t now)
{
    struct links_entry *entry = &table->entries[position];
    if (entry->interface.lower == lower || entry->interface.index == lower)
        return;
    entry->interface.lower = lower;
    post(entry, model, now);
}

/* What ranks behind the default routes of the main table, the best first. */
#define RANK_METRIC_MAX 0xfffffff0U
#define RANK_OTHER_TABLE 0xfffffff1U /* of policy routing */
#define RANK_HOST 0xfffffff2U /* so a VPN's server is reached where the default was taken away */
#define RANK_GONE 0xfffffff3U /* kept until another comes: a VPN took the route away */

static enum route_maker maker_of(uint8_t protocol)
{
    return protocol == RTPROT_DHCP ? MAKER_DHCP : protocol == RTPROT_RA ? MAKER_RA : MAKER_OTHER;
}

/* The gateway by which a network is known again. Of two that rank the same the newer one is. */
static void gateway_address(struct links_table *table, const struct links_route *route, bool gone,
    uint32_t index, const struct address *gateway, struct model *model, uint64_t now)
{
    struct links_entry *entry = find(table, index);
    if (!entry || gateway->family == FAMILY_NONE || (!route->all && !route->host))
        return;
    enum family family = gateway->family == FAMILY_IPV6 ? FAMILY_INDEX_6 : FAMILY_INDEX_4;
    struct address *known = &entry->interface.gateways[family];
    uint32_t *known_rank = &entry->interface.gateway_ranks[family];
    uint32_t rank = route->host                        ? RANK_HOST
                    : route->table != RT_TABLE_MAIN    ? RANK_OTHER_TABLE
                    : route->metric <= RANK_METRIC_MAX ? route->metric
                                                       : RANK_METRIC_MAX;
    if (gone && known->family != FAMILY_NONE) {
        if (rank != *known_rank || !address_equal(known, gateway))
            return;
        rank = RANK_GONE;
    } else if (gone || (known->family != FAMILY_NONE && rank > *known_rank) ||
               (rank == *known_rank && address_equal(known, gateway))) {
        return;
    }
    *known = *gateway;
    *known_rank = rank;
    entry->interface.gateway_makers[family] = maker_of(route->protocol);
    post(entry, model, now);
}

static void gateway_addresses(struct links_table *table, const struct links_route *route, bool gone,
    struct model *model, uint64_t now)
{
    gateway_address(table, route, gone, route->interface, &route->gateway, model, now);
    for (size_t i = 0; i < route->hop_count; i++)
        gateway_address(
            table, route, gone, route->hops[i].interface, &route->hops[i].gateway, model, now);
}

bool links_table_apply(struct links_table *table, const struct links_message *message,
    struct model *model, uint64_t now)
{
    switch (message->kind) {
    case LINKS_LINK:
        if (!apply_link(table, &message->link, message->gone))
            return false;
        if (message->gone && model)
            model_interface_gone(model, message->link.index, now);
        post(find(table, message->link.index), model, now);
        return true;
    case LINKS_ADDRESS:
        if (!apply_address(table, &message->address, message->gone))
            return false;
        post(find(table, message->address.index), model, now);
        return true;
    case LINKS_ROUTE:
        /* One that goes away proves as well that it was there. */
        for (size_t i = 0; i < message->route.gateway_count; i++)
            links_table_gateway(table, message->route.gateways[i], message->route.host, model, now);
        gateway_addresses(table, &message->route, message->gone, model, now);
        return true;
    case LINKS_NEXTHOP:
        if (message->nexthop.gateway)
            links_table_gateway(table, message->nexthop.interface, false, model, now);
        return true;
    case LINKS_RULE:
        return true;
    case LINKS_OTHER:
        break;
    }
    return false;
}

void links_table_replace(
    struct links_table *table, struct links_table *fresh, struct model *model, uint64_t now)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct interface *old = &table->entries[i].interface;
        struct links_entry *same = find(fresh, old->index);
        if (!same) {
            model_interface_gone(model, old->index, now);
        } else {
            same->interface.gateway_route |= old->gateway_route;
            same->interface.host_route |= old->host_route;
            for (size_t f = 0; f < FAMILY_INDEXES; f++)
                if (same->interface.gateways[f].family == FAMILY_NONE) {
                    same->interface.gateways[f] = old->gateways[f];
                    same->interface.gateway_ranks[f] = RANK_GONE;
                }
        }
    }
    struct links_table old = *table;
    *table = *fresh;
    *fresh = (struct links_table){0};
    table->more_changed |= old.more_count > 0;
    links_table_free(&old);
    for (size_t i = 0; i < table->count; i++)
        model_interface_set(model, &table->entries[i].interface, now);
    links_table_post_more(table, model, now);
}
