/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

#include <string.h>

/* Which interface is what, from what the kernel calls it, from what carries it and from the routes;
 * never from its name. Where two readings are possible, the one that hides less is taken. */

/* ARPHRD_* of linux/if_arp.h, named here so that the model stands on no kernel header. */
#define LINK_ETHER 1
#define LINK_PPP 512
#define LINK_LOOPBACK 772

/* A VLAN on a bond on a tap: more storeys than anybody builds, and an end for loops. */
#define STOREYS_MAX 8

enum nature {
    NATURE_OTHER,   /* of which nothing is known */
    NATURE_NETWORK, /* leads to the real network when nothing else is known; hardware has no kind */
    NATURE_CIPHER,  /* encrypts what goes by it */
    NATURE_TUN,     /* a program takes its packets: a VPN client, or a virtual machine */
    NATURE_PPP,
    NATURE_UPON,   /* stands on another interface and hides what that one hides */
    NATURE_WRAP,   /* carries packets in packets without encrypting: likewise */
    NATURE_BUNDLE, /* has ports, and hides what all of them hide */
    NATURE_INNER,  /* towards containers and virtual machines, and what never leaves the kernel */
    NATURE_PLUG,   /* the end of a cable into another namespace: inner on a host, and in a
                      container the way out */
    NATURE_DUMMY,
};

static const struct {
    const char *kind; /* IFLA_INFO_KIND */
    enum nature nature;
} natures[] = {
    {"", NATURE_NETWORK}, /* also a modem that hands over bare IP packets (ARPHRD_NONE) */
    {"wwan", NATURE_NETWORK},
    {"rmnet", NATURE_NETWORK},
    {"dsa", NATURE_NETWORK},
    {"ipoib", NATURE_NETWORK},
    {"hsr", NATURE_NETWORK},
    {"batadv", NATURE_NETWORK},
    {"virt_wifi", NATURE_NETWORK},
    {"macsec", NATURE_NETWORK}, /* encrypts as far as the next switch */
    {"wireguard", NATURE_CIPHER},
    {"amneziawg", NATURE_CIPHER},
    {"ovpn", NATURE_CIPHER},
    {"ovpn-dco", NATURE_CIPHER},
    {"xfrm", NATURE_CIPHER}, /* what no policy encrypts is dropped (xfrmi_xmit2, vti_xmit) */
    {"vti", NATURE_CIPHER},
    {"vti6", NATURE_CIPHER},
    {"tun", NATURE_TUN},
    {"ppp", NATURE_PPP},
    {"vlan", NATURE_UPON},
    {"macvlan", NATURE_UPON},
    {"macvtap", NATURE_UPON},
    {"ipvlan", NATURE_UPON},
    {"ipvtap", NATURE_UPON},
    {"sit", NATURE_WRAP},
    {"ipip", NATURE_WRAP},
    {"ip6tnl", NATURE_WRAP},
    {"gre", NATURE_WRAP},
    {"gretap", NATURE_WRAP},
    {"ip6gre", NATURE_WRAP},
    {"ip6gretap", NATURE_WRAP},
    {"erspan", NATURE_WRAP},
    {"ip6erspan", NATURE_WRAP},
    {"l2tp", NATURE_WRAP},
    {"vxlan", NATURE_WRAP},
    {"geneve", NATURE_WRAP},
    {"bareudp", NATURE_WRAP},
    {"gtp", NATURE_WRAP},
    {"bond", NATURE_BUNDLE},
    {"team", NATURE_BUNDLE},
    {"vrf", NATURE_BUNDLE},
    {"bridge", NATURE_INNER},
    {"openvswitch", NATURE_INNER},
    {"ifb", NATURE_INNER}, /* packets pass it on their way in or out by another one */
    {"nlmon", NATURE_INNER},
    {"veth", NATURE_PLUG},
    {"netkit", NATURE_PLUG},
    {"dummy", NATURE_DUMMY},
};

