/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_TABLES_WHOAMI_H
#define LEAKTOP_TABLES_WHOAMI_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

/* Names whose answer tells something of the resolver that asked their authority: who it is, or how
 * it behaves. Each has its own form. */

/* What the answer tells. */
enum whoami_use {
    WHOAMI_EGRESS,    /* which address asked the authority */
    WHOAMI_SITE,      /* what the resolver calls itself, or its software */
    WHOAMI_VALIDATES, /* the name has a bad signature: SERVFAIL where DNSSEC is validated */
    WHOAMI_ABSENT,    /* there is no such name: an answer is invented */
    WHOAMI_THROUGH,   /* the name exists only for those who ask by the way that `means` names */
};

enum whoami_shape {
    WHOAMI_A,        /* one A or AAAA record, its address */
    WHOAMI_PLAIN,    /* TXT: the one string that is an address and nothing else */
    WHOAMI_PAIRS,    /* TXT records of exactly two strings, key and value; the key "ns" */
    WHOAMI_SENTENCE, /* TXT: "Resolver IP: ADDRESS" */
    WHOAMI_FIELDS,   /* TXT: "key: value", the key one of several, see whoami_parse.c */
    WHOAMI_QUOTED,   /* TXT: key='value' separated by blanks; ip, as, isp, country */
    WHOAMI_DICT,     /* TXT: a dictionary as Python prints it; recursive.srcip, ecs_payload */
    WHOAMI_LOOSE,    /* TXT, its form not documented: the one address that stands in it */
    WHOAMI_OWN_ZONE, /* TXT from an authority of the person's own: WHOAMI_FIELDS or WHOAMI_PLAIN */
    WHOAMI_NAME,     /* TXT: one string, a name */
    WHOAMI_SERVER,   /* TXT: the string "server NAME" among others */
    WHOAMI_NOTHING,  /* only the response code tells */
    WHOAMI_SHAPES
};

/* What goes in front of the name, new for each question so that no cache answers it. */
enum whoami_label {
    WHOAMI_FIXED,  /* nothing: the name is asked as it stands */
    WHOAMI_HEX8,   /* 8 hex digits: longer ones are refused */
    WHOAMI_BASE32, /* 16 characters, 80 bits */
    WHOAMI_UUID,   /* a random UUID */
};

struct whoami {
    const char *name; /* the label and, unless it begins with '-', a dot stand before it */
    uint16_t type;    /* RR type to ask for: A (1), TXT (16) or AAAA (28) */
    uint16_t class;   /* IN (1) or CH (3) */
    enum whoami_use use;
    enum whoami_shape shape;
    enum whoami_label label;
    uint8_t only;  /* 4, 6: its authority has only such addresses; 0 both, or not known */
    bool standard; /* well enough known for the standard test; else in the extended one */
    const char *run_by;
    const char *means; /* WHOAMI_THROUGH: by which way; else "" */
    /* Between two questions in the long run; WHOAMI_AT_ONCE come in a row. sources/budget holds it.
     */
    unsigned seconds_between;
};

/* So many names below or of one row may be asked for in a row: an extended test of one service. */
#define WHOAMI_AT_ONCE 40

/* All rows, best first within a use. */
const struct whoami *whoami_rows(size_t *count);
/* The row whose names are unique: the one that proves by which way look-ups leave. */
const struct whoami *whoami_unique(void);
/* Another one, of another operator, which tells nobody's address: for where the first fails. */
const struct whoami *whoami_unique_else(void);

/* Well-known public resolvers, asked on key only. */
struct whoami_public {
    const char *run_by;
    const char *addresses[4]; /* IPv4 first; NULL ends */
};
const struct whoami_public *whoami_publics(size_t *count);
/* Who runs the well-known resolver at this address; NULL: none of them. */
const char *whoami_public_operator(const struct address *address);
/* Could the operator's servers call themselves (id.server) like this? True where its form is not
 * known. */
bool whoami_site_fits(const char *run_by, const char *site);

#endif
