/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_RESOLVED_PRIVATE_H
#define LEAKTOP_SOURCES_RESOLVED_PRIVATE_H

/* For src/sources/resolved*.c alone. */

#include <systemd/sd-bus.h>

#include "sources/resolved.h"

struct resolved_server {
    struct address address;
    uint16_t port; /* 0: the default */
    uint32_t link; /* 0: global */
    bool fallback;
};

struct resolved_link {
    uint32_t index;
    bool default_route; /* true where it does not say: versions before 240 asked all */
    bool takes_all;     /* it has the routing domain "~." */
    char domains[120];  /* escaped, "~" before those that only route; "" none */
    char tls[16], dnssec[16], llmnr[16], mdns[16];
};

/* What one round of answers told. */
struct resolved_state {
    struct resolved_server servers[RESOLVED_SERVERS];
    size_t server_count;
    struct resolved_link links[RESOLVED_LINKS];
    size_t link_count;
    struct resolved_link global; /* index 0 */
    char stub[16], mode[16];
};

/* resolved_parse.c: a{sv} of the manager or of a link into *state; what is of another type or
 * unknown is passed over. link: 0 for the manager. False where the message cannot be read. */
bool resolved_parse(sd_bus_message *message, uint32_t link, struct resolved_state *state);
/* The link's entry, made where there is none; NULL: no room. */
struct resolved_link *resolved_link(struct resolved_state *state, uint32_t index);
/* By the rules of resolved: who is asked for any name. */
enum resolver_use resolved_use(
    const struct resolved_state *state, const struct resolved_server *server);

#endif
