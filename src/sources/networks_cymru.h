/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_NETWORKS_CYMRU_H
#define LEAKTOP_SOURCES_NETWORKS_CYMRU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/name.h"

/* The network of an address by Team Cymru's DNS: the names to ask, and what the answers say. Of an
 * address only as much is asked as routes are announced by: 24 bits of IPv4, 64 of IPv6. Pure. */

struct networks_prefix {
    struct address base; /* with the bits behind length zero */
    uint8_t length;
};

struct networks_origin {
    struct networks_prefix prefix;
    int64_t asn;
    char country[3]; /* of allocation; "" not told */
};

/* The names whose TXT records tell origin and AS. */
void networks_cymru_origin_name(const struct address *address, char out[static NAME_TEXT_MAX]);
void networks_cymru_as_name(int64_t asn, char out[static NAME_TEXT_MAX]);

/* Of several prefixes that cover the address the longest, of several origins the first. False where
 * the answer does not tell. */
bool networks_cymru_origin(const uint8_t *answer, size_t length, const struct address *address,
    struct networks_origin *out);
/* The name of the AS, escaped. False where the answer does not tell. */
bool networks_cymru_as(const uint8_t *answer, size_t length, int64_t asn, char *out, size_t size);

#endif
