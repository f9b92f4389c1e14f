/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/browsers_parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* What the settings of a profile of Firefox's family come to. */

static bool is_on(const struct firefox_prefs *prefs, enum firefox_pref pref)
{
    return prefs->values[pref].set && prefs->values[pref].number != 0;
}

/* A number as it is set, else its default. */
static int number_of(const struct firefox_prefs *prefs, enum firefox_pref pref, int otherwise)
{
    return prefs->values[pref].set ? prefs->values[pref].number : otherwise;
}

/* A SOCKS proxy of version 5 is given names where that is set, and by default since Firefox 128;
 * before that one switch was for both versions, and off. */
static enum browser_names names_of(const struct firefox_prefs *prefs)
{
    const struct firefox_value *version = &prefs->values[PREF_VERSION];
    bool both = is_on(prefs, PREF_SOCKS4_NAMES);
    if (number_of(prefs, PREF_SOCKS_VERSION, 5) == 4)
        return both ? BROWSER_NAMES_PROXY : BROWSER_NAMES_LOCAL;
    if (prefs->values[PREF_SOCKS5_NAMES].set)
        return is_on(prefs, PREF_SOCKS5_NAMES) ? BROWSER_NAMES_PROXY : BROWSER_NAMES_LOCAL;
    if (both)
        return BROWSER_NAMES_PROXY;
    if (!version->set || !isdigit((unsigned char)version->text[0]))
        return BROWSER_NAMES_UNSURE;
    return strtol(version->text, NULL, 10) >= 128 ? BROWSER_NAMES_PROXY : BROWSER_NAMES_LOCAL;
}

static void manual_proxy(const struct firefox_prefs *prefs, struct browser_settings *settings)
{
    const char *socks = prefs->values[PREF_SOCKS].text;
    const char *tls = prefs->values[PREF_TLS_PROXY].text;
    const char *http = prefs->values[PREF_HTTP_PROXY].text;
    /* What is encrypted takes the TLS proxy, and SOCKS where there is none. */
    if (tls[0])
        browser_proxy(settings, "HTTP", tls, (unsigned)number_of(prefs, PREF_TLS_PROXY_PORT, 0),
            BROWSER_NAMES_PROXY);
    else if (socks[0])
        browser_proxy(settings, number_of(prefs, PREF_SOCKS_VERSION, 5) == 4 ? "SOCKS4" : "SOCKS5",
            socks, (unsigned)number_of(prefs, PREF_SOCKS_PORT, 0), names_of(prefs));
    else if (http[0])
        browser_proxy(settings, "HTTP (unencrypted pages alone)", http,
            (unsigned)number_of(prefs, PREF_HTTP_PROXY_PORT, 0), BROWSER_NAMES_LOCAL);
}

static void set_proxy(const struct firefox_prefs *prefs, struct browser_settings *settings)
{
    int type = number_of(prefs, PREF_PROXY_TYPE, 5);
    char by[BROWSER_TEXT];
    switch (type) {
    case 1:
        manual_proxy(prefs, settings);
        break;
    case 2:
    case 4:
        text_format(by, sizeof(by), "as %s%s",
            type == 2 ? "a script says (PAC)" : "the network says (WPAD)",
            number_of(prefs, PREF_FAILOVER, 1) ? ", none where that fails" : "");
        browser_proxy(settings, by, "", 0, BROWSER_NAMES_UNSURE);
        break;
    default: /* none, or the system's, which nobody has set on most machines */
        break;
    }
    settings->direct = settings->proxy[0] ? prefs->values[PREF_DIRECT].items : 0;
}

static void set_webrtc(const struct firefox_prefs *prefs, struct browser_settings *settings)
{
    static const struct {
        enum firefox_pref pref;
        enum browser_webrtc webrtc;
    } strictest[] = {
        {PREF_ICE_RELAYED, BROWSER_WEBRTC_RELAYED},
        {PREF_ICE_PROXIED, BROWSER_WEBRTC_PROXIED},
        {PREF_ICE_NO_HOST, BROWSER_WEBRTC_PUBLIC},
        {PREF_ICE_ROUTE, BROWSER_WEBRTC_ROUTE},
    };
    enum firefox_pref pref = PREF_WEBRTC;
    const char *by = prefs->webrtc_by_policy ? "policy: " : "";
    settings->webrtc = BROWSER_WEBRTC_ALL;
    if (prefs->values[PREF_WEBRTC].set && !is_on(prefs, PREF_WEBRTC)) {
        settings->webrtc = BROWSER_WEBRTC_OFF;
    } else if (settings->proxy[0] && is_on(prefs, PREF_ICE_BEHIND_PROXY)) {
        pref = PREF_ICE_BEHIND_PROXY;
        settings->webrtc = BROWSER_WEBRTC_PROXIED;
    } else {
        for (size_t i = 0; i < sizeof(strictest) / sizeof(strictest[0]); i++)
            if (settings->webrtc == BROWSER_WEBRTC_ALL && is_on(prefs, strictest[i].pref)) {
                pref = strictest[i].pref;
                settings->webrtc = strictest[i].webrtc;
            }
    }
    if (settings->webrtc != BROWSER_WEBRTC_ALL)
        text_format(settings->webrtc_source, sizeof(settings->webrtc_source), "%s%s", by,
            firefox_pref_name(pref));
    else if (prefs->tor) {
        settings->webrtc = prefs->values[PREF_WEBRTC].set ? BROWSER_WEBRTC_ALL : BROWSER_WEBRTC_OFF;
        text_format(settings->webrtc_source, sizeof(settings->webrtc_source), "%s",
            prefs->values[PREF_WEBRTC].set ? firefox_pref_name(PREF_WEBRTC)
                                           : "Tor Browser's default");
    }
}

