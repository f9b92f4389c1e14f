/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_TESTS_TOPOLOGY_H
#define LEAKTOP_TESTS_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/words.h"

/* A machine that changes a few times, what leaves it meanwhile, and a generator of such machines,
 * the plain and the absurd ones. Parts can be switched off one by one: so a machine on which two
 * judges differ is made as small as it can be. */

#define LINKS_MOST 8
#define PHASES_MOST 4
#define CHANGES_MOST 4
#define FLOWS_MOST 6
#define NOWHERE (-1)

enum sort {
    HARDWARE,
    BARE_MODEM, /* no kind, and the hardware type of a tunnel */
    MODEM,
    WIREGUARD,
    OVPN,
    XFRM,
    TUN,
    TAP,
    PPP,
    VLAN,
    MACVLAN,
    SIT,
    GRE,
    VXLAN,
    BOND,
    VRF,
    BRIDGE,
    VETH,
    IFB,
    DUMMY,
    ODD, /* of a kind that nobody has heard of */
    SORTS
};

static const struct {
    const char *kind;
    uint16_t hardware; /* ARPHRD_* */
    unsigned often;    /* weight when one is chosen */
} sorts[SORTS] = {
    [HARDWARE] = {"", 1, 12},
    [BARE_MODEM] = {"", 65534, 1},
    [MODEM] = {"wwan", 519, 1},
    [WIREGUARD] = {"wireguard", 65534, 8},
    [OVPN] = {"ovpn", 65534, 1},
    [XFRM] = {"xfrm", 65534, 1},
    [TUN] = {"tun", 65534, 6},
    [TAP] = {"tun", 1, 4},
    [PPP] = {"ppp", 512, 4},
    [VLAN] = {"vlan", 1, 3},
    [MACVLAN] = {"macvlan", 1, 2},
    [SIT] = {"sit", 776, 2},
    [GRE] = {"gre", 778, 2},
    [VXLAN] = {"vxlan", 1, 2},
    [BOND] = {"bond", 1, 2},
    [VRF] = {"vrf", 1, 2},
    [BRIDGE] = {"bridge", 1, 5},
    [VETH] = {"veth", 1, 5},
    [IFB] = {"ifb", 1, 1},
    [DUMMY] = {"dummy", 1, 2},
    [ODD] = {"of-tomorrow", 1, 1},
};

enum word { NO_WORD, SAID_TUNNEL, SAID_UPLINK };

struct link {
    bool on;      /* part of the machine */
    bool present; /* from the start */
    enum sort sort;
    int port_of, upon; /* other links, or NOWHERE */
    bool gateway, host, numbered;
    enum word word; /* -t, -u */
};

enum way { WAY_UNKNOWN, WAY_NONE, WAY_BLOCKED, WAY_BY };

enum change_kind {
    ROUTE4,
    ROUTE6,
    IPSEC4,
    IPSEC6,
    APPEARS,
    VANISHES,
    GETS_GATEWAY,
    GETS_HOST_ROUTE,
    GETS_ADDRESS,
    LOSES_GATEWAY, /* the route goes; that it was there is remembered */
    MOVES,         /* becomes a port of another link */
    EXPECTS,       /* the person's word */
    CHANGES
};

struct change {
    bool on;
    enum change_kind kind;
    int link;  /* which */
    int other; /* MOVES: to which, or NOWHERE */
    enum way way;
    bool mixed;
    unsigned value; /* IPsec cover; EXPECTS: 0 none, 1 vpn, 2 tor, 3 auto */
};

enum flow_kind { ASKS, ASKS_STUN, UNASKED_ANSWER, COMES_IN };

struct flow {
    bool on;
    enum flow_kind kind;
    enum transport transport;
    int link;
    int copy;  /* the packet shows on this link too, or NOWHERE */
    bool six;  /* IPv6 */
    bool here; /* the resolver's address is a loopback one */
    bool directionless, answered, client, forwarded;
};

