/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_LINKS_H
#define LEAKTOP_SOURCES_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

struct model;

/* Interfaces, addresses and routes by rtnetlink(7), posted into the model. The web route is asked
 * of the kernel's own decision (RTM_GETROUTE for several public addresses), never read from a
 * table: policy rules, marks and 0/1 + 128/1 come out right because the kernel is asked. */

struct links;

/* Open, subscribe, dump everything into the model, ask the web routes. 0, or -errno. */
int links_open(struct links **out, struct model *model, uint64_t now);
void links_close(struct links *links);
/* Becomes readable when something changed. */
int links_fd(const struct links *links);
/* Read all that is pending without blocking and post it. True where anything was heard: then routes
 * must be asked again (links_ask_routes), at once or after a short while. Dumps anew by itself
 * after ENOBUFS or an interrupted dump. */
bool links_read(struct links *links, uint64_t now);
/* Ask both families' web routes and post them. */
void links_ask_routes(struct links *links, uint64_t now);

/* The kernel's way of a look-up to one resolver, as a program of this user would go (a number, or
 * LINKS_OWN_USER of sources/links_routes.h). 0: *interface (0: none) and *blocked are set; -errno:
 * could not ask. */
int links_route_to(struct links *links, const struct address *to, uint32_t user,
    uint32_t *interface, bool *blocked);

/* What a packet for this address would look like as it leaves, by the kernel's decision: the
 * address that it would have as its source, and its interface. False where it would not leave. */
bool links_source_to(struct links *links, const struct address *to, uint8_t protocol, uint16_t port,
    struct address *source, uint32_t *interface);

/* Decode one rtnetlink message (length octets at data) into the model as if it had been received:
 * the piece that recorded messages test. False where it is malformed. */
bool links_feed(struct links *links, const void *data, size_t length, uint64_t now);
/* For such tests: a links without sockets. */
struct links *links_new_offline(struct model *model);

#endif
