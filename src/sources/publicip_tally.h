/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_PUBLICIP_TALLY_H
#define LEAKTOP_SOURCES_PUBLICIP_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"
#include "sources/publicip_parse.h"

/* Whom to believe: services vote, and one alone is never believed. Pure. */

#define PUBLICIP_VOTES_MAX 6    /* services asked in one go */
#define PUBLICIP_VOTES_WANTED 3 /* that many shall speak, */
#define PUBLICIP_VOTES_NEEDED 2 /* and so many say the same */

struct publicip_vote {
    bool done;
    struct publicip_said said; /* FAMILY_NONE once done: it failed */
    uint32_t interface;        /* by which the connection went, 0 not known */
};

/* How many more services must be asked now, that enough speak and agree; 0 where what is there, or
 * under way, may be enough. */
size_t publicip_tally_wanted(const struct publicip_vote *votes, size_t count);

/* Fill address, other, interface, agree, asked, asn, org and country of *out. On a tie the first
 * said counts. Votes that are not done count as asked and said nothing. */
void publicip_tally(const struct publicip_vote *votes, size_t count, struct public_address *out);

#endif
