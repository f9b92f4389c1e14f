/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_BROWSERS_H
#define LEAKTOP_SOURCES_BROWSERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "model/browser.h"
#include "sources/homefile.h"
#include "tables/browsers.h"

/* The profiles of browsers below one person's home. */

/* A file of a profile that is longer is not read. */
#define BROWSERS_FILE_MAX (4U << 20)

/* How the person's files are come by; paths are below the home. */
struct browsers_files {
    void *context;
    /* As homefile_open and homefile_read together. */
    char *(*read)(
        void *context, const char *path, size_t most, size_t *length, struct homefile_why *why);
    /* As homefile_match; NULL: folders that are told by a pattern are not looked for. */
    void (*match)(void *context, const char *pattern,
        void (*found)(void *context, const char *path), void *found_context);
};

/* Those of a folder that is open, read by a process that may. */
struct browsers_home {
    int folder;
    uid_t user;
    /* Told of each file that was read; NULL: nobody wants to know. */
    void (*was_read)(void *context, const char *path);
    void *context;
};
struct browsers_files browsers_home_files(struct browsers_home *home);

/* A folder beyond the table's, which a running browser was told to use. */
struct browsers_extra {
    enum browser_family family; /* of Firefox's and for Tor Browser it is that of one profile */
    const char *name;           /* of the browser, of the table */
    char folder[HOMEFILE_PATH]; /* below the home */
};

struct browsers_query {
    const char *root; /* where the administrator's policies are looked for; "" but for tests */
    const char *home; /* its path, which profiles.ini may begin a profile's with; NULL not known */
    const char *config; /* what the person has in place of ".config", below the home; NULL: that */
    const struct browsers_extra *extra;
    size_t extra_count;
};

/* What is set in each profile that is found, and by the policies. A file of a profile that is no
 * regular one, is not the user's own, is reached by a link, is too long or half-written makes the
 * row's mode unknown, with the reason. Returns how many rows stand in list; at most `room`, of
 * which the last says so where there are more profiles. */
size_t browsers_read(const struct browsers_files *files, const struct browsers_query *query,
    struct browser_profile *list, size_t room);

/* What a command line (words that end with NUL, length octets, cut where there was no room: `cut`)
 * of a browser names below the home. False where it is none, or names nothing. */
bool browsers_extra(
    const char *words, size_t length, bool cut, const char *home, struct browsers_extra *extra);

#endif
