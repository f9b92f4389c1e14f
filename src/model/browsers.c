/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/private.h"

#include <string.h>

/* What browsers are set to. */

#define WORD(list, at) ((size_t)(at) < sizeof(list) / sizeof((list)[0]) ? (list)[at] : "?")

const char *browser_mode_word(enum browser_mode mode)
{
    static const char *const words[] = {[BROWSER_UNKNOWN] = "unknown",
        [BROWSER_OFF] = "off",
        [BROWSER_AUTOMATIC] = "automatic",
        [BROWSER_SECURE] = "secure",
        [BROWSER_TOR] = "tor"};
    return WORD(words, mode);
}

const char *browser_names_words(enum browser_names names)
{
    static const char *const words[] = {[BROWSER_NAMES_HERE] = "",
        [BROWSER_NAMES_PROXY] = "names go to the proxy",
        [BROWSER_NAMES_LOCAL] = "names are looked up here first",
        [BROWSER_NAMES_UNSURE] = "whether names go to the proxy is not known"};
    return WORD(words, names);
}

const char *browser_webrtc_words(enum browser_webrtc webrtc)
{
    static const char *const words[] = {[BROWSER_WEBRTC_UNKNOWN] = "not known",
        [BROWSER_WEBRTC_ALL] = "addresses of all interfaces",
        [BROWSER_WEBRTC_ROUTE] = "addresses of the default route's interface",
        [BROWSER_WEBRTC_PUBLIC] = "the default route's public address alone",
        [BROWSER_WEBRTC_PROXIED] = "no UDP but by the proxy",
        [BROWSER_WEBRTC_RELAYED] = "a relay's address alone",
        [BROWSER_WEBRTC_OFF] = "WebRTC is off"};
    return WORD(words, webrtc);
}

/* The same profile of the same browser. */
static bool same_profile(const struct browser_profile *a, const struct browser_profile *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->package, b->package) == 0 &&
           strcmp(a->user, b->user) == 0 && strcmp(a->profile, b->profile) == 0;
}

/* It resolves names as before. */
static bool same_names(const struct browser_settings *a, const struct browser_settings *b)
{
    return a->mode == b->mode && strcmp(a->provider, b->provider) == 0 &&
           strcmp(a->excluded, b->excluded) == 0 && a->excluded_cut == b->excluded_cut &&
           strcmp(a->proxy, b->proxy) == 0 && a->names == b->names;
}

/* Padding, and what stands behind a text's end, are nothing. */
static bool same_settings(const struct browser_settings *a, const struct browser_settings *b)
{
    return same_names(a, b) && strcmp(a->source, b->source) == 0 &&
           strcmp(a->trouble, b->trouble) == 0 && strcmp(a->warning, b->warning) == 0 &&
           a->exclusions == b->exclusions && a->direct == b->direct && a->webrtc == b->webrtc &&
           strcmp(a->webrtc_source, b->webrtc_source) == 0;
}

static const struct browser_profile *earlier(
    const struct model *model, const struct browser_profile *row, size_t guess)
{
    if (guess < model->browser_count && same_profile(row, &model->browsers[guess]))
        return &model->browsers[guess];
    for (size_t i = 0; i < model->browser_count; i++)
        if (same_profile(row, &model->browsers[i]))
            return &model->browsers[i];
    return NULL;
}

void model_browsers(struct model *model, struct browser_profile *list, size_t count, uint64_t now)
{
    if (count > BROWSERS_MAX)
        count = BROWSERS_MAX;
    bool same = count == model->browser_count;
    for (size_t i = 0; i < count; i++) {
        const struct browser_profile *before = earlier(model, &list[i], i);
        bool kept = before && same_names(&list[i].settings, &before->settings);
        list[i].since_ns = kept ? before->since_ns : now;
        same = same && before == &model->browsers[i] &&
               same_settings(&list[i].settings, &before->settings);
    }
    if (same)
        return;
    for (size_t i = 0; i < count; i++)
        model->browsers[i] = list[i];
    model->browser_count = count;
    model_touch(model, now);
}

size_t model_browser_count(const struct model *model)
{
    return model->browser_count;
}

const struct browser_profile *model_browser_at(const struct model *model, size_t position)
{
    return position < model->browser_count ? &model->browsers[position] : NULL;
}
