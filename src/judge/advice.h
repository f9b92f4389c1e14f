/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_JUDGE_ADVICE_H
#define LEAKTOP_JUDGE_ADVICE_H

#include <stdbool.h>
#include <stddef.h>

/* For src/judge/ alone: what to do about a finding, as rows of a table. A line that begins with
 * ADVICE_COMMAND is a command for a root shell, complete: it holds this machine's names and
 * addresses and nothing to fill in. What a line names and nobody knows leaves that line out. */

#define ADVICE_COMMAND "# "

enum advice_problem {
    ADVISE_RESOLVER = 1 << 0,  /* a resolver that is set here is asked outside the tunnel */
    ADVISE_PROGRAM = 1 << 1,   /* a program asked one by itself, plainly */
    ADVISE_ENCRYPTED = 1 << 2, /* or encrypted */
    ADVISE_IPV6 = 1 << 3,      /* IPv6 leaves outside */
    ADVISE_DROP = 1 << 4,      /* nothing held while the tunnel was down */
    ADVISE_STUN = 1 << 5,
    ADVISE_LOCAL = 1 << 6, /* names are told to the neighbours */
    ADVISE_IPV4 = 1 << 7,  /* IPv4 leaves outside */
};

/* Who set that resolver, or would have to. */
enum advice_manager {
    MANAGED_BY_HAND = 1 << 0,
    MANAGED_RESOLVED = 1 << 1,
    MANAGED_RESOLVED_PAST = 1 << 2, /* systemd-resolved's list of servers, not its stub, is read */
    MANAGED_NETWORKMANAGER = 1 << 3,
    MANAGED_RESOLVCONF = 1 << 4, /* openresolv, or Debian's */
    MANAGED_DHCLIENT = 1 << 5,
    MANAGED_DNSMASQ = 1 << 6, /* a forwarder on this machine: its own servers */
    MANAGED_UNBOUND = 1 << 7,
    MANAGED_OTHER = 1 << 8, /* by {manager}, of which no more is known */
    MANAGED_ANY = (1 << 9) - 1,
};

/* What makes the tunnel, as far as that is known. */
enum advice_vpn {
    VPN_WIREGUARD = 1 << 0,
    VPN_OPENVPN = 1 << 1,
    VPN_IPSEC = 1 << 2, /* policies without an interface */
    VPN_MULLVAD = 1 << 3,
    VPN_NORD = 1 << 4,
    VPN_PROTON = 1 << 5,
    VPN_OTHER = 1 << 6,
    VPN_ANY = (1 << 7) - 1,
};

/* What stands between braces in a line; NULL not known. */
enum advice_value {
    VALUE_TUNNEL,   /* {tunnel}: the tunnel's interface */
    VALUE_UPLINK,   /* {uplink}: the interface by which it left */
    VALUE_RESOLVER, /* {resolver}: who was asked */
    VALUE_PUBLIC,   /* {public}: the same, where it is a public address */
    VALUE_LOCAL,    /* {local}: the same, where it is one of a local network */
    VALUE_GOOD,     /* {good}: a resolver that the tunnel carries */
    VALUE_GOOD4,    /* {good4}: the same, where it is an IPv4 address */
    VALUE_FILE,     /* {file}: that names the resolver */
    VALUE_MANAGER,
    VALUE_PROGRAM, /* {program}: that asked */
    VALUE_FAMILY,  /* {family}: "ip" or "ip6", of {resolver} */
    VALUE_SERVER,  /* {server}: the VPN's, as the tunnel's outer packets name it */
    VALUE_SERVER_FAMILY,
    VALUE_PORT, /* {port}: that was asked */
    VALUES
};

struct advice {
    enum advice_problem problem;
    enum advice_manager manager;
    enum advice_vpn vpn;
    const char *values[VALUES];
};

/* The line at that position among those that fit and can be filled in; false past the last, or
 * where it does not fit into size. */
bool advice_line(const struct advice *advice, size_t position, char *out, size_t size);

#endif
