/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

#include <string.h>

/* ARPHRD_* of linux/if_arp.h, named here so that the model stands on no kernel header. */
#define LINK_ETHER 1
#define LINK_PPP 512
#define LINK_LOOPBACK 772
#define LINK_NONE 65534

/* Kinds that carry packets inside something that hides them. `sit` is not among them: 6in4 hides
 * nothing, and beside an IPv4-only VPN it is a way out of its own. */
static const char *const tunnel_kinds[] = {"wireguard", "amneziawg", "ovpn", "ovpn-dco", "xfrm",
    "vti", "vti6", "ipip", "ip6tnl", "gre", "gretap", "ip6gre", "ip6gretap", "l2tp"};

/* Kinds that lead to the real network when nothing else is known of them. Hardware has no kind. */
static const char *const network_kinds[] = {
    "", "vlan", "macvlan", "macvtap", "ipvlan", "bond", "team", "wwan", "sit"};

static bool is_one_of(const char *kind, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(kind, list[i]) == 0)
            return true;
    return false;
}
#define IS_ONE_OF(kind, list) is_one_of(kind, list, sizeof(list) / sizeof((list)[0]))

bool roles_tunnel_kind(const struct interface *interface)
{
    if (IS_ONE_OF(interface->kind, tunnel_kinds))
        return true;
    if (strcmp(interface->kind, "tun") == 0)
        return interface->link_type != LINK_ETHER || interface->master == 0;
    return interface->kind[0] == '\0' && interface->link_type == LINK_NONE;
}

static bool carries_web(const struct model *model, const struct interface *interface)
{
    for (size_t f = 0; f < FAMILY_INDEXES; f++)
        if (model->routes[f].state == ROUTE_PRESENT &&
            model->routes[f].interface == interface->index)
            return true;
    return false;
}

/* PPP is a VPN (PPTP, L2TP, SSTP) over another way out, or the way out itself (PPPoE, modem): there
 * is another way out exactly where another real interface has a gateway. */
static bool other_gateway(const struct model *model, const struct interface *but)
{
    for (size_t i = 0; i < model->interface_count; i++) {
        const struct interface *other = &model->interfaces[i];
        if (other != but && other->present && other->gateway_route && !roles_tunnel_kind(other) &&
            other->link_type != LINK_PPP)
            return true;
    }
    return false;
}

static enum role alone(const struct model *model, const struct interface *interface)
{
    for (size_t i = 0; i < model->forced_count; i++)
        if (strcmp(model->forced[i].name, interface->name) == 0)
            return model->forced[i].role;
    if (interface->role_fixed)
        return interface->role;
    if (interface->link_type == LINK_LOOPBACK)
        return ROLE_LOOPBACK;
    bool web = carries_web(model, interface);
    if (roles_tunnel_kind(interface)) {
        bool tap = strcmp(interface->kind, "tun") == 0 && interface->link_type == LINK_ETHER;
        if (web)
            return ROLE_TUNNEL;
        return tap && interface->address_count == 0 ? ROLE_INNER : ROLE_OVERLAY;
    }
    if (interface->link_type == LINK_PPP || strcmp(interface->kind, "ppp") == 0) {
        if (!other_gateway(model, interface))
            return ROLE_UPLINK;
        return web ? ROLE_TUNNEL : ROLE_OVERLAY;
    }
    if (strcmp(interface->kind, "dummy") == 0)
        return ROLE_UNKNOWN;
    if (web || interface->gateway_route)
        return ROLE_UPLINK;
    if (interface->master != 0)
        return ROLE_INNER; /* a port: settled below by what it is a port of */
    if (IS_ONE_OF(interface->kind, network_kinds))
        return ROLE_UPLINK;
    if (strcmp(interface->kind, "bridge") == 0 || strcmp(interface->kind, "veth") == 0 ||
        strcmp(interface->kind, "tun") == 0)
        return ROLE_INNER;
    return ROLE_UNKNOWN;
}

void roles_settle(struct model *model)
{
    for (size_t i = 0; i < model->interface_count; i++)
        if (model->interfaces[i].present)
            model->interfaces[i].role = alone(model, &model->interfaces[i]);
    for (size_t i = 0; i < model->interface_count; i++) {
        struct interface *port = &model->interfaces[i];
        struct interface *master =
            port->present && port->role == ROLE_INNER ? interfaces_find(model, port->master) : NULL;
        /* The real port of a bridge or bond leads to the real network, and so does the bridge, with
         * or without a gateway; a container's or VM's port of the same bridge stays inner. */
        if (!master || !IS_ONE_OF(port->kind, network_kinds))
            continue;
        port->role = ROLE_UPLINK;
        if (master->role == ROLE_INNER)
            master->role = ROLE_UPLINK;
    }
}
