/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/browsers_parse.h"

#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sources/jsonpart.h"

/* The files of Chromium's family. */

/* A member of a file's object, as a value; NULL: there is none. */
static json_t *load(const struct json_part *part)
{
    return part->text ? json_loadb(part->text, part->length, JSON_DECODE_ANY, NULL) : NULL;
}

static enum browser_mode mode_of(const char *word)
{
    static const struct {
        const char *word;
        enum browser_mode mode;
    } modes[] = {
        {"off", BROWSER_OFF}, {"automatic", BROWSER_AUTOMATIC}, {"secure", BROWSER_SECURE}};
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        if (strcmp(word, modes[i].word) == 0)
            return modes[i].mode;
    return BROWSER_UNKNOWN;
}

/* Several servers, with blanks between them, have no one name. */
static void set_server(struct browser_settings *settings, const char *templates)
{
    settings->provider[0] = '\0';
    if (settings->mode > BROWSER_OFF && !strchr(templates, ' '))
        browser_server(templates, settings->provider, sizeof(settings->provider));
}

void chromium_settings(const char *text, size_t length, struct browser_settings *settings)
{
    memset(settings, 0, sizeof(*settings));
    settings->webrtc = BROWSER_WEBRTC_ALL;
    struct json_part part = {.key = "dns_over_https"};
    if (!jsonpart_find(text, length, &part, 1)) {
        text_format(settings->trouble, sizeof(settings->trouble), "is no JSON, or half-written");
        return;
    }
    json_t *doh = load(&part);
    const json_t *mode = json_object_get(doh, "mode");
    const json_t *templates = json_object_get(doh, "templates");
    const char *word = json_string_value(mode);
    if ((part.text && !json_is_object(doh)) || (mode && !word) ||
        (templates && !json_is_string(templates))) {
        text_format(
            settings->trouble, sizeof(settings->trouble), "dns_over_https is not as it is known");
    } else if (!mode) {
        settings->mode = BROWSER_AUTOMATIC;
    } else {
        settings->mode = mode_of(word);
        if (settings->mode == BROWSER_UNKNOWN)
            text_format(settings->trouble, sizeof(settings->trouble),
                "dns_over_https.mode has no known value");
        else
            text_format(
                settings->source, sizeof(settings->source), "dns_over_https.mode = %s", word);
    }
    if (json_is_string(templates))
        set_server(settings, json_string_value(templates));
    json_decref(doh);
}

size_t chromium_profiles(const char *text, size_t length,
    void (*found)(void *context, const char *folder), void *context)
{
    struct json_part part = {.key = "profile"};
    json_t *state = jsonpart_find(text, length, &part, 1) ? load(&part) : NULL;
    json_t *list = json_object_get(state, "info_cache");
    const char *folder;
    const json_t *value;
    size_t count = 0;
    json_object_foreach(list, folder, value)
    {
        if (folder[0] == '\0' || strchr(folder, '/') || strcmp(folder, "..") == 0)
            continue;
        if (count++ == CHROMIUM_PROFILES_MAX)
            break;
        found(context, folder);
    }
    json_decref(state);
    return count;
}

/* ---- proxy and WebRTC ---- */

/* "socks5://host:port", or without a scheme; several of them are nobody's. */
static void set_one_proxy(struct browser_settings *settings, const char *server)
{
    static const struct {
        const char *prefix, *scheme;
        enum browser_names names;
    } schemes[] = {
        {"socks5://", "SOCKS5", BROWSER_NAMES_PROXY},
        {"socks4://", "SOCKS4", BROWSER_NAMES_LOCAL},
        {"socks://", "SOCKS", BROWSER_NAMES_UNSURE},
        {"http://", "HTTP", BROWSER_NAMES_PROXY},
        {"https://", "HTTPS", BROWSER_NAMES_PROXY},
        {"", "HTTP", BROWSER_NAMES_PROXY},
    };
    char host[256];
    size_t i = 0;
    if (strpbrk(server, ";=, ")) {
        browser_proxy(settings, "several", "", 0, BROWSER_NAMES_UNSURE);
        return;
    }
    while (strncmp(server, schemes[i].prefix, strlen(schemes[i].prefix)) != 0)
        i++;
    text_format(host, sizeof(host), "%s", server + strlen(schemes[i].prefix));
    host[strcspn(host, "/")] = '\0';
    char *colon = strrchr(host, ':');
    long port = 0;
    if (colon && !strchr(colon, ']')) {
        port = strtol(colon + 1, NULL, 10);
        *colon = '\0';
    }
    char *bare = host;
    size_t length = strlen(host);
    if (host[0] == '[' && host[length - 1] == ']') {
        host[length - 1] = '\0';
        bare = host + 1;
    }
    browser_proxy(settings, schemes[i].scheme, bare,
        port > 0 && port <= UINT16_MAX ? (unsigned)port : 0, schemes[i].names);
}

