/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_JSONPART_H
#define LEAKTOP_SOURCES_JSONPART_H

#include <stdbool.h>
#include <stddef.h>

/* A few members of a long JSON object, without the rest of it being built in memory: a browser's
 * settings are a file of many hundred kB, of which a few lines count. */

struct json_part {
    const char *key;  /* wanted: of the outermost object, as it stands there */
    const char *text; /* found: its value, within the text; NULL: there is none */
    size_t length;
};

/* Sets text and length of each part; of several members with one key it is the last. False where
 * text is no JSON object as a whole (RFC 8259, UTF-8), or is nested deeper than 512: nothing of it
 * is to be believed then. */
bool jsonpart_find(const char *text, size_t length, struct json_part *parts, size_t count);

/* True where text is UTF-8. */
bool utf8_valid(const char *text, size_t length);

#endif
