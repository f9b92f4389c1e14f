/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

#include <string.h>

#include "base/text.h"

/* What is seen without a tunnel, to be laid beside what is seen with one. */

void model_baseline_set(struct model *model, const struct baseline *baseline, uint64_t now)
{
    model->baseline = baseline ? *baseline : (struct baseline){0};
    model_touch(model, now);
}

const struct baseline *model_baseline(const struct model *model)
{
    return model->baseline.taken_ns ? &model->baseline : NULL;
}

/* ---- which network this is ---- */

/* The uplink whose default route goes first: chosen by what a tunnel leaves as it is. */
static const struct interface *uplink_of(const struct model *model, enum family family)
{
    const struct interface *best = NULL;
    for (size_t i = 0; i < model->interface_count; i++) {
        const struct interface *interface = &model->interfaces[i];
        if (!interface->present || interface->role != ROLE_UPLINK ||
            interface->gateways[family].family == FAMILY_NONE)
            continue;
        if (!best || interface->gateway_ranks[family] < best->gateway_ranks[family] ||
            (interface->gateway_ranks[family] == best->gateway_ranks[family] &&
                interface->index < best->index))
            best = interface;
    }
    return best;
}

/* The interface's own network that the gateway stands in, "192.168.1.0/24"; "" there is none: then
 * the gateway is one of a network that was left. */
static void prefix_of(const struct interface *interface, const struct address *gateway,
    char out[static ADDRESS_TEXT + 8])
{
    out[0] = '\0';
    for (size_t i = 0; i < interface->address_count; i++) {
        const struct interface_address *own = &interface->addresses[i];
        char text[ADDRESS_TEXT];
        if (own->prefix == 0 || !address_within(gateway, &own->address, own->prefix))
            continue;
        struct address network = address_prefix(&own->address, own->prefix);
        text_format(
            out, ADDRESS_TEXT + 8, "%s/%u", address_format(&network, text), (unsigned)own->prefix);
        return;
    }
}

/* IPv4 where there is one, for it comes first at each start and stays when a VPN client switches
 * IPv6 off; an ISP may also deal out another IPv6 prefix each day. */
void model_baseline_network(const struct model *model, char out[static BASELINE_NETWORK])
{
    out[0] = '\0';
    for (enum family family = 0; family < FAMILY_INDEXES && !out[0]; family++) {
        const struct interface *uplink = uplink_of(model, family);
        char address[ADDRESS_TEXT], prefix[ADDRESS_TEXT + 8];
        if (!uplink)
            continue;
        prefix_of(uplink, &uplink->gateways[family], prefix);
        if (prefix[0])
            text_format(out, BASELINE_NETWORK, "%s %s",
                address_format(&uplink->gateways[family], address), prefix);
    }
}

/* ---- taking one ---- */

static bool take_public(const struct model *model, struct baseline *out)
{
    bool any = false;
    for (size_t f = 0; f < FAMILY_INDEXES; f++) {
        const struct public_address *seen = &model->public_addresses[f];
        if (!seen->asked_ever || seen->checked_ns < model->recent.since_ns || seen->agree < 2 ||
            seen->other.family != FAMILY_NONE || seen->address.family == FAMILY_NONE)
            continue;
        out->public_addresses[f].address = seen->address;
        struct network *network = &out->public_addresses[f].network;
        *network = *model_public_network(model, (enum family)f);
        if (network->source == NETWORK_NOT_KNOWN && (network->asn >= 0 || network->org[0]))
            network->source = NETWORK_SAID;
        any = true;
    }
    return any;
}

static bool take_egress(const struct model *model, struct baseline *out)
{
    for (size_t i = 0; i < model->egress_count && out->egress_count < BASELINE_EGRESS; i++) {
        const struct egress_resolver *egress = &model->egress[i];
        if (egress->last_ns < model->recent.since_ns || egress->paths == 1U << PROBE_PUBLIC)
            continue; /* or it came by key alone, and is nobody's resolver here */
        struct baseline_address *row = &out->egress[out->egress_count++];
        row->address = egress->address;
        row->network = *model_network_of(model, &egress->address);
    }
    return out->egress_count > 0;
}

static bool take_resolvers(const struct model *model, struct baseline *out)
{
    for (size_t i = 0; i < model->configured_count && out->resolver_count < BASELINE_RESOLVERS;
         i++) {
        const struct configured_resolver *resolver = &model->configured[i];
        bool twice = false;
        for (size_t j = 0; j < out->resolver_count; j++)
            twice |= address_equal(&out->resolvers[j], &resolver->address);
        if (resolver->use == RESOLVER_ASKED && !twice)
            out->resolvers[out->resolver_count++] = resolver->address;
    }
    return out->resolver_count > 0;
}

static bool take_routes(const struct model *model, struct baseline *out)
{
    bool any = false;
    for (size_t f = 0; f < FAMILY_INDEXES; f++) {
        const struct web_route *route = &model->routes[f];
        struct baseline_route *row = &out->routes[f];
        row->known = route->state != ROUTE_UNKNOWN;
        if (route->state != ROUTE_PRESENT)
            continue;
        text_format(row->interface, sizeof(row->interface), "%s",
            model_interface_name(model, route->interface));
        row->gateway = route->gateway;
        any = true;
    }
    return any;
}

bool model_baseline_take(
    const struct model *model, uint64_t now, struct baseline *out, char *why, size_t why_size)
{
    *out = (struct baseline){.taken_ns = now};
    model_baseline_network(model, out->network);
    why[0] = '\0';
    if (model->capture.file)
        text_format(why, why_size, "a capture file is judged");
    else if (model_tunnel_up(model))
        text_format(why, why_size, "a tunnel is up: this is not what was before it");
    else if (model->expectation.expectation == EXPECT_TOR)
        text_format(why, why_size, "Tor is expected: this is not what was before it");
    else if (model->expectation.expectation == EXPECT_VPN)
        text_format(why, why_size, "the expected tunnel is down, and may be half taken apart");
    else if (!out->network[0])
        text_format(why, why_size, "no gateway to know this network by");
    if (why[0])
        return false;
    bool any = take_routes(model, out);
    any &= take_public(model, out) | take_egress(model, out) | take_resolvers(model, out);
    if (!any)
        text_format(why, why_size, "nothing is known yet");
    return any;
}
