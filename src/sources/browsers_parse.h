/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_BROWSERS_PARSE_H
#define LEAKTOP_SOURCES_BROWSERS_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "model/browser.h"

/* The files of browsers' profiles, read strictly: what is not understood as a whole is not believed
 * in part, for the setting that counts may be the one that is missing. Pure functions. */

/* ---- Firefox's family ---- */

/* The settings that count; their names stand in browsers_prefs.c. */
enum firefox_pref {
    PREF_TRR_MODE,
    PREF_ROLLOUT_MODE,
    PREF_TRR_URI,
    PREF_ROLLOUT_URI,
    PREF_DEFAULT_URI,
    PREF_EXCLUDED,
    PREF_BUILTIN_EXCLUDED,
    PREF_PROXY_TYPE,
    PREF_SOCKS,
    PREF_SOCKS_PORT,
    PREF_SOCKS_VERSION,
    PREF_SOCKS4_NAMES,
    PREF_SOCKS5_NAMES,
    PREF_TLS_PROXY,
    PREF_TLS_PROXY_PORT,
    PREF_HTTP_PROXY,
    PREF_HTTP_PROXY_PORT,
    PREF_FAILOVER,
    PREF_DIRECT,
    PREF_VERSION,
    PREF_WEBRTC,
    PREF_ICE_PROXIED,
    PREF_ICE_BEHIND_PROXY,
    PREF_ICE_ROUTE,
    PREF_ICE_NO_HOST,
    PREF_ICE_RELAYED,
    PREF_COUNT
};

#define PREF_TEXT BROWSER_EXCLUDED

struct firefox_prefs {
    struct firefox_value {
        bool set, locked, cut;
        int number; /* also 0 and 1 for false and true */
        unsigned items;
        char text[PREF_TEXT];
    } values[PREF_COUNT];
    bool tor;              /* Tor Browser, whose defaults are its own */
    bool mode_by_policy;   /* an administrator set it */
    bool webrtc_by_policy; /* likewise */
};

/* tor: Tor Browser's. */
void firefox_prefs_init(struct firefox_prefs *prefs, bool tor);
/* Reads one file, prefs.js, or user.js over it. NULL, or why it cannot be believed; prefs is then
 * as far as it came and of no use. */
const char *firefox_prefs_read(struct firefox_prefs *prefs, const char *text, size_t length);
/* What an administrator set, the text of policies.json, over the profile's: a locked one wins, any
 * other is a default, and where there are policies Mozilla's rollout stays away. Result as above.
 */
const char *firefox_policies_read(struct firefox_prefs *prefs, const char *text, size_t length);
void firefox_settings(const struct firefox_prefs *prefs, struct browser_settings *settings);

/* ---- the settings by themselves ---- */

/* As the files have it: "network.trr.mode". */
const char *firefox_pref_name(enum firefox_pref pref);
/* The setting of that name; PREF_COUNT: none that counts. */
enum firefox_pref firefox_pref_named(const char *name);
/* NULL, or why it is none for that setting. Nothing is changed where a locked value stands. */
const char *firefox_pref_number(struct firefox_prefs *prefs, enum firefox_pref pref, long number);
const char *firefox_pref_boolean(struct firefox_prefs *prefs, enum firefox_pref pref, bool value);
const char *firefox_pref_text(
    struct firefox_prefs *prefs, enum firefox_pref pref, const char *text, size_t length, bool cut);

/* ---- Chromium's family ---- */

#define CHROMIUM_PROFILES_MAX BROWSERS_MAX

/* An administrator's policies, which may stand in several files. */
struct chromium_policies {
    bool any; /* there are some, of whatever kind */
    char mode[16], templates[256], webrtc[48];
    char proxy_mode[24], proxy_server[256], proxy_bypass[256];
};

/* "Local State", which is one for all profiles. Without the key it is the default, automatic. */
void chromium_settings(const char *text, size_t length, struct browser_settings *settings);
/* Its profiles' folders, one after the other: calls found with each; the name is of one folder,
 * not escaped. Returns how many. Nothing where it is no such file. */
size_t chromium_profiles(const char *text, size_t length,
    void (*found)(void *context, const char *folder), void *context);
/* A profile's "Preferences", over settings: its proxy and WebRTC. NULL, or why they cannot be
 * believed. */
const char *chromium_preferences(
    const char *text, size_t length, struct browser_settings *settings);
/* Adds a file to them. NULL, or why it cannot be believed; also where it contradicts another. */
const char *chromium_policies_read(
    struct chromium_policies *policies, const char *text, size_t length);
/* What they make of settings: where there are policies that leave the mode open, it is off. */
void chromium_policies_apply(
    const struct chromium_policies *policies, struct browser_settings *settings);

/* ---- both ---- */

/* "https://host:443/path{?dns}" -> host, escaped; "" where it is none. */
void browser_server(const char *uri, char *out, size_t size);
/* Sets proxy and names of settings, and the mode where it is Tor's. scheme: "SOCKS5"; port 0: the
 * host tells it, or nobody. */
void browser_proxy(struct browser_settings *settings, const char *scheme, const char *host,
    unsigned port, enum browser_names names);
/* Pieces of a list with commas or semicolons between them that are not empty. */
unsigned browser_list_count(const char *list);

#endif
