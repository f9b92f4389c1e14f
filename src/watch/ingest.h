/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_INGEST_H
#define LEAKTOP_WATCH_INGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fact.h"

struct attribution;
struct encrypted;
struct filelinks;
struct frames;
struct model;
struct options;

/* One fact of the capture -> model: what counts as a look-up that leaves, judged at once. */

struct ingest {
    struct model *model;
    const struct options *options;
    struct attribution *attribution; /* NULL for a file */
    struct filelinks *filelinks;     /* NULL when live */
    struct encrypted *encrypted;     /* tells which encrypted connections carry names */
    int link_type;                   /* of the file */
    const struct frames *frames;     /* packets of the capture; NULL: none are kept */
    uint64_t leak_event_ns;          /* a leak was last put among the events */
    /* The newest answer of model_is_local, valid until the addresses change. */
    struct address local_address;
    bool local_known, local;
};

void ingest_fact(struct ingest *ingest, struct fact *fact, uint64_t now);
/* Addresses of this machine changed. */
void ingest_links_changed(struct ingest *ingest);

#endif