static void set_mode(const struct firefox_prefs *prefs, struct browser_settings *settings)
{
    bool chosen = prefs->values[PREF_TRR_MODE].set;
    enum firefox_pref pref = chosen ? PREF_TRR_MODE : PREF_ROLLOUT_MODE;
    int mode = number_of(prefs, pref, -1);
    if (prefs->mode_by_policy && chosen)
        text_format(settings->source, sizeof(settings->source), "policy: %s = %d",
            firefox_pref_name(pref), mode);
    else if (mode >= 0)
        text_format(
            settings->source, sizeof(settings->source), "%s = %d", firefox_pref_name(pref), mode);
    if (mode == 2 || mode == 3) {
        static const enum firefox_pref servers[] = {
            PREF_TRR_URI, PREF_ROLLOUT_URI, PREF_DEFAULT_URI};
        settings->mode = mode == 2 ? BROWSER_AUTOMATIC : BROWSER_SECURE;
        for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++)
            if (prefs->values[servers[i]].text[0]) {
                browser_server(
                    prefs->values[servers[i]].text, settings->provider, sizeof(settings->provider));
                break;
            }
    } else if (mode <= 0 || mode == 5) {
        settings->mode = BROWSER_OFF;
    } else {
        text_format(settings->trouble, sizeof(settings->trouble), "mode %d has no meaning", mode);
    }
}

static void set_exclusions(const struct firefox_prefs *prefs, struct browser_settings *settings)
{
    const struct firefox_value *own = &prefs->values[PREF_EXCLUDED];
    const struct firefox_value *builtin = &prefs->values[PREF_BUILTIN_EXCLUDED];
    char both[2 * PREF_TEXT];
    settings->exclusions = own->items + builtin->items;
    text_format(both, sizeof(both), "%s%s%s", own->text,
        own->text[0] && builtin->text[0] ? "," : "", builtin->text);
    text_escape(both, strlen(both), settings->excluded, sizeof(settings->excluded));
    settings->excluded_cut = own->cut || builtin->cut || strcmp(both, settings->excluded) != 0;
}

/* What somebody changed of what makes Tor Browser safe; these have a default there, which is never
 * written. */
static void tor_settings(struct firefox_prefs *prefs, struct browser_settings *settings)
{
    static const struct {
        enum firefox_pref pref;
        int number;
        const char *text;
        bool told; /* where it is changed; of the others tells what it comes to */
    } defaults[] = {
        {PREF_PROXY_TYPE, 1, NULL, true},
        {PREF_SOCKS, 0, "127.0.0.1", false},
        {PREF_SOCKS_PORT, 9150, NULL, false},
        {PREF_SOCKS_VERSION, 5, NULL, true},
        {PREF_SOCKS4_NAMES, 1, NULL, true},
        {PREF_SOCKS5_NAMES, 1, NULL, true},
    };
    for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
        enum firefox_pref pref = defaults[i].pref;
        struct firefox_value *value = &prefs->values[pref];
        if (value->set && defaults[i].told && value->number != defaults[i].number &&
            !settings->warning[0])
            text_format(settings->warning, sizeof(settings->warning), "%s = %d was set",
                firefox_pref_name(pref), value->number);
        if (value->set)
            continue;
        value->number = defaults[i].number;
        value->set = true;
        if (defaults[i].text)
            text_format(value->text, sizeof(value->text), "%s", defaults[i].text);
    }
    /* One switch is off: which of them counts is the version's to say. */
    if (!is_on(prefs, PREF_SOCKS4_NAMES) || !is_on(prefs, PREF_SOCKS5_NAMES))
        prefs->values[PREF_SOCKS4_NAMES].number = prefs->values[PREF_SOCKS5_NAMES].number = 0;
}

void firefox_settings(const struct firefox_prefs *prefs, struct browser_settings *settings)
{
    struct firefox_prefs own = *prefs;
    memset(settings, 0, sizeof(*settings));
    if (own.tor)
        tor_settings(&own, settings);
    set_exclusions(&own, settings);
    set_mode(&own, settings);
    set_proxy(&own, settings); /* may make the mode Tor */
    set_webrtc(&own, settings);
    if (own.tor && settings->mode != BROWSER_TOR && !settings->warning[0])
        text_format(settings->warning, sizeof(settings->warning), "its proxy is not Tor's: %s",
            settings->proxy[0] ? settings->proxy : "none");
}
