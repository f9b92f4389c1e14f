/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/browsers.h"

#include <string.h>

#include "base/text.h"

/* What a running browser was told to use, by its command line. */

/* The word behind *at, and on to the next; NULL: none that is whole. */
static const char *next_word(const char **at, const char *end, bool cut)
{
    const char *word = *at;
    if (word >= end)
        return NULL;
    size_t length = strnlen(word, (size_t)(end - word));
    if (word + length == end && cut)
        return NULL;
    *at = word + length + 1;
    return word;
}

static bool set_folder(struct browsers_extra *extra, const char *path, const char *home)
{
    size_t length = strlen(home);
    if (length < 2 || strncmp(path, home, length) != 0 || path[length] != '/')
        return false;
    const char *below = path + length + 1;
    size_t end = strlen(below);
    while (end > 0 && below[end - 1] == '/')
        end--;
    if (end == 0 || end >= sizeof(extra->folder))
        return false;
    text_format(extra->folder, sizeof(extra->folder), "%.*s", (int)end, below);
    return true;
}

/* "/home/ana/x/Browser/firefox.real": Tor Browser's, wherever it was unpacked to. */
static bool is_tor(struct browsers_extra *extra, const char *program, const char *home)
{
    static const char folder[] = "/Browser/";
    char profile[2 * HOMEFILE_PATH];
    const char *name = strrchr(program, '/');
    size_t before = name ? (size_t)(name - program) + 1 : 0;
    if (before < strlen(folder) || before > HOMEFILE_PATH ||
        strncmp(program + before - strlen(folder), folder, strlen(folder)) != 0)
        return false;
    text_format(profile, sizeof(profile), "%.*sTorBrowser/Data/Browser/profile.default",
        (int)before, program);
    extra->family = BROWSER_TOR_BROWSER;
    extra->name = "tor-browser";
    return set_folder(extra, profile, home);
}

static const struct browser_place *place_of(const char *program)
{
    const char *name = strrchr(program, '/') ? strrchr(program, '/') + 1 : program;
    const struct browser_place *place;
    for (size_t i = 0; (place = browser_place_at(i)); i++)
        if (browser_is_process(place->name, "native", name))
            return place;
    return NULL;
}

bool browsers_extra(
    const char *words, size_t length, bool cut, const char *home, struct browsers_extra *extra)
{
    static const char data[] = "--user-data-dir=";
    const char *at = words, *end = words + length, *word;
    char program[HOMEFILE_PATH];
    if (!(word = next_word(&at, end, cut)) || strnlen(word, length) >= sizeof(program))
        return false;
    text_format(program, sizeof(program), "%.*s", (int)strnlen(word, length), word);
    const struct browser_place *place = place_of(program);
    if (!place)
        return false;
    extra->family = place->family;
    extra->name = place->name;
    if (place->family != BROWSER_CHROMIUM && is_tor(extra, program, home))
        return true;
    while ((word = next_word(&at, end, cut))) {
        char text[HOMEFILE_PATH];
        size_t size = strnlen(word, (size_t)(end - word));
        bool profile = (size == 8 && memcmp(word, "-profile", 8) == 0) ||
                       (size == 9 && memcmp(word, "--profile", 9) == 0);
        if (place->family != BROWSER_CHROMIUM && profile && !(word = next_word(&at, end, cut)))
            return false;
        size = strnlen(word, (size_t)(end - word));
        if (size >= sizeof(text))
            return false;
        text_format(text, sizeof(text), "%.*s", (int)size, word);
        if (place->family == BROWSER_CHROMIUM && strncmp(text, data, strlen(data)) == 0)
            return set_folder(extra, text + strlen(data), home);
        if (place->family != BROWSER_CHROMIUM && profile)
            return set_folder(extra, text, home);
    }
    return false;
}