static enum nature nature_of(const struct interface *interface)
{
    if (interface->link_type == LINK_PPP)
        return NATURE_PPP;
    for (size_t i = 0; i < sizeof(natures) / sizeof(natures[0]); i++)
        if (strcmp(natures[i].kind, interface->kind) == 0)
            return natures[i].nature;
    return NATURE_OTHER;
}

static bool is_vrf(const struct interface *interface)
{
    return strcmp(interface->kind, "vrf") == 0;
}

static bool is_tap(const struct interface *interface)
{
    return nature_of(interface) == NATURE_TUN && interface->link_type == LINK_ETHER;
}

static enum role forced_role(const struct model *model, const struct interface *interface)
{
    for (size_t i = 0; i < model->forced_count; i++)
        if (strcmp(model->forced[i].name, interface->name) == 0)
            return model->forced[i].role;
    return interface->role_fixed ? interface->role : ROLE_UNKNOWN;
}

static bool carries_web(const struct model *model, const struct interface *interface)
{
    for (size_t f = 0; f < FAMILY_INDEXES; f++)
        if (model->routes[f].state == ROUTE_PRESENT &&
            model->routes[f].interface == interface->index)
            return true;
    return false;
}

/* ---- what hides ---- */

/* PPP is a VPN (PPTP, L2TP, SSTP) over another way out, or the way out itself (PPPoE, a modem). A
 * second uplink beside PPPoE has a gateway too; the route to one host alone, by a gateway of
 * another interface, is what a VPN cannot do without: its server is reached so. */
static bool ppp_is_vpn(const struct model *model, const struct interface *ppp)
{
    for (size_t i = 0; i < model->interface_count; i++) {
        const struct interface *other = &model->interfaces[i];
        if (other != ppp && other->present && other->gateway_route && other->host_route &&
            nature_of(other) != NATURE_PPP)
            return true;
    }
    return false;
}

/* A tap that is the web route is a VPN's, unless it is all there is: user-mode networking gives a
 * container without rights such an uplink (slirp4netns, pasta). */
static bool way_out_beside(const struct model *model, const struct interface *but)
{
    for (size_t i = 0; i < model->interface_count; i++) {
        const struct interface *other = &model->interfaces[i];
        enum nature nature = nature_of(other);
        if (other == but || !other->present || other->link_type == LINK_LOOPBACK ||
            other->lower == but->index)
            continue;
        if (nature == NATURE_NETWORK || nature == NATURE_PPP || nature == NATURE_UPON ||
            (nature == NATURE_PLUG && other->master == 0) ||
            (other->gateway_route && nature != NATURE_TUN && nature != NATURE_CIPHER))
            return true;
    }
    return false;
}

static bool hides(const struct model *model, const struct interface *interface, unsigned storey);

static bool all_ports_hide(
    const struct model *model, const struct interface *bundle, unsigned storey)
{
    bool any = false;
    for (size_t i = 0; i < model->interface_count; i++) {
        const struct interface *port = &model->interfaces[i];
        if (!port->present || port->master != bundle->index || port == bundle)
            continue;
        if (!hides(model, port, storey + 1))
            return false;
        any = true;
    }
    return any;
}

/* A tap that is the port of a bond belongs to a VPN; that of a bridge to a virtual machine, or to a
 * VPN whose packets the bridge tells of by its other ports. */
static bool tap_hides(const struct model *model, const struct interface *tap)
{
    if (tap->master != 0) {
        const struct interface *master = model_interface(model, tap->master);
        return master && master->present && nature_of(master) == NATURE_BUNDLE && !is_vrf(master);
    }
    return !carries_web(model, tap) || way_out_beside(model, tap);
}

static bool hides(const struct model *model, const struct interface *interface, unsigned storey)
{
    const struct interface *lower;
    enum role forced = forced_role(model, interface);
    if (forced != ROLE_UNKNOWN)
        return forced == ROLE_TUNNEL || forced == ROLE_OVERLAY;
    if (storey > STOREYS_MAX)
        return false;
    switch (nature_of(interface)) {
    case NATURE_CIPHER:
        return true;
    case NATURE_TUN:
        return !is_tap(interface) || tap_hides(model, interface);
    case NATURE_PPP:
        return ppp_is_vpn(model, interface);
    case NATURE_UPON:
    case NATURE_WRAP:
        lower = model_interface(model, interface->lower);
        return lower && lower->present && hides(model, lower, storey + 1);
    case NATURE_BUNDLE:
        return all_ports_hide(model, interface, storey);
    case NATURE_OTHER:
    case NATURE_NETWORK:
    case NATURE_INNER:
    case NATURE_PLUG:
    case NATURE_DUMMY:
        break;
    }
    return false;
}

