/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_TESTS_REFERENCE_H
#define LEAKTOP_TESTS_REFERENCE_H

#include <string.h>

#include "topology.h"

/* A judge written from the words of doc/design.md (sections 2 and 5) alone, as plainly as it can
 * be: no table of kinds, no incremental state, everything computed anew from the present picture.
 * It asks of each link whether somebody on the network next to this machine could read what is put
 * into it, and builds on that. */

struct picture {
    const struct machine *machine;
    struct link links[LINKS_MOST]; /* as they are now; present: there now */
    bool readable[LINKS_MOST];     /* by the network next to this machine */
    bool known[LINKS_MOST];        /* was ever there */
    enum role role[LINKS_MOST];    /* of one that vanished: the last it had */
    enum way way[2];
    int by[2];
    bool mixed[2];
    unsigned ipsec[2]; /* 0 not known, 1 none, 2 a part, 3 all */
    enum expectation expectation;
    bool automatic;
    unsigned evidence; /* look-ups hidden since the network last changed */
    unsigned leaks;
    unsigned by_exposure[EXPOSURE_COUNT]; /* STUN left out */
};

static bool there(const struct picture *now, int link)
{
    return link != NOWHERE && now->links[link].on && now->links[link].present;
}

static bool is_web(const struct picture *now, int link)
{
    return (now->way[0] == WAY_BY && now->by[0] == link) ||
           (now->way[1] == WAY_BY && now->by[1] == link);
}

static bool is_port_of(const struct picture *now, int port, enum sort sort)
{
    int master = now->links[port].port_of;
    return there(now, master) && now->links[master].sort == sort;
}

/* Something that is no tunnel and could carry one. */
static bool other_way_out(const struct picture *now, int but)
{
    for (int i = 0; i < LINKS_MOST; i++) {
        const struct link *link = &now->links[i];
        if (i == but || !there(now, i) || link->upon == but)
            continue;
        switch (link->sort) {
        case HARDWARE:
        case BARE_MODEM:
        case MODEM:
        case PPP:
        case VLAN:
        case MACVLAN:
            return true;
        case WIREGUARD:
        case OVPN:
        case XFRM:
        case TUN:
        case TAP:
            break;
        case VETH:
            if (link->port_of == NOWHERE || !now->links[link->port_of].on)
                return true;
            if (link->gateway)
                return true;
            break;
        default:
            if (link->gateway)
                return true;
        }
    }
    return false;
}

static bool server_behind_another(const struct picture *now, int ppp)
{
    for (int i = 0; i < LINKS_MOST; i++)
        if (i != ppp && there(now, i) && now->links[i].gateway && now->links[i].host &&
            now->links[i].sort != PPP)
            return true;
    return false;
}

/* Could be read, as far as is known of the links below and beside it. */
static bool could_be_read(const struct picture *now, int at)
{
    const struct link *link = &now->links[at];
    if (link->word != NO_WORD)
        return link->word == SAID_UPLINK;
    switch (link->sort) {
    case WIREGUARD:
    case OVPN:
    case XFRM:
    case TUN:
        return false;
    case TAP:
        if (link->port_of != NOWHERE && now->links[link->port_of].on)
            return !is_port_of(now, at, BOND);
        return is_web(now, at) && !other_way_out(now, at);
    case PPP:
        return !server_behind_another(now, at);
    case VLAN:
    case MACVLAN:
    case SIT:
    case GRE:
    case VXLAN:
        return !there(now, link->upon) || now->readable[link->upon];
    case BOND:
    case VRF: {
        bool any = false;
        for (int i = 0; i < LINKS_MOST; i++) {
            if (!there(now, i) || now->links[i].port_of != at)
                continue;
            if (now->readable[i])
                return true;
            any = true;
        }
        return !any;
    }
    default:
        return true;
    }
}

/* Everything can be read until something proves the contrary; what stands on itself never does. */
static void find_readable(struct picture *now)
{
    for (int i = 0; i < LINKS_MOST; i++)
        now->readable[i] = true;
    for (int round = 0; round <= LINKS_MOST; round++)
        for (int i = 0; i < LINKS_MOST; i++)
            if (there(now, i))
                now->readable[i] = could_be_read(now, i);
}

