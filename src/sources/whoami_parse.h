/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_WHOAMI_PARSE_H
#define LEAKTOP_SOURCES_WHOAMI_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "sources/claim.h"
#include "tables/whoami.h"

/* The answer to a whoami name -> the address of the resolver that asked. Pure. */

enum whoami_outcome {
    WHOAMI_SAID,      /* an address */
    WHOAMI_SILENT,    /* a good answer without what the row promises */
    WHOAMI_INVENTED,  /* an address that no authority can have seen: somebody on the way answered */
    WHOAMI_MALFORMED, /* no DNS response, or one that does not hold what it claims */
    WHOAMI_OUTCOMES
};

struct whoami_said {
    struct address egress; /* FAMILY_NONE unless WHOAMI_SAID */
    struct claim_network network;
};

/* answer: the whole DNS message. Fills *said always. */
enum whoami_outcome whoami_parse(
    const struct whoami *row, const uint8_t *answer, size_t length, struct whoami_said *said);

/* For people; "" for WHOAMI_SAID. */
const char *whoami_outcome_word(enum whoami_outcome outcome);

#endif
