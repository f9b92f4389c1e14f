/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_NETWORKS_CACHE_H
#define LEAKTOP_SOURCES_NETWORKS_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/outside.h"
#include "sources/networks_cymru.h"

struct statefolder;

/* What was asked about networks, by prefix, in memory and on disk: so that nobody is asked twice.
 * It holds prefixes, AS numbers and names of operators, and no name that was looked up. */

#define NETWORKS_CACHED 256
#define NETWORKS_CACHE_S (7 * 86400) /* an answer is believed for so long, */
#define NETWORKS_SILENT_S 3600       /* and that there is none */

struct networks_cache {
    struct networks_row {
        struct networks_prefix prefix;
        int64_t asn; /* -1: nobody told */
        char country[3];
        char org[64];
        int64_t asked_s; /* since 1970; 0: free */
    } rows[NETWORKS_CACHED];
    bool changed; /* since it was read or written */
};

/* What is on disk. A file that cannot be relied on is an empty one; why says so, else "". */
void networks_cache_read(struct networks_cache *cache, const struct statefolder *state,
    int64_t now_s, char *why, size_t why_size);
/* 0, or -errno. Rows that nobody told are not written. */
int networks_cache_write(struct networks_cache *cache, const struct statefolder *state);
/* The row of the longest prefix that covers the address and is believed still; NULL none. */
const struct networks_row *networks_cache_find(
    const struct networks_cache *cache, const struct address *address, int64_t now_s);
/* The name of an AS that some row has; "" none. */
const char *networks_cache_org(const struct networks_cache *cache, int64_t asn);
/* Takes the place of the row with the same prefix, else of the oldest. */
void networks_cache_put(struct networks_cache *cache, const struct networks_row *row);

#endif
