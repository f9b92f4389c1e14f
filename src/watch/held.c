/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/held.h"

static const char *const lost[FAMILY_INDEXES] = {
    "IPv4 has lost the expected tunnel", "IPv6 has lost the expected tunnel"};

const char *held_all(const struct model *model, bool passive)
{
    if (passive)
        return "--passive: nothing is sent";
    enum expectation expectation = model_expectation(model)->expectation;
    if (expectation == EXPECT_TOR)
        return "Tor is expected: a probe would leave outside it";
    if (expectation == EXPECT_VPN && !model_tunnel_up(model))
        return "the expected tunnel is down";
    return NULL;
}

/* The family was in the tunnel, and is not back. */
static bool family_lost(const struct model *model, enum family family)
{
    size_t count = model_drop_count(model);
    if (count == 0 || model_expectation(model)->expectation != EXPECT_VPN)
        return false;
    const struct drop *drop = model_drop_at(model, count - 1);
    return drop->end_ns == 0 && drop->partial && drop->family == family;
}

static bool asked_outside(const struct model *model, enum family family)
{
    for (size_t i = 0; i < model_configured_count(model); i++) {
        const struct configured_resolver *resolver = model_configured_at(model, i);
        const struct interface *by = model_interface(model, resolver->interface);
        if ((resolver->address.family == FAMILY_IPV6) == (family == FAMILY_INDEX_6) &&
            resolver->use != RESOLVER_IGNORED && !resolver->blocked && !resolver->by_ipsec && by &&
            by->role == ROLE_UPLINK)
            return true;
    }
    return false;
}

const char *held_names(const struct model *model, bool passive)
{
    const char *held = held_all(model, passive);
    for (enum family family = 0; !held && family < FAMILY_INDEXES; family++)
        if (family_lost(model, family) && asked_outside(model, family))
            held = lost[family];
    return held;
}

/* A service's name is looked up before it is asked. */
const char *held_address(const struct model *model, bool passive, enum family family)
{
    const char *held = held_names(model, passive);
    return held ? held : family_lost(model, family) ? lost[family] : NULL;
}
