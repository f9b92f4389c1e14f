/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_NETWORKS_DATABASE_H
#define LEAKTOP_SOURCES_NETWORKS_DATABASE_H

#include <stddef.h>

#include "base/address.h"
#include "model/outside.h"

/* The network of an address by databases of the MaxMind format that lie on this machine: GeoLite2,
 * DB-IP lite, IPinfo lite. Nothing is sent. A file is opened for the questions at hand and closed
 * again: one that was replaced is read anew, and none stays in memory. */

#define NETWORKS_DATABASES 8
#define NETWORKS_PATH 256

struct networks_database {
    char paths[NETWORKS_DATABASES][NETWORKS_PATH];
    size_t count;
};

/* The databases there are: those that are named, then the newest at the usual places. */
void networks_database_find(
    struct networks_database *out, const char (*named)[NETWORKS_PATH], size_t count);

/* Ask for count addresses. In out[] what was known stays where no database knows better; source
 * becomes NETWORK_DATABASE where one knew the AS. Returns how many databases could be read; why
 * says what was wrong with one that could not, "" nothing. */
size_t networks_database_ask(const struct networks_database *databases, const struct address *list,
    struct network *out, size_t count, char *why, size_t why_size);

#endif
