/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

/* The address that web sites see, and what it is to this machine. */

static bool within(const struct address *address, const uint8_t *bytes, unsigned bits)
{
    for (unsigned i = 0; i < bits; i++)
        if ((address->bytes[i / 8] ^ bytes[i / 8]) & (0x80 >> i % 8))
            return false;
    return address->family == FAMILY_IPV4;
}

static bool has_one_within(const struct interface *interface, const uint8_t *bytes, unsigned bits)
{
    for (size_t i = 0; interface && i < interface->address_count; i++)
        if (within(&interface->addresses[i].address, bytes, bits))
            return true;
    return false;
}

static void compare_own(const struct model *model, struct public_address *value)
{
    value->own = model_is_local(model, &value->address);
    for (size_t i = 0; i < model->interface_count; i++) {
        const struct interface *interface = &model->interfaces[i];
        for (size_t j = 0; interface->present && j < interface->address_count; j++) {
            if (!address_equal(&interface->addresses[j].address, &value->address))
                continue;
            value->own_uplink |= interface->role == ROLE_UPLINK;
            value->temporary |= interface->addresses[j].temporary;
        }
    }
}

/* RFC 6598; and RFC 7335, the address from which a machine's own translator takes what is for
 * IPv4 (464XLAT). */
static void look_at_way(const struct model *model, enum family family, struct public_address *value)
{
    static const uint8_t shared[4] = {100, 64}, translator[4] = {192};
    uint32_t index = value->interface ? value->interface : model->routes[family].interface;
    const struct interface *by = model_interface(model, index);
    if (family != FAMILY_INDEX_4)
        return;
    value->cgnat = by && by->role == ROLE_UPLINK && has_one_within(by, shared, 10);
    value->nat64 |= has_one_within(by, translator, 29);
}

void model_public_set(
    struct model *model, enum family family, const struct public_address *value, uint64_t now)
{
    struct public_address *kept = &model->public_addresses[family];
    *kept = *value;
    kept->own = kept->own_uplink = kept->temporary = kept->cgnat = false;
    if (kept->address.family != FAMILY_NONE) {
        compare_own(model, kept);
        look_at_way(model, family, kept);
    }
    model_touch(model, now);
}

const struct public_address *model_public(const struct model *model, enum family family)
{
    return &model->public_addresses[family];
}
