/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_TABLES_BROWSERS_H
#define LEAKTOP_TABLES_BROWSERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where browsers keep what they are set to. */

enum browser_family {
    BROWSER_FIREFOX,     /* folders of profiles, which profiles.ini lists; prefs.js, user.js */
    BROWSER_CHROMIUM,    /* "Local State", one for all profiles */
    BROWSER_TOR_BROWSER, /* one profile of Firefox's, in the folder that the program lies in */
};

struct browser_place {
    const char *name; /* as reports have it: "firefox" */
    enum browser_family family;
    const char *package; /* "native", "snap", "flatpak" */
    /* Below the person's home; a part that ends with a star fits all that begin so. */
    const char *folder;
};

/* NULL past the last. */
const struct browser_place *browser_place_at(size_t position);

/* Where an administrator's policies for a place of Firefox's family stand, first one first, as
 * absolute paths; NULL past the last, and for other families. */
const char *browser_policies_at(const struct browser_place *place, size_t position);

/* The folder whose files are an administrator's policies for a place of Chromium's family, an
 * absolute path; NULL where none is known. */
const char *browser_policy_folder(const struct browser_place *place);

/* A process of that name (comm) is the browser's, packaged so: "firefox-esr" is firefox's. */
bool browser_is_process(const char *browser, const char *package, const char *process);

/* A process of that name (comm) is one that Firefox's family has beside its own: the browser is a
 * parent of it. */
bool browser_is_helper(const char *process);

/* A question that browsers ask the system's resolver on purpose, whatever they are set to: to learn
 * whether the network wants DNS over HTTPS off, whether there is a portal, or who falsifies
 * answers. Wire form. */
bool browser_asks_plainly(bool chromium, const uint8_t *wire, size_t length, unsigned type);

/* True where a path below a home is that of a file that is read of a browser in its usual place:
 * its folder is one of the table's, and behind it stand "profiles.ini", "Local State",
 * "PROFILE/Preferences", or at most three folders and "prefs.js" or "user.js". */
bool browser_owns_file(const char *path);
/* True where it is a pattern of the table's. */
bool browser_owns_pattern(const char *pattern);

#endif
