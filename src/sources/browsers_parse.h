/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_BROWSERS_PARSE_H
#define LEAKTOP_SOURCES_BROWSERS_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "model/browser.h"

/* The files of browsers' profiles, read strictly: what is not understood as a whole is not believed
 * in part, for the setting that counts may be the one that is missing. Pure functions. */

/* Firefox's family: the settings that count, of prefs.js, and of user.js, which goes over it. */
struct firefox_prefs {
    int trr_mode, rollout_mode; /* -1: not set */
    char uri[256], rollout_uri[256], default_uri[256];
    unsigned exclusions;
    bool by_policy; /* the mode is */
};

void firefox_prefs_init(struct firefox_prefs *prefs);
/* Reads one file over what was read before. NULL, or why it cannot be believed; prefs is then as
 * far as it came and of no use. */
const char *firefox_prefs_read(struct firefox_prefs *prefs, const char *text, size_t length);
/* What an administrator set, the text of policies.json, over the profile's: a locked one wins, any
 * other is a default, and where there are policies Mozilla's rollout stays away. Result as above.
 */
const char *firefox_policies_read(struct firefox_prefs *prefs, const char *text, size_t length);
void firefox_settings(const struct firefox_prefs *prefs, struct browser_settings *settings);

/* Chromium's family: "Local State". Without the key it is the default, automatic. */
void chromium_settings(const char *text, size_t length, struct browser_settings *settings);

/* An administrator's policies, which may stand in several files. */
struct chromium_policies {
    bool any; /* there are some, of whatever kind */
    char mode[16], templates[256];
};

/* Adds a file to them. NULL, or why it cannot be believed; also where it contradicts another. */
const char *chromium_policies_read(
    struct chromium_policies *policies, const char *text, size_t length);
/* What they make of settings: where there are policies that leave the mode open, it is off. */
void chromium_policies_apply(
    const struct chromium_policies *policies, struct browser_settings *settings);

#endif
