/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_LINKS_TABLE_H
#define LEAKTOP_SOURCES_LINKS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"
#include "sources/links_decode.h"

/* The interfaces of this namespace put together from messages of links, addresses and routes, which
 * each tell a part. A second table is filled by a dump while the first one stands, so that the
 * model never sees one half read. */

#define LINKS_MAX 4096 /* interfaces beyond are not kept */
/* Addresses beyond INTERFACE_ADDRESSES of one interface, of all interfaces together. */
#define LINKS_MORE_MAX 16384

struct links_entry {
    struct interface interface;
    uint8_t scopes[INTERFACE_ADDRESSES]; /* RT_SCOPE_* of its addresses */
    struct address far_end;              /* of a tunnel that does not encrypt; FAMILY_NONE */
};

/* An address that had no place at its interface. */
struct links_more {
    uint32_t index;
    uint8_t scope;
    struct interface_address value;
};

struct links_table {
    struct links_entry *entries; /* by index, ascending */
    size_t count, room;
    struct links_more *more; /* by index, then address, ascending */
    size_t more_count, more_room;
    bool more_changed; /* since it was last posted */
    bool incomplete;   /* there was no memory for an entry: all must be read anew */
};

void links_table_free(struct links_table *table); /* leaves an empty one */
const struct interface *links_table_find(const struct links_table *table, uint32_t index);

/* Put into the table what a message tells, and post what changed there to model (NULL: nowhere).
 * True where it changed the table, or may have changed the kernel's decisions (routes, rules). */
bool links_table_apply(struct links_table *table, const struct links_message *message,
    struct model *model, uint64_t now);
/* A route to a gateway leaves by this interface; host: one for a single address. */
void links_table_gateway(
    struct links_table *table, uint32_t index, bool host, struct model *model, uint64_t now);
/* The outer packets of a tunnel that does not encrypt leave by `lower`; 0: not known. */
void links_table_lower(
    struct links_table *table, size_t position, uint32_t lower, struct model *model, uint64_t now);

/* Post the addresses that have no place at their interface, where they changed. */
void links_table_post_more(struct links_table *table, struct model *model, uint64_t now);

/* fresh takes the place of table: post every interface, and those that are gone. */
void links_table_replace(
    struct links_table *table, struct links_table *fresh, struct model *model, uint64_t now);

#endif
