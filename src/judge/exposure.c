/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge/private.h"

#include <string.h>

/* What decides is the interface by which a look-up leaves, never who owns the resolver's address.
 */

static bool is_local_transport(enum transport transport)
{
    return transport == TRANSPORT_MDNS || transport == TRANSPORT_LLMNR ||
           transport == TRANSPORT_NBNS;
}

/* Look-ups before the expectation began are not judged by it: a VPN that came up later promised
 * nothing then. */
static bool expected_at(const struct model *model, uint64_t time_ns)
{
    const struct expectation_info *info = model_expectation(model);
    return info->expectation != EXPECT_NONE && (!info->automatic || time_ns >= info->since_ns);
}

static enum exposure exposure_of(const struct model *model, const struct lookup *lookup)
{
    const struct interface *interface = model_interface(model, lookup->interface);
    enum role role = interface ? interface->role : ROLE_UNKNOWN;
    if (role == ROLE_LOOPBACK || address_is_loopback(&lookup->resolver))
        return EXPOSURE_INTERNAL;
    switch (role) {
    case ROLE_TUNNEL:
    case ROLE_OVERLAY: /* hidden from the network next to us, though no web route */
        return EXPOSURE_TUNNELLED;
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
    if (is_local_transport(lookup->transport))
        return EXPOSURE_LAN;
    if (!expected_at(model, lookup->time_ns))
        return EXPOSURE_OPEN;
    /* The client cannot ask for its server by a tunnel that is not there yet. */
    if (lookup->process.vpn_client && !model_tunnel_up(model))
        return EXPOSURE_BOOTSTRAP;
    return lookup->transport == TRANSPORT_UDP || lookup->transport == TRANSPORT_TCP
               ? EXPOSURE_EXPOSED
               : EXPOSURE_BYPASS;
}

void judge_exposure(const struct model *model, struct lookup *lookup)
{
    lookup->exposure = exposure_of(model, lookup);
    lookup->excuse = lookup->exposure == EXPOSURE_BOOTSTRAP ? EXCUSE_CLIENT : EXCUSE_NONE;
}
