/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_BROWSERS_H
#define LEAKTOP_SOURCES_BROWSERS_H

#include <stddef.h>
#include <sys/types.h>

#include "model/browser.h"

/* The profiles of browsers below one person's home, read by a process that is that person. */

/* A file of a profile that is longer is not read. */
#define BROWSERS_FILE_MAX (4U << 20)

/* What is set in each profile that is found below the folder `home`, and by the policies below
 * `root` ("" but for tests). A file of a profile that is no regular one,
 * is not the user's own, is reached by a link, is too long or half-written makes the row's mode
 * unknown, with the reason. Returns how many rows stand in list; at most `room`, of which the last
 * says so where there are more profiles. */
size_t browsers_read(
    int home, uid_t user, const char *root, struct browser_profile *list, size_t room);

#endif
