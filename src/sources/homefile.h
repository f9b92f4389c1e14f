/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_HOMEFILE_H
#define LEAKTOP_SOURCES_HOMEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Files below a person's home, which that person may arrange as it likes: no link is followed, and
 * nothing is opened that is no regular file of that person's. The one exception is a folder
 * "current", which snaps have: a link to a folder beside it. */

#define HOMEFILE_PATH 256

/* Why there is no file. */
struct homefile_why {
    const char *words; /* "is a link", "may not be read", ...; NULL: there simply is none */
    bool folder;       /* it is a folder on the way that is so, or that is not there */
    bool denied;       /* we may not look there: whether there is one cannot be known */
};

/* The file `path` below the open folder home, of at most `most` octets: a descriptor to be read,
 * which the caller closes; -1: there is none, or *why says why it is refused. */
int homefile_open(int home, const char *path, uid_t user, size_t most, struct homefile_why *why);
/* What is in it, with one octet of room behind; the caller's to free. NULL, and why. Closes fd. */
char *homefile_read(int fd, size_t most, size_t *length, struct homefile_why *why);
/* Whether it is a descriptor of a regular file of that person's that can only be read. */
bool homefile_is_sound(int fd, uid_t user);

/* Calls found with each folder that fits the pattern: a part of it that ends with a star fits all
 * that begin so, links and hidden ones (".x", but for a pattern that begins with a dot) left out.
 * In no order; at most so many. */
#define HOMEFILE_MATCHES 32
void homefile_match(
    int home, const char *pattern, void (*found)(void *context, const char *path), void *context);

#endif