static enum role role_at_first(const struct picture *now, int at)
{
    const struct link *link = &now->links[at];
    bool port = link->port_of != NOWHERE && now->links[link->port_of].on;
    if (link->word != NO_WORD)
        return link->word == SAID_TUNNEL ? ROLE_TUNNEL : ROLE_UPLINK;
    if (link->sort == VRF && !is_web(now, at))
        return ROLE_INNER;
    if (!now->readable[at]) {
        if (is_web(now, at))
            return ROLE_TUNNEL;
        return link->sort == TAP && !link->numbered ? ROLE_INNER : ROLE_OVERLAY;
    }
    if (link->sort == DUMMY)
        return ROLE_UNKNOWN;
    if (is_web(now, at) || link->gateway)
        return ROLE_UPLINK;
    switch (link->sort) {
    case BRIDGE:
    case VETH:
    case TAP:
    case IFB:
        return ROLE_INNER;
    case ODD:
        return port ? ROLE_INNER : ROLE_UNKNOWN;
    default:
        return ROLE_UPLINK;
    }
}

static void find_roles(struct picture *now)
{
    bool uplink = false, hidden = false;
    find_readable(now);
    for (int i = 0; i < LINKS_MOST; i++) {
        now->known[i] |= there(now, i);
        if (there(now, i))
            now->role[i] = role_at_first(now, i);
    }
    for (int i = 0; i < LINKS_MOST; i++)
        if (there(now, i) && now->role[i] == ROLE_UPLINK && there(now, now->links[i].port_of) &&
            now->links[now->links[i].port_of].sort == BRIDGE &&
            now->links[now->links[i].port_of].word == NO_WORD)
            now->role[now->links[i].port_of] = ROLE_UPLINK;
    for (int i = 0; i < LINKS_MOST; i++) {
        uplink |= there(now, i) && now->role[i] == ROLE_UPLINK;
        hidden |= there(now, i) && (now->role[i] == ROLE_TUNNEL || now->role[i] == ROLE_OVERLAY);
    }
    for (int i = 0; i < LINKS_MOST && hidden && !uplink; i++) {
        const struct link *link = &now->links[i];
        bool port = link->port_of != NOWHERE && now->links[link->port_of].on;
        if (there(now, i) && link->sort == VETH && !port && link->numbered &&
            link->word == NO_WORD && now->role[i] == ROLE_INNER)
            now->role[i] = ROLE_UPLINK;
    }
}

static bool in_tunnel(const struct picture *now, int family)
{
    if (now->way[family] != WAY_BY)
        return false;
    return now->ipsec[family] == 3 ||
           (there(now, now->by[family]) && now->role[now->by[family]] == ROLE_TUNNEL);
}

static bool tunnel_is_up(const struct picture *now)
{
    return in_tunnel(now, 0) || in_tunnel(now, 1);
}

/* ---- what happens ---- */

static void apply_change(struct picture *now, const struct change *change)
{
    struct link *link = &now->links[change->link];
    int family = change->kind == ROUTE6 || change->kind == IPSEC6;
    switch (change->kind) {
    case ROUTE4:
    case ROUTE6:
        now->way[family] = change->way;
        now->by[family] = change->way == WAY_BY ? change->link : NOWHERE;
        now->mixed[family] = change->mixed && change->way == WAY_BY;
        break;
    case IPSEC4:
    case IPSEC6:
        now->ipsec[family] = change->value;
        break;
    case APPEARS: /* anew: nothing is remembered of the one before */
        if (!link->present)
            *link = now->machine->links[change->link];
        link->present = true;
        now->known[change->link] = true;
        break;
    case VANISHES:
        link->present = false;
        break;
    case GETS_GATEWAY:
        link->gateway = true;
        break;
    case GETS_HOST_ROUTE:
        link->gateway = link->host = true;
        break;
    case GETS_ADDRESS:
        link->numbered = true;
        break;
    case MOVES:
        link->port_of = change->other;
        break;
    case EXPECTS:
        now->automatic = change->value == 3;
        now->expectation = change->value == 3 ? EXPECT_NONE : (enum expectation)change->value;
        break;
    case LOSES_GATEWAY:
    case CHANGES:
        break;
    }
}

