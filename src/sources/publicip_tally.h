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
    const struct publicip_service *service;
    bool done;
    uint64_t asked_ns, done_ns;
    char reason[sizeof(((struct said *)NULL)->reason)]; /* why it failed, escaped; "" */
    char via[48];                                       /* who passed the answer on, escaped; "" */
    struct publicip_said said;                          /* FAMILY_NONE once done: it failed */
    uint32_t interface; /* by which the connection went, 0 not known */
};

/* How many more services must be asked now, that enough speak and agree; 0 where what is there, or
 * under way, may be enough. */
size_t publicip_tally_wanted(const struct publicip_vote *votes, size_t count);

/* Fill address, other, interface, agree, asked, asn, org and country of *out. On a tie the first
 * said counts. Votes that are not done count as asked and said nothing. */
void publicip_tally(const struct publicip_vote *votes, size_t count, struct public_address *out);

/* One row for each that was asked, the newest first, into said of *out. */
void publicip_tally_said(
    const struct publicip_vote *votes, size_t count, struct public_address *out);
/* The last that failed and why into error of *out; unchanged where none did. */
void publicip_tally_error(
    const struct publicip_vote *votes, size_t count, struct public_address *out);
/* What of a proxy is seen, into proxy of *out. Behind TLS one shows itself only where it decrypts:
 * then it stands in every answer, and what stands in some is the service's own. variable: the
 * environment variable that names one, or NULL. */
void publicip_tally_proxy(const struct publicip_vote *votes, size_t count, const char *variable,
    struct public_address *out);

#endif
