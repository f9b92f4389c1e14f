/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_VIEWS_SCREEN_NAMES_H
#define LEAKTOP_VIEWS_SCREEN_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "views/screen/page.h"
#include "views/screen/picture.h"

/* The kept look-ups of a program, or of a name, on a page: those of one name, program and way are
 * one line. A page that is read does not move: later ones are counted only. */

#define NAMES_MAX 768
#define NAMES_BUCKETS 2048

struct names {
    struct {
        const struct lookup *newest;
        unsigned count;
    } lines[NAMES_MAX];              /* newest first */
    uint16_t buckets[NAMES_BUCKETS]; /* position + 1, open addressing */
    size_t count;
    uint64_t lookups; /* those up to the newest that was asked for, */
    uint64_t beyond;  /* and of them those that are in no line */
    uint64_t later;   /* came since */
};

/* wanted: whether a look-up is one of them. newest: serial of the last that is shown. */
void names_read(struct names *names, const struct picture *picture, uint64_t newest,
    bool (*wanted)(const void *of, const struct lookup *lookup), const void *of);
/* who: the lines tell who asked, and not for which name. */
void names_write(
    const struct names *names, struct page *page, const struct picture *picture, bool who);

#endif
