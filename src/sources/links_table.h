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

struct links_entry {
    struct interface interface;
    uint8_t scopes[INTERFACE_ADDRESSES]; /* RT_SCOPE_* of its addresses */
    bool crowded; /* it has addresses that had no place: when one goes, all must be read anew */
};

struct links_table {
    struct links_entry *entries; /* by index, ascending */
    size_t count, room;
    bool incomplete; /* a crowded entry lost an address, or there was no memory for an entry */
};

void links_table_free(struct links_table *table); /* leaves an empty one */
const struct interface *links_table_find(const struct links_table *table, uint32_t index);

/* Put into the table what a message tells, and post what changed there to model (NULL: nowhere).
 * True where it changed the table, or may have changed the kernel's decisions (routes, rules). */
bool links_table_apply(struct links_table *table, const struct links_message *message,
    struct model *model, uint64_t now);
/* A route to a gateway leaves by this interface. */
void links_table_gateway(
    struct links_table *table, uint32_t index, struct model *model, uint64_t now);

/* fresh takes the place of table: post every interface, and those that are gone. */
void links_table_replace(
    struct links_table *table, struct links_table *fresh, struct model *model, uint64_t now);

#endif
