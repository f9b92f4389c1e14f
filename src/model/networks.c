/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

#include <string.h>

/* Which network an address belongs to, as far as somebody told. */

static struct network_slot *slot_of(const struct model *model, const struct address *address)
{
    for (size_t i = 0; i < model->network_count; i++)
        if (address_equal(&model->networks[i].address, address))
            return &model->networks[i];
    return NULL;
}

static bool same(const struct network *a, const struct network *b)
{
    return a->source == b->source && a->asn == b->asn && strcmp(a->org, b->org) == 0 &&
           strcmp(a->country, b->country) == 0;
}

/* A new one, in place of the least lately used where all are taken. */
static struct network_slot *make_slot(struct model *model)
{
    if (model->network_count < NETWORKS_KEPT)
        return &model->networks[model->network_count++];
    struct network_slot *oldest = &model->networks[0];
    for (size_t i = 1; i < NETWORKS_KEPT; i++)
        if (model->networks[i].used_ns < oldest->used_ns)
            oldest = &model->networks[i];
    return oldest;
}

void model_network_set(
    struct model *model, const struct address *address, const struct network *network, uint64_t now)
{
    if (address->family == FAMILY_NONE)
        return;
    struct network_slot *slot = slot_of(model, address);
    struct network whole = *network;
    /* One service tells the number, another the name. */
    if (slot && slot->network.source == network->source) {
        const struct network *before = &slot->network;
        if (whole.asn < 0)
            whole.asn = before->asn;
        if (!whole.org[0])
            memcpy(whole.org, before->org, sizeof(whole.org));
        if (!whole.country[0])
            memcpy(whole.country, before->country, sizeof(whole.country));
    }
    if (slot && (slot->network.source > network->source || same(&slot->network, &whole))) {
        slot->used_ns = now;
        return;
    }
    if (!slot)
        slot = make_slot(model);
    *slot = (struct network_slot){.address = *address, .network = whole, .used_ns = now};
    model_touch(model, now);
}

const struct network *model_network_of(const struct model *model, const struct address *address)
{
    static const struct network none = {.source = NETWORK_NOT_KNOWN, .asn = -1};
    const struct network_slot *slot = slot_of(model, address);
    return slot ? &slot->network : &none;
}

const struct network *model_public_network(const struct model *model, enum family family)
{
    const struct public_address *seen = &model->public_addresses[family];
    const struct network *known = model_network_of(model, &seen->address);
    bool tells = seen->network.asn >= 0 || seen->network.org[0];
    if (!tells || known->asn >= 0 || (known->org[0] && seen->network.asn < 0))
        return known;
    return &seen->network;
}

/* Not of a range that everybody may use at home: of those nobody knows an operator. Documentation
 * ranges pass; nothing on the Internet has them. */
static bool has_operator(const struct address *address)
{
    const uint8_t *bytes = address->bytes;
    if (address->family == FAMILY_NONE || address_is_loopback(address) ||
        address_is_link_local(address) || address_is_multicast(address))
        return false;
    if (address->family == FAMILY_IPV6)
        return (bytes[0] & 0xfe) != 0xfc;
    return bytes[0] != 0 && bytes[0] != 10 && !(bytes[0] == 172 && (bytes[1] & 0xf0) == 16) &&
           !(bytes[0] == 192 && bytes[1] == 168) && !(bytes[0] == 100 && (bytes[1] & 0xc0) == 64);
}

bool model_network_wanted(const struct model *model, size_t position, struct address *address)
{
    struct address list[EGRESS_MAX + BASELINE_EGRESS + 2 * FAMILY_INDEXES];
    const struct baseline *baseline = &model->baseline;
    size_t count = 0;
    for (size_t i = 0; i < model->egress_count; i++)
        list[count++] = model->egress[i].address;
    for (size_t f = 0; f < FAMILY_INDEXES; f++)
        list[count++] = model->public_addresses[f].address;
    for (size_t f = 0; f < FAMILY_INDEXES; f++)
        if (baseline->public_addresses[f].network.asn < 0)
            list[count++] = baseline->public_addresses[f].address;
    for (size_t i = 0; i < baseline->egress_count; i++)
        if (baseline->egress[i].network.asn < 0)
            list[count++] = baseline->egress[i].address;
    for (size_t i = 0; i < count; i++) {
        if (!has_operator(&list[i]) || model_network_of(model, &list[i])->source > NETWORK_SAID ||
            position-- > 0)
            continue;
        *address = list[i];
        return true;
    }
    return false;
}
