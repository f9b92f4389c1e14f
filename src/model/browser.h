/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_MODEL_BROWSER_H
#define LEAKTOP_MODEL_BROWSER_H

#include <stdbool.h>

/* What a browser's profile is set to, as far as names are concerned. All texts are escaped. */

enum browser_mode {
    BROWSER_UNKNOWN,   /* not read, or not understood: trouble says why */
    BROWSER_OFF,       /* asks as the system does */
    BROWSER_AUTOMATIC, /* DNS over HTTPS, and falls back to the system's resolver */
    BROWSER_SECURE,    /* DNS over HTTPS alone */
};

#define BROWSER_TEXT 96

struct browser_settings {
    enum browser_mode mode;
    char provider[BROWSER_TEXT]; /* host of the DNS over HTTPS server; "" none said, or several */
    char source[BROWSER_TEXT];   /* the setting that says so; "" it is a default */
    char trouble[BROWSER_TEXT];  /* why the mode is not known; "" it is */
    unsigned exclusions;         /* domains that the system's resolver is always asked for */
};

#define BROWSERS_MAX 64

/* One profile, or one browser where its settings are for all of them. */
struct browser_profile {
    const char *name;           /* of the browser, "any" where that cannot be known, and */
    const char *package;        /* how it is packaged; both of the table */
    char profile[BROWSER_TEXT]; /* escaped; "" where settings are one for all profiles */
    struct browser_settings settings;
};

#endif