/* mode: as Preferences and policies have it. False where it is none that is known. */
static bool set_proxy(
    struct browser_settings *settings, const char *mode, const char *server, const char *bypass)
{
    settings->proxy[0] = '\0';
    settings->names = BROWSER_NAMES_HERE;
    settings->direct = 0;
    if (strcmp(mode, "fixed_servers") == 0 && server[0])
        set_one_proxy(settings, server);
    else if (strcmp(mode, "pac_script") == 0)
        browser_proxy(settings, "as a script says (PAC)", "", 0, BROWSER_NAMES_UNSURE);
    else if (strcmp(mode, "auto_detect") == 0)
        browser_proxy(settings, "as the network says (WPAD)", "", 0, BROWSER_NAMES_UNSURE);
    else if (strcmp(mode, "direct") != 0 && strcmp(mode, "system") != 0)
        return false;
    settings->direct = settings->proxy[0] ? browser_list_count(bypass) : 0;
    return true;
}

/* What the browser does not know is its default. */
static enum browser_webrtc webrtc_of(const char *word)
{
    static const struct {
        const char *word;
        enum browser_webrtc webrtc;
    } words[] = {
        {"default_public_and_private_interfaces", BROWSER_WEBRTC_ROUTE},
        {"default_public_interface_only", BROWSER_WEBRTC_PUBLIC},
        {"disable_non_proxied_udp", BROWSER_WEBRTC_PROXIED},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(word, words[i].word) == 0)
            return words[i].webrtc;
    return BROWSER_WEBRTC_ALL;
}

static const char *string_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

const char *chromium_preferences(const char *text, size_t length, struct browser_settings *settings)
{
    struct json_part parts[] = {{.key = "proxy"}, {.key = "webrtc"}};
    if (!jsonpart_find(text, length, parts, 2))
        return "is no JSON, or half-written";
    json_t *proxy = load(&parts[0]), *rtc = load(&parts[1]);
    const char *webrtc = string_of(rtc, "ip_handling_policy");
    const char *trouble = NULL;
    if ((parts[0].text && !json_is_object(proxy)) ||
        (string_of(proxy, "mode")[0] &&
            !set_proxy(settings, string_of(proxy, "mode"), string_of(proxy, "server"),
                string_of(proxy, "bypass_list"))))
        trouble = "has a proxy that is not as it is known";
    if (!trouble && webrtc[0]) {
        settings->webrtc = webrtc_of(webrtc);
        text_format(
            settings->webrtc_source, sizeof(settings->webrtc_source), "webrtc.ip_handling_policy");
    }
    json_decref(proxy);
    json_decref(rtc);
    return trouble;
}

/* ---- policies ---- */

/* Keeps a policy's text; false where it is none, too long, or another than before. */
static bool keep_policy(const json_t *value, char *kept, size_t size)
{
    const char *text = json_string_value(value);
    if (!value)
        return true;
    if (!text || strlen(text) >= size || (kept[0] && strcmp(kept, text) != 0))
        return false;
    text_format(kept, size, "%s", text);
    return true;
}

const char *chromium_policies_read(
    struct chromium_policies *policies, const char *text, size_t length)
{
    const struct {
        const char *name;
        char *kept;
        size_t size;
    } keys[] = {
        {"DnsOverHttpsMode", policies->mode, sizeof(policies->mode)},
        {"DnsOverHttpsTemplates", policies->templates, sizeof(policies->templates)},
        {"WebRtcIPHandling", policies->webrtc, sizeof(policies->webrtc)},
        {"ProxyMode", policies->proxy_mode, sizeof(policies->proxy_mode)},
        {"ProxyServer", policies->proxy_server, sizeof(policies->proxy_server)},
        {"ProxyBypassList", policies->proxy_bypass, sizeof(policies->proxy_bypass)},
    };
    json_t *file = json_loadb(text, length, 0, NULL);
    const json_t *proxy = json_object_get(file, "ProxySettings");
    const char *trouble = NULL;
    if (!json_is_object(file))
        trouble = "is no JSON, or half-written";
    for (size_t i = 0; !trouble && i < sizeof(keys) / sizeof(keys[0]); i++)
        if (!keep_policy(json_object_get(file, keys[i].name), keys[i].kept, keys[i].size) ||
            !keep_policy(json_object_get(proxy, keys[i].name), keys[i].kept, keys[i].size))
            trouble = "is not as it is known, or contradicts another";
    policies->any |= json_object_size(file) > 0;
    json_decref(file);
    return trouble;
}

void chromium_policies_apply(
    const struct chromium_policies *policies, struct browser_settings *settings)
{
    bool tor = settings->mode == BROWSER_TOR && !policies->proxy_mode[0];
    if (!policies->any)
        return;
    settings->trouble[0] = '\0';
    settings->mode = policies->mode[0] ? mode_of(policies->mode) : BROWSER_OFF;
    text_format(settings->source, sizeof(settings->source), "%s",
        policies->mode[0] ? "policy DnsOverHttpsMode" : "policies that leave it open");
    if (settings->mode == BROWSER_UNKNOWN)
        text_format(settings->trouble, sizeof(settings->trouble),
            "policy DnsOverHttpsMode has no known value");
    set_server(settings, policies->templates);
    if (tor)
        settings->mode = BROWSER_TOR; /* its proxy is given the names before DNS counts */
    if (policies->webrtc[0]) {
        settings->webrtc = webrtc_of(policies->webrtc);
        text_format(
            settings->webrtc_source, sizeof(settings->webrtc_source), "policy WebRtcIPHandling");
    }
    if (policies->proxy_mode[0] &&
        !set_proxy(settings, policies->proxy_mode, policies->proxy_server, policies->proxy_bypass))
        text_format(
            settings->trouble, sizeof(settings->trouble), "policy ProxyMode has no known value");
}
