/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_BASE_FACT_H
#define LEAKTOP_BASE_FACT_H

#include <stdint.h>

#include "base/address.h"
#include "base/words.h"

/* What one packet told: the only thing that the capture process hands to the others. Fixed size,
 * no pointers, so that it can lie in memory shared with a process that is not trusted. */

enum fact_kind {
    FACT_NONE,
    FACT_QUESTION, /* a DNS question (any transport of enum transport) */
    FACT_ANSWER,   /* the response to one: addresses and ports as in the packet, not swapped */
    FACT_CONNECT,  /* a TCP connection is begun: SYN without ACK */
    FACT_KIND_COUNT
};

/* Relative to this machine, as the kernel says (SLL/SLL2 packet type). */
enum direction {
    DIRECTION_UNKNOWN, /* a file whose link type does not tell */
    DIRECTION_OUT,     /* sent or forwarded out of this interface */
    DIRECTION_IN,
    DIRECTION_COUNT
};

enum fact_flag {
    FACT_TRUNCATED = 1,  /* TC bit */
    FACT_RECURSION = 2,  /* RD bit */
    FACT_FRAGMENTED = 4, /* the name came from a reassembled datagram */
    FACT_EDNS = 8,
};

/* Longest name in wire form (RFC 1035, 2.3.4), with the root label. */
#define NAME_WIRE_MAX 255
/* Longest presentation form: each octet as \DDD, plus NUL. */
#define NAME_TEXT_MAX (4 * NAME_WIRE_MAX + 1)

struct fact {
    uint64_t time_ns;   /* wall clock of the packet, ns since 1970 */
    uint32_t interface; /* kernel index of the interface that it crossed; 0 not known */
    uint16_t link_type; /* ARPHRD_* of that interface (SLL/SLL2), 0 not known */
    uint8_t kind;       /* enum fact_kind */
    uint8_t direction;  /* enum direction */
    uint8_t transport;  /* enum transport; for FACT_CONNECT TRANSPORT_TCP */
    uint8_t flags;      /* enum fact_flag */
    uint16_t rcode;     /* answers; with EDNS the extended one */
    struct address source, destination;
    uint16_t source_port, destination_port; /* host order */
    uint16_t id;                            /* DNS message ID */
    uint16_t type, class;                   /* of the first question */
    uint16_t answers;                       /* ANCOUNT */
    uint8_t name_length;                    /* octets in name[], 0: no question section */
    /* Uncompressed wire form, validated: labels of 1..63 octets, ends with the root label.
     * Letter case as on the wire. NBNS: the decoded name as one label. Only name_length octets
     * are meaningful, and only these are copied through the ring. */
    uint8_t name[NAME_WIRE_MAX];
};

#endif
