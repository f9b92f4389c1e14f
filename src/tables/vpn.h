/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_TABLES_VPN_H
#define LEAKTOP_TABLES_VPN_H

#include <stdbool.h>

#include "base/address.h"

/* VPN clients by the name of their process (comm, at most 15 octets). NULL: none known by it.
 * A hint, never a verdict by itself: comm can be forged. */
const char *vpn_by_process(const char *comm);
/* VPN clients by the name of their interface; NULL: none known by it. A hint as well. */
const char *vpn_by_interface(const char *name);
/* In-tunnel resolvers whose addresses are known: the provider, or NULL. */
const char *vpn_by_resolver(const struct address *address);
/* True where a mesh VPN's client answers at that address on this machine itself: a look-up sent
 * there has not left yet, whatever interface the route to it names. */
bool vpn_mesh_resolver(const struct address *address);
/* True for a mesh VPN's client, which also forwards the look-ups of others: what it asks for its
 * own provider's names and of STUN servers is its own, all else may be the person's. */
bool vpn_mesh_process(const char *comm);
/* True for a Tor client. */
bool vpn_is_tor(const char *comm);

#endif
