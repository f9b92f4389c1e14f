/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_WHOAMI_PARSE_H
#define LEAKTOP_SOURCES_WHOAMI_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "model/outside.h"
#include "sources/claim.h"
#include "tables/whoami.h"

/* The answer to a whoami name -> what it tells of the resolver that asked. Pure. */

enum whoami_outcome {
    WHOAMI_SAID,      /* what the row promises */
    WHOAMI_SILENT,    /* a good answer without what the row promises */
    WHOAMI_INVENTED,  /* an address that no authority can have seen, or an answer where there is
                         none: somebody on the way answered */
    WHOAMI_REFUSED,   /* the resolver or the service gave up: SERVFAIL, REFUSED, ... */
    WHOAMI_MALFORMED, /* no DNS response, or one that does not hold what it claims */
    WHOAMI_OUTCOMES
};

struct whoami_said {
    struct address egress; /* FAMILY_NONE unless WHOAMI_SAID of a WHOAMI_EGRESS row */
    struct claim_network network;
    char subnet[CLAIM_SUBNET]; /* the part of our address that was given away; "" none */
    char site[48];             /* WHOAMI_SITE, WHOAMI_THROUGH: its name, escaped; "" */
    enum ternary validates;    /* WHOAMI_VALIDATES */
    enum ternary through;      /* WHOAMI_THROUGH */
    /* Where an authority of the person's own says so */
    enum ternary minimises, mixes_case;
    uint16_t rcode; /* valid unless WHOAMI_MALFORMED */
};

/* answer: the whole DNS message. Fills *said always. */
enum whoami_outcome whoami_parse(
    const struct whoami *row, const uint8_t *answer, size_t length, struct whoami_said *said);

/* For people; "" for WHOAMI_SAID. */
const char *whoami_outcome_word(enum whoami_outcome outcome);

#endif
