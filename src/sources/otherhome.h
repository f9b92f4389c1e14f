/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_OTHERHOME_H
#define LEAKTOP_SOURCES_OTHERHOME_H

#include <stddef.h>
#include <stdint.h>

#include "sources/homefile.h"

/* Files of browsers in the homes of all people, for a process that may read them all: which it
 * opens unread, for one that may not. */

struct otherhome;

/* The accounts as they are now. file: ACCOUNTS_FILE but for tests. NULL without memory. */
struct otherhome *otherhome_new(const char *file);
void otherhome_free(struct otherhome *homes);

/* The file of a browser (browser_owns_file) below the home of a person with that number, of at most
 * `most` octets: a descriptor, which the caller closes; -1: there is none, or it is refused. */
int otherhome_open(const struct otherhome *homes, uint32_t uid, const char *path, size_t most,
    struct homefile_why *why);
/* The folder number `position` that fits a pattern of the table's, into out; "" past the last. */
void otherhome_match(const struct otherhome *homes, uint32_t uid, const char *pattern,
    uint32_t position, char *out, size_t size);

#endif
