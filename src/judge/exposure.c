/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/private.h"

#include <string.h>

#include "base/name.h"
#include "tables/special_names.h"
#include "tables/vpn.h"

/* What decides is the interface by which a look-up leaves, never who owns the resolver's address.
 */

static bool is_local_transport(enum transport transport)
{
    return transport == TRANSPORT_MDNS || transport == TRANSPORT_LLMNR ||
           transport == TRANSPORT_NBNS;
}

static bool is_plain(enum transport transport)
{
    return transport == TRANSPORT_UDP || transport == TRANSPORT_TCP || transport == TRANSPORT_STUN;
}

/* Look-ups before the expectation began are not judged by it: a VPN that came up later promised
 * nothing then. */
static bool expected_at(const struct model *model, uint64_t time_ns)
{
    const struct expectation_info *info = model_expectation(model);
    return info->expectation != EXPECT_NONE && (!info->automatic || time_ns >= info->since_ns);
}

/* Whom else than the neighbours a STUN request tells this machine's address: peers on the same
 * network know it already. */
static bool stays_on_link(const struct model *model, const struct lookup *lookup)
{
    return lookup->stun_check && (address_is_link_local(&lookup->resolver) ||
                                     model_on_link(model, lookup->interface, &lookup->resolver));
}

/* EXPOSURE_UNKNOWN: it left outside the tunnel. */
static enum exposure way_of(const struct model *model, const struct lookup *lookup)
{
    const struct interface *interface = model_interface(model, lookup->interface);
    enum role role = interface ? interface->role : ROLE_UNKNOWN;
    if (role == ROLE_LOOPBACK || address_is_loopback(&lookup->resolver))
        return EXPOSURE_INTERNAL;
    switch (role) {
    case ROLE_TUNNEL:
    case ROLE_OVERLAY: /* hidden from the network next to us, though no web route */
        if (!model_covers(model, interface))
            break; /* Tor is counted on, and this is another tunnel */
        /* The mesh VPN's own resolver runs in its client, on this machine: where the name goes is
         * decided when the client asks on. */
        return vpn_mesh_resolver(&lookup->resolver) ? EXPOSURE_INTERNAL : EXPOSURE_TUNNELLED;
    case ROLE_INNER: /* a container's or virtual machine's resolver on this machine */
        return EXPOSURE_INTERNAL;
    case ROLE_UNKNOWN:
        /* A dummy swallows what is sent into it: blocked, not leaked. Of any other interface
         * nothing good is assumed. */
        if (interface && strcmp(interface->kind, "dummy") == 0)
            return EXPOSURE_INTERNAL;
        break;
    case ROLE_LOOPBACK:
    case ROLE_UPLINK:
    case ROLE_COUNT:
        break;
    }
    if (lookup->by_ipsec && model_expectation(model)->expectation != EXPECT_TOR)
        return EXPOSURE_TUNNELLED;
    if (is_local_transport(lookup->transport) || stays_on_link(model, lookup))
        return EXPOSURE_LAN;
    return expected_at(model, lookup->time_ns) ? EXPOSURE_UNKNOWN : EXPOSURE_OPEN;
}

/* The client cannot ask for its server by a tunnel that is not there yet; while it is there, only
 * what it asks of its own provider's names is its own. */
static enum excuse client_excuse(const struct model *model, const struct lookup *lookup)
{
    bool down = !model_tunnel_up(model);
    bool mesh = vpn_mesh_process(lookup->process.name);
    bool server = lookup->name_length > 0 &&
                  (special_name(lookup->name, lookup->name_length) == NAME_VPN_SERVER ||
                      model_is_vpn_server(model, lookup->name, lookup->name_length));
    if (lookup->process.vpn_client && (down || server))
        return EXCUSE_CLIENT;
    /* A mesh client asks STUN servers for its own address, and keeps to its own names beside
     * another VPN; the names that it forwards are the person's. */
    if (mesh && (server || lookup->transport == TRANSPORT_STUN))
        return EXCUSE_CLIENT;
    if (down && server)
        return EXCUSE_SERVER_NAME;
    return EXCUSE_NONE;
}

static bool is_split(const struct model *model, const struct lookup *lookup)
{
    if (lookup->name_length == 0)
        return false;
    for (size_t i = 0; i < model_split_count(model); i++) {
        const struct split_domain *split = model_split_at(model, i);
        if (!name_below(lookup->name, lookup->name_length, split->domain, split->length))
            continue;
        if (split->interface != 0 && split->interface != lookup->interface)
            continue;
        /* Where neither resolver nor link is said, the domain is local: of a local resolver. */
        if (split->resolver.family != FAMILY_NONE
                ? address_equal(&split->resolver, &lookup->resolver)
                : split->interface != 0 || !address_is_public(&lookup->resolver))
            return true;
    }
    return false;
}

/* Who asks whether there is a network binds to each link on purpose. Another program that asks for
 * such a name takes the way that all its names take: that is no check. */
static bool is_connectivity_check(const struct lookup *lookup)
{
    static const char *const checkers[] = {"NetworkManager", "systemd-resolve", "connmand"};
    if (lookup->name_length == 0 ||
        special_name(lookup->name, lookup->name_length) != NAME_CONNECTIVITY)
        return false;
    for (size_t i = 0; i < sizeof(checkers) / sizeof(checkers[0]); i++)
        if (strcmp(lookup->process.name, checkers[i]) == 0)
            return true;
    return false;
}

/* Names below "onion" are no names of DNS: whoever is asked for one learns whom somebody visits who
 * counts on nobody learning it (RFC 7686, 2). The top itself is asked for by resolvers that
 * minimise. */
static bool is_onion(const struct lookup *lookup)
{
    static const uint8_t onion[] = "\5onion";
    return lookup->name_length > sizeof(onion) &&
           name_below(lookup->name, lookup->name_length, onion, sizeof(onion));
}

static enum excuse excuse_of(const struct model *model, const struct lookup *lookup)
{
    enum excuse client = client_excuse(model, lookup);
    if (client != EXCUSE_NONE)
        return client;
    if (model_is_intended(model, lookup))
        return EXCUSE_INTENDED;
    if (is_split(model, lookup))
        return EXCUSE_SPLIT;
    return is_connectivity_check(lookup) ? EXCUSE_CONNECTIVITY : EXCUSE_NONE;
}

void judge_exposure(const struct model *model, struct lookup *lookup)
{
    lookup->excuse = EXCUSE_NONE;
    lookup->exposure = way_of(model, lookup);
    lookup->onion = is_onion(lookup);
    bool told = lookup->exposure == EXPOSURE_OPEN || lookup->exposure == EXPOSURE_TUNNELLED;
    if (lookup->onion && told && !model_is_intended(model, lookup)) {
        lookup->exposure = EXPOSURE_EXPOSED; /* by whatever way */
        return;
    }
    if (lookup->exposure != EXPOSURE_UNKNOWN)
        return;
    lookup->excuse = excuse_of(model, lookup);
    switch (lookup->excuse) {
    case EXCUSE_NONE:
    case EXCUSE_COUNT:
        lookup->exposure = is_plain(lookup->transport) ? EXPOSURE_EXPOSED : EXPOSURE_BYPASS;
        break;
    case EXCUSE_CLIENT:
    case EXCUSE_SERVER_NAME:
    case EXCUSE_PEER:
        lookup->exposure = EXPOSURE_BOOTSTRAP;
        break;
    case EXCUSE_SPLIT:
    case EXCUSE_CONNECTIVITY:
    case EXCUSE_INTENDED:
        lookup->exposure = EXPOSURE_OPEN;
        break;
    }
}