struct machine {
    unsigned seed;
    struct link links[LINKS_MOST];
    size_t phases;
    struct change changes[PHASES_MOST][CHANGES_MOST];
    struct flow flows[PHASES_MOST][FLOWS_MOST];
};

/* ---- making them ---- */

static uint64_t dice_state;

static unsigned dice(unsigned sides)
{
    dice_state += 0x9e3779b97f4a7c15ULL; /* splitmix64 */
    uint64_t z = dice_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (unsigned)((z ^ (z >> 31)) % sides);
}

static bool one_in(unsigned n)
{
    return dice(n) == 0;
}

static enum sort any_sort(void)
{
    unsigned sum = 0;
    for (size_t i = 0; i < SORTS; i++)
        sum += sorts[i].often;
    unsigned left = dice(sum);
    size_t sort = 0;
    while (left >= sorts[sort].often)
        left -= sorts[sort++].often;
    return (enum sort)sort;
}

static bool has_ports(enum sort sort)
{
    return sort == BRIDGE || sort == BOND || sort == VRF;
}

/* A bridge is no port of a bridge; the rest may be as odd as it likes. */
static int any_master(const struct machine *machine, int link)
{
    int other = (int)dice(LINKS_MOST);
    enum sort port = machine->links[link].sort;
    if (other == link || !machine->links[other].on || !has_ports(machine->links[other].sort) ||
        port == BRIDGE || port == VRF)
        return NOWHERE;
    return other;
}

static void make_links(struct machine *machine)
{
    size_t count = 1 + dice(LINKS_MOST);
    for (size_t i = 0; i < count; i++)
        machine->links[i] = (struct link){.on = true,
            .present = !one_in(6),
            .sort = any_sort(),
            .port_of = NOWHERE,
            .upon = NOWHERE,
            .gateway = one_in(4),
            .numbered = one_in(2)};
    for (size_t i = 0; i < count; i++) {
        struct link *link = &machine->links[i];
        link->host = link->gateway && one_in(3);
        if (one_in(2))
            link->port_of = any_master(machine, (int)i);
        if (!one_in(4) && dice((unsigned)count) != i)
            link->upon = (int)dice((unsigned)count);
        if (link->upon == (int)i)
            link->upon = NOWHERE;
        if (one_in(25))
            link->word = one_in(2) ? SAID_TUNNEL : SAID_UPLINK;
    }
}

static int any_link(const struct machine *machine)
{
    int link = (int)dice(LINKS_MOST);
    while (!machine->links[link].on)
        link = (link + 1) % LINKS_MOST;
    return link;
}

/* Tunnels and gateways more often than others. */
static int likely_way_out(const struct machine *machine)
{
    int link = any_link(machine);
    for (int tries = 0; tries < 3; tries++) {
        const struct link *chosen = &machine->links[link];
        if (chosen->gateway || chosen->sort == WIREGUARD || chosen->sort == TUN)
            break;
        link = any_link(machine);
    }
    return link;
}

static struct change any_change(const struct machine *machine, bool first)
{
    struct change change = {.on = true, .kind = (enum change_kind)dice(CHANGES), .other = NOWHERE};
    if (first)
        change.kind = one_in(2) ? ROUTE4 : ROUTE6;
    change.link = change.kind == ROUTE4 || change.kind == ROUTE6 ? likely_way_out(machine)
                                                                 : any_link(machine);
    change.way = one_in(4) ? (enum way)dice(4) : WAY_BY;
    change.mixed = one_in(8);
    change.value = dice(4);
    if (change.kind == MOVES)
        change.other = any_master(machine, change.link);
    /* The kernel's answer "into a dummy" counts as blocked before it comes here. */
    if (change.way == WAY_BY && machine->links[change.link].sort == DUMMY)
        change.way = WAY_BLOCKED;
    return change;
}