static void look_again(struct picture *now, bool network_changed)
{
    find_roles(now);
    if (now->automatic && now->expectation == EXPECT_NONE && tunnel_is_up(now))
        now->expectation = EXPECT_VPN;
    if (network_changed)
        now->evidence = 0;
}

/* ---- what becomes of a look-up ---- */

static enum exposure exposure_on(const struct picture *now, const struct flow *flow, int link)
{
    enum role role = now->links[link].on ? now->role[link] : ROLE_UNKNOWN;
    bool neighbours = flow->transport == TRANSPORT_MDNS || flow->transport == TRANSPORT_LLMNR ||
                      flow->transport == TRANSPORT_NBNS;
    bool stun = flow->kind == ASKS_STUN;
    bool swallowed = now->known[link] && now->links[link].sort == DUMMY && role == ROLE_UNKNOWN;
    if (flow->here || role == ROLE_INNER || swallowed)
        return EXPOSURE_INTERNAL;
    /* With Tor, no tunnel counts but the one that is said to lead there. */
    bool counts = now->expectation != EXPECT_TOR || now->links[link].word == SAID_TUNNEL;
    if ((role == ROLE_TUNNEL || role == ROLE_OVERLAY) && counts)
        return EXPOSURE_TUNNELLED;
    if (neighbours && !stun)
        return EXPOSURE_LAN;
    if (now->expectation == EXPECT_NONE)
        return EXPOSURE_OPEN;
    if (flow->client && !tunnel_is_up(now))
        return EXPOSURE_BOOTSTRAP;
    return stun || flow->transport == TRANSPORT_UDP || flow->transport == TRANSPORT_TCP
               ? EXPOSURE_EXPOSED
               : EXPOSURE_BYPASS;
}

static int how_bad(enum exposure exposure)
{
    static const enum exposure order[] = {EXPOSURE_INTERNAL, EXPOSURE_TUNNELLED, EXPOSURE_BOOTSTRAP,
        EXPOSURE_LAN, EXPOSURE_OPEN, EXPOSURE_BYPASS};
    for (int i = 0; i < 6; i++)
        if (order[i] == exposure)
            return i;
    return 5; /* as bad as the last */
}

/* EXPOSURE_UNKNOWN: it is no look-up of this machine. */
static enum exposure judge_flow(struct picture *now, const struct flow *flow)
{
    enum exposure exposure;
    if (flow->kind == COMES_IN)
        return EXPOSURE_UNKNOWN;
    if (flow->kind == UNASKED_ANSWER) {
        bool plain = flow->transport == TRANSPORT_UDP || flow->transport == TRANSPORT_TCP;
        if (!there(now, flow->link) || now->role[flow->link] != ROLE_UPLINK || !plain ||
            flow->directionless || flow->forwarded || flow->here || now->ipsec[flow->six] < 2)
            return EXPOSURE_UNKNOWN;
        exposure = now->expectation == EXPECT_TOR ? EXPOSURE_EXPOSED : EXPOSURE_TUNNELLED;
    } else {
        exposure = exposure_on(now, flow, flow->link);
        if (flow->copy != NOWHERE &&
            how_bad(exposure_on(now, flow, flow->copy)) > how_bad(exposure))
            exposure = exposure_on(now, flow, flow->copy);
    }
    now->leaks += exposure == EXPOSURE_EXPOSED || exposure == EXPOSURE_BYPASS;
    if (flow->kind != ASKS_STUN) {
        now->by_exposure[exposure]++;
        now->evidence += exposure == EXPOSURE_TUNNELLED;
    }
    return exposure;
}

static void start_picture(struct picture *now, const struct machine *machine)
{
    memset(now, 0, sizeof(*now));
    now->machine = machine;
    memcpy(now->links, machine->links, sizeof(now->links));
    now->by[0] = now->by[1] = NOWHERE;
    now->automatic = true;
    now->expectation = EXPECT_NONE;
}

#endif
