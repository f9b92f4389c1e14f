/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_MODEL_BROWSER_H
#define LEAKTOP_MODEL_BROWSER_H

#include <stdbool.h>
#include <stdint.h>

/* What a browser's profile is set to, as far as names and addresses are concerned. All texts are
 * escaped. */

enum browser_mode {
    BROWSER_UNKNOWN,   /* not read, or not understood: trouble says why */
    BROWSER_OFF,       /* asks as the system does */
    BROWSER_AUTOMATIC, /* DNS over HTTPS, and falls back to the system's resolver */
    BROWSER_SECURE,    /* DNS over HTTPS alone */
    BROWSER_TOR,       /* gives its names to Tor's SOCKS port */
};

/* Who resolves names where a proxy is set. */
enum browser_names {
    BROWSER_NAMES_HERE,   /* no proxy is set: as the mode says */
    BROWSER_NAMES_PROXY,  /* the proxy is given names */
    BROWSER_NAMES_LOCAL,  /* the proxy is given addresses: names are resolved as the mode says */
    BROWSER_NAMES_UNSURE, /* a script decides, or the browser's version */
};

/* Which addresses of this machine WebRTC may use, and so tell. */
enum browser_webrtc {
    BROWSER_WEBRTC_UNKNOWN,
    BROWSER_WEBRTC_ALL,     /* those of all interfaces: the default */
    BROWSER_WEBRTC_ROUTE,   /* of the default route's interface, a private one too */
    BROWSER_WEBRTC_PUBLIC,  /* of the default route's interface, none of its own */
    BROWSER_WEBRTC_PROXIED, /* none by UDP that the proxy does not carry */
    BROWSER_WEBRTC_RELAYED, /* none but a relay's */
    BROWSER_WEBRTC_OFF,
};

#define BROWSER_TEXT 96
#define BROWSER_EXCLUDED 384

struct browser_settings {
    enum browser_mode mode;
    char provider[BROWSER_TEXT]; /* host of the DNS over HTTPS server; "" none said, or several */
    char source[BROWSER_TEXT];   /* the setting that says so; "" it is a default */
    char trouble[BROWSER_TEXT];  /* why the mode is not known; "" it is */
    char warning[BROWSER_TEXT];  /* what of Tor Browser's own settings was changed; "" nothing */
    unsigned exclusions;         /* domains that the system's resolver is always asked for, */
    char excluded[BROWSER_EXCLUDED]; /* and which, with commas between them, */
    bool excluded_cut;               /* as far as there was room */
    char proxy[BROWSER_TEXT];        /* "SOCKS5 127.0.0.1:9050"; "" none is set */
    enum browser_names names;
    unsigned direct; /* hosts and networks that are reached past the proxy */
    enum browser_webrtc webrtc;
    char webrtc_source[BROWSER_TEXT]; /* as source */
};

#define BROWSERS_MAX 256

/* One profile, or one browser where its settings are for all of them. */
struct browser_profile {
    const char *name;           /* of the browser, "any" where that cannot be known, and */
    const char *package;        /* how it is packaged; both of the table */
    bool chromium;              /* of Chromium's family, else of Firefox's */
    bool tor;                   /* Tor Browser */
    char user[64];              /* whose it is; "" not known */
    char profile[BROWSER_TEXT]; /* escaped; "" where settings are one for all profiles */
    struct browser_settings settings;
    uint64_t since_ns; /* how it resolves names is known to be so since; the model's to fill */
};

/* "off", "automatic", ...: as the report has it. */
const char *browser_mode_word(enum browser_mode mode);
/* What stands behind "names": "go to the proxy", ...; "" where no proxy is set. */
const char *browser_names_words(enum browser_names names);
/* "all addresses (default)", ... */
const char *browser_webrtc_words(enum browser_webrtc webrtc);

#endif