bool model_hides(const struct model *model, const struct interface *interface)
{
    return interface->present && hides(model, interface, 0);
}

/* ---- roles ---- */

static bool is_real(enum nature nature)
{
    return nature == NATURE_NETWORK || nature == NATURE_PPP || nature == NATURE_UPON ||
           nature == NATURE_WRAP || nature == NATURE_BUNDLE;
}

static enum role alone(const struct model *model, const struct interface *interface)
{
    enum role forced = forced_role(model, interface);
    if (forced != ROLE_UNKNOWN)
        return forced;
    if (interface->link_type == LINK_LOOPBACK)
        return ROLE_LOOPBACK;
    enum nature nature = nature_of(interface);
    bool web = carries_web(model, interface);
    /* What goes by it is seen again at its port, and judged there. */
    if (is_vrf(interface) && !web)
        return ROLE_INNER;
    if (hides(model, interface, 0)) {
        if (web)
            return ROLE_TUNNEL;
        return is_tap(interface) && interface->address_count == 0 ? ROLE_INNER : ROLE_OVERLAY;
    }
    if (nature == NATURE_DUMMY)
        return ROLE_UNKNOWN;
    if (web || interface->gateway_route || is_real(nature))
        return ROLE_UPLINK;
    return nature == NATURE_OTHER && interface->master == 0 ? ROLE_UNKNOWN : ROLE_INNER;
}

/* A bridge of which a port leads to the real network does so itself, with or without a gateway; a
 * container's or virtual machine's port of the same bridge stays inner. */
static void settle_bridges(struct model *model)
{
    for (size_t i = 0; i < model->interface_count; i++) {
        const struct interface *port = &model->interfaces[i];
        struct interface *master = port->present && port->role == ROLE_UPLINK
                                       ? interfaces_find(model, port->master)
                                       : NULL;
        if (master && master->present && master->role == ROLE_INNER && !is_vrf(master) &&
            forced_role(model, master) == ROLE_UNKNOWN)
            master->role = ROLE_UPLINK;
    }
}

/* In a container whose VPN took the default route away, the cable out of it has no gateway any
 * more. Where nothing else leads out and something hides, it is what carries the tunnel. */
static void settle_plugs(struct model *model)
{
    bool hidden = false;
    for (size_t i = 0; i < model->interface_count; i++) {
        const struct interface *interface = &model->interfaces[i];
        if (interface->present && interface->role == ROLE_UPLINK)
            return;
        hidden |= interface->present &&
                  (interface->role == ROLE_TUNNEL || interface->role == ROLE_OVERLAY);
    }
    for (size_t i = 0; i < model->interface_count && hidden; i++) {
        struct interface *plug = &model->interfaces[i];
        if (plug->present && plug->role == ROLE_INNER && plug->master == 0 &&
            plug->address_count > 0 && nature_of(plug) == NATURE_PLUG &&
            forced_role(model, plug) == ROLE_UNKNOWN)
            plug->role = ROLE_UPLINK;
    }
}

void roles_settle(struct model *model)
{
    for (size_t i = 0; i < model->interface_count; i++)
        if (model->interfaces[i].present)
            model->interfaces[i].role = alone(model, &model->interfaces[i]);
    settle_bridges(model);
    settle_plugs(model);
}

bool model_covers(const struct model *model, const struct interface *interface)
{
    if (model->expectation.expectation == EXPECT_TOR)
        return forced_role(model, interface) == ROLE_TUNNEL;
    return interface->role == ROLE_TUNNEL || interface->role == ROLE_OVERLAY;
}
