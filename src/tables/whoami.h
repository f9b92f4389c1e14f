/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_TABLES_WHOAMI_H
#define LEAKTOP_TABLES_WHOAMI_H

#include <stddef.h>
#include <stdint.h>

/* Names whose answer tells which resolver asked their authority. Each has its own form. */

enum whoami_shape {
    WHOAMI_A,        /* one A record, its address */
    WHOAMI_PLAIN,    /* TXT: the one string that is an address and nothing else */
    WHOAMI_PAIRS,    /* TXT records of exactly two strings, key and value; the key "ns" */
    WHOAMI_SENTENCE, /* TXT: "Resolver IP: ADDRESS" */
    WHOAMI_FIELDS,   /* TXT: "key: value", the key one of several, see whoami_parse.c */
    WHOAMI_QUOTED,   /* TXT: key='value' separated by blanks; ip, as, isp, country */
    WHOAMI_OWN_ZONE, /* TXT from an authority of the person's own: WHOAMI_FIELDS or WHOAMI_PLAIN */
    WHOAMI_SHAPES
};

/* What goes in front of the name, new for each question so that no cache answers it. */
enum whoami_label {
    WHOAMI_FIXED,  /* nothing: the name is asked as it stands */
    WHOAMI_HEX8,   /* one label of 8 hex digits: longer ones are refused */
    WHOAMI_BASE32, /* one label of 16 characters, 80 bits */
};

struct whoami {
    const char *name;
    uint16_t type; /* RR type to ask for: A (1) or TXT (16) */
    enum whoami_shape shape;
    enum whoami_label label;
    const char *run_by;
    /* Between two questions in the long run; WHOAMI_AT_ONCE come in a row. sources/budget holds it.
     */
    unsigned seconds_between;
};

/* So many names below or of one row may be asked for in a row: an extended test of one service. */
#define WHOAMI_AT_ONCE 40

/* All rows, best first. */
const struct whoami *whoami_rows(size_t *count);
/* The row whose names are unique: the one that proves by which way look-ups leave. */
const struct whoami *whoami_unique(void);

#endif