static struct flow any_flow(const struct machine *machine)
{
    static const enum transport transports[] = {TRANSPORT_UDP, TRANSPORT_UDP, TRANSPORT_TCP,
        TRANSPORT_DOT, TRANSPORT_DOQ, TRANSPORT_DOH, TRANSPORT_DOH3, TRANSPORT_DNSCRYPT,
        TRANSPORT_MDNS, TRANSPORT_LLMNR, TRANSPORT_NBNS};
    struct flow flow = {.on = true,
        .kind = one_in(3) ? (enum flow_kind)dice(4) : ASKS,
        .transport = transports[dice(sizeof(transports) / sizeof(transports[0]))],
        .link = one_in(2) ? likely_way_out(machine) : any_link(machine),
        .copy = NOWHERE,
        .six = one_in(3),
        .here = one_in(15),
        .directionless = one_in(10),
        .answered = one_in(2),
        .client = one_in(10),
        .forwarded = one_in(6)};
    if (flow.kind == ASKS && one_in(5))
        flow.copy = any_link(machine);
    if (flow.copy == flow.link)
        flow.copy = NOWHERE;
    return flow;
}

static struct machine make_machine(unsigned seed)
{
    struct machine machine = {.seed = seed};
    dice_state = seed;
    make_links(&machine);
    machine.phases = 1 + dice(PHASES_MOST);
    for (size_t p = 0; p < machine.phases; p++) {
        size_t changes = 1 + dice(CHANGES_MOST), flows = dice(FLOWS_MOST + 1);
        for (size_t i = 0; i < changes; i++)
            machine.changes[p][i] = any_change(&machine, p == 0);
        for (size_t i = 0; i < flows; i++)
            machine.flows[p][i] = any_flow(&machine);
    }
    return machine;
}

/* ---- showing one ---- */

static void print_links(const struct machine *machine)
{
    static const char *const words[] = {"", ", -t", ", -u"};
    for (int i = 0; i < LINKS_MOST; i++) {
        const struct link *link = &machine->links[i];
        if (!link->on)
            continue;
        printf("  link %d: %s/%u%s%s%s%s%s", i,
            sorts[link->sort].kind[0] ? sorts[link->sort].kind : "hardware",
            (unsigned)sorts[link->sort].hardware, link->present ? "" : ", not yet there",
            link->gateway ? ", gateway" : "", link->host ? ", host route" : "",
            link->numbered ? ", address" : "", words[link->word]);
        if (link->port_of != NOWHERE)
            printf(", port of %d", link->port_of);
        if (link->upon != NOWHERE)
            printf(", upon %d", link->upon);
        printf("\n");
    }
}

static void print_machine(const struct machine *machine)
{
    static const char *const changes[CHANGES] = {"route of IPv4", "route of IPv6", "IPsec of IPv4",
        "IPsec of IPv6", "appears", "vanishes", "gets a gateway", "gets a host route",
        "gets an address", "loses its gateway", "moves to", "expects"};
    static const char *const ways[] = {"not known", "none", "blocked", "by"};
    static const char *const flows[] = {"look-up", "STUN", "answer without question", "incoming"};
    printf("machine %u:\n", machine->seed);
    print_links(machine);
    for (size_t p = 0; p < machine->phases; p++) {
        for (size_t i = 0; i < CHANGES_MOST; i++) {
            const struct change *change = &machine->changes[p][i];
            if (change->on)
                printf("  phase %zu: %s, link %d, other %d, way %s%s, value %u\n", p,
                    changes[change->kind], change->link, change->other, ways[change->way],
                    change->mixed ? " mixed" : "", change->value);
        }
        for (size_t i = 0; i < FLOWS_MOST; i++) {
            const struct flow *flow = &machine->flows[p][i];
            if (flow->on)
                printf("  phase %zu: flow %zu: %s over %s, link %d, copy %d%s%s%s%s%s%s\n", p, i,
                    flows[flow->kind], transport_word(flow->transport), flow->link, flow->copy,
                    flow->six ? ", IPv6" : "", flow->here ? ", to loopback" : "",
                    flow->directionless ? ", no direction" : "", flow->answered ? ", answered" : "",
                    flow->client ? ", VPN client" : "", flow->forwarded ? ", forwarded" : "");
        }
    }
}

#endif
