/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_STATEFOLDER_H
#define LEAKTOP_SOURCES_STATEFOLDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The folder in which leaktop keeps what it learns between two runs: small JSON files, 0600, in a
 * folder that is 0700 and its user's own. A link, another's file, one that others may write to and
 * one that is too long are refused; a file is replaced as a whole or stays as it was. */

#define STATEFOLDER_NAME 64

struct statefolder {
    int folder;     /* -1: there is none, and trouble says why */
    char path[160]; /* escaped, for people */
    char trouble[160];
};

/* Open, and make where it is not there: the folder of a descriptor (system > 0; it is copied),
 * else leaktop below $XDG_STATE_HOME, else below .local/state of home ("" not known). */
void statefolder_open(struct statefolder *state, int system, const char *home);
void statefolder_close(struct statefolder *state);

/* The file as JSON, at most `most` octets of it; the caller's. NULL where there is none, then why
 * is
 * "", and where it is refused or no JSON: then why says so. */
json_t *statefolder_read(
    const struct statefolder *state, const char *name, size_t most, char *why, size_t why_size);
/* A text that was written there, as text_escape leaves it: printable ASCII that fits; null is "".
 * False for anything else. */
bool statefolder_text(const json_t *value, char *out, size_t size);
/* Replaces the file. 0, or -errno: it is as it was. */
int statefolder_write(const struct statefolder *state, const char *name, const json_t *value);
/* Of the files whose name begins and ends so, the newest `keep` stay. */
void statefolder_prune(
    const struct statefolder *state, const char *begin, const char *end, size_t keep);

#endif
