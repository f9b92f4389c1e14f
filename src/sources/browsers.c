/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/browsers.h"

#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "sources/browsers_parse.h"
#include "sources/textfile.h"

#define PROFILES_INI_MAX 65536
#define FILE_PATH (HOMEFILE_PATH + 64)

/* ---- the person's own files, where we may read them ---- */

static char *read_own(
    void *context, const char *path, size_t most, size_t *length, struct homefile_why *why)
{
    const struct browsers_home *home = context;
    int fd = homefile_open(home->folder, path, home->user, most, why);
    char *text = fd < 0 ? NULL : homefile_read(fd, most, length, why);
    if (fd >= 0 && home->was_read)
        home->was_read(home->context, path);
    return text;
}

static void match_own(void *context, const char *pattern,
    void (*found)(void *context, const char *path), void *found_context)
{
    const struct browsers_home *home = context;
    homefile_match(home->folder, pattern, found, found_context);
}

struct browsers_files browsers_home_files(struct browsers_home *home)
{
    return (struct browsers_files){.context = home, .read = read_own, .match = match_own};
}

/* ---- rows ---- */

struct finder {
    const struct browsers_files *files;
    const struct browsers_query *query;
    const struct browser_place *place;
    const char *folder;          /* of the place, below the home */
    char filled[HOMEFILE_PATH];  /* what folder may point to */
    struct browser_place beyond; /* and place: one that is not the table's */
    struct browser_profile *list;
    size_t count, room;
    bool more;   /* than there is room for */
    bool closed; /* a row says so: something may not be read, and what it is is not known */
    uint64_t read[BROWSERS_MAX]; /* of rows: what the path of the profile comes to */
    /* The section of profiles.ini that is read. */
    char section[32], name[128], path[HOMEFILE_PATH];
    bool absolute;
};

static struct browser_profile *add_row(struct finder *finder, const char *profile)
{
    if (finder->count == finder->room) {
        finder->more = true;
        return NULL;
    }
    struct browser_profile *row = &finder->list[finder->count++];
    memset(row, 0, sizeof(*row));
    row->name = finder->place->name;
    row->package = finder->place->package;
    row->chromium = finder->place->family == BROWSER_CHROMIUM;
    row->tor = finder->place->family == BROWSER_TOR_BROWSER;
    text_escape(profile, strlen(profile), row->profile, sizeof(row->profile));
    return row;
}

static void set_trouble(struct browser_profile *row, const char *file, const char *why)
{
    if (!row)
        return;
    memset(&row->settings, 0, sizeof(row->settings));
    text_format(row->settings.trouble, sizeof(row->settings.trouble), "%s %s", file, why);
}

/* A running browser may name a folder that was read already. */
static bool was_read(const struct finder *finder, const char *folder)
{
    uint64_t key = hash_bytes(folder, strlen(folder), 0);
    for (size_t i = 0; i < finder->count; i++)
        if (finder->read[i] == key)
            return true;
    return false;
}

/* The row that is added next is read there. */
static void note_read(struct finder *finder, const char *folder)
{
    if (finder->count < BROWSERS_MAX)
        finder->read[finder->count] = hash_bytes(folder, strlen(folder), 0);
}

static char *read_file(const struct finder *finder, const char *folder, const char *name,
    size_t most, size_t *length, struct homefile_why *why)
{
    char path[FILE_PATH];
    text_format(path, sizeof(path), "%s/%s", folder, name);
    return finder->files->read(finder->files->context, path, most, length, why);
}

/* The file by which a browser is known is refused; nothing where there is none. */
static void add_refused(struct finder *finder, const char *file, const struct homefile_why *why)
{
    if (!why->words || (why->folder && why->denied && finder->closed))
        return;
    struct browser_profile *row = add_row(finder, "");
    if (row && why->folder && why->denied) {
        row->name = "any"; /* which ones there are cannot be known */
        finder->closed = true;
    }
    set_trouble(row, why->folder ? finder->folder : file, why->words);
}

/* ---- Chromium ---- */

/* As for Firefox, but all files of a folder count. False where they cannot be known; the row says
 * why. */
static bool read_managed(
    struct finder *finder, struct browser_profile *row, struct chromium_policies *policies)
{
    enum { FILES_MAX = 64 };
    const char *path = browser_policy_folder(finder->place);
    char full[PATH_MAX], text[TEXTFILE_MAX];
    const char *why = NULL;
    unsigned files = 0;
    if (!path)
        return true;
    text_format(full, sizeof(full), "%s%s", finder->query->root, path);
    DIR *folder = opendir(full);
    if (!folder) {
        if (errno == ENOENT || errno == ENOTDIR)
            return true;
        set_trouble(row, path, "cannot be read");
        return false;
    }
    const struct dirent *entry;
    while (!why && (entry = readdir(folder))) {
        size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 5, ".json") != 0)
            continue;
        text_format(full, sizeof(full), "%s%s/%s", finder->query->root, path, entry->d_name);
        if (++files > FILES_MAX)
            why = "has too many files";
        else if (textfile_read(full, text, sizeof(text), &length) != 0)
            why = "has a file that cannot be read";
        else if (chromium_policies_read(policies, text, length))
            why = "has a file that is damaged, or contradicts another";
    }
    closedir(folder);
    if (why)
        set_trouble(row, path, why);
    return !why;
}

struct chromium {
    struct finder *finder;
    const struct browser_settings *state; /* of Local State */
    const struct chromium_policies *policies;
};

/* What Preferences say; where they are not known, proxy and WebRTC are not. */
static void read_preferences(
    const struct finder *finder, const char *profile, struct browser_settings *settings)
{
    static const char name[] = "Preferences";
    char folder[HOMEFILE_PATH];
    struct homefile_why why;
    size_t length = 0;
    text_format(folder, sizeof(folder), "%s/%s", finder->folder, profile);
    char *text = read_file(finder, folder, name, BROWSERS_FILE_MAX, &length, &why);
    if (text)
        why.words = chromium_preferences(text, length, settings);
    free(text);
    if (!why.words)
        return;
    settings->webrtc = BROWSER_WEBRTC_UNKNOWN;
    text_format(settings->webrtc_source, sizeof(settings->webrtc_source), "%s %s", name, why.words);
    text_format(settings->proxy, sizeof(settings->proxy), "not known (%s %s)", name, why.words);
    settings->names = BROWSER_NAMES_UNSURE;
}

static void add_chromium(void *context, const char *profile)
{
    const struct chromium *chromium = context;
    struct browser_profile *row = add_row(chromium->finder, profile);
    if (!row)
        return;
    row->settings = *chromium->state;
    read_preferences(chromium->finder, profile[0] ? profile : "Default", &row->settings);
    chromium_policies_apply(chromium->policies, &row->settings);
}

static void find_chromium(struct finder *finder)
{
    static const char name[] = "Local State";
    struct homefile_why why;
    size_t length;
    char *text = read_file(finder, finder->folder, name, BROWSERS_FILE_MAX, &length, &why);
    struct browser_profile found = {.settings = {0}};
    struct chromium_policies policies = {0};
    struct chromium chromium = {.finder = finder, .state = &found.settings, .policies = &policies};
    note_read(finder, finder->folder);
    if (!text) {
        add_refused(finder, name, &why);
        return;
    }
    chromium_settings(text, length, &found.settings);
    if (!read_managed(finder, &found, &policies)) {
        struct browser_profile *row = add_row(finder, "");
        if (row)
            row->settings = found.settings;
    } else if (chromium_profiles(text, length, add_chromium, &chromium) == 0) {
        add_chromium(&chromium, "");
    }
    free(text);
}

/* ---- Firefox ---- */

/* The first policies that there are are the policies. True where they are none or understood; else
 * the row says why not. A link is followed here: these files are the administrator's. */
static bool read_policies(
    struct finder *finder, struct browser_profile *row, struct firefox_prefs *prefs)
{
    const char *path;
    for (size_t i = 0; (path = browser_policies_at(finder->place, i)); i++) {
        char full[PATH_MAX], text[TEXTFILE_MAX];
        size_t length;
        text_format(full, sizeof(full), "%s%s", finder->query->root, path);
        int error = textfile_read(full, text, sizeof(text), &length);
        if (error == -ENOENT || error == -ENOTDIR)
            continue;
        const char *why = error ? "cannot be read" : firefox_policies_read(prefs, text, length);
        if (why)
            set_trouble(row, path, why);
        return !why;
    }
    return true;
}

/* The profile in a folder below the home. must: it is said to be there. */
static void add_firefox(struct finder *finder, const char *title, const char *folder, bool must)
{
    static const char *const names[] = {"prefs.js", "user.js"};
    struct firefox_prefs prefs;
    struct browser_profile *row = NULL;
    note_read(finder, folder);
    firefox_prefs_init(&prefs, finder->place->family == BROWSER_TOR_BROWSER);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct homefile_why why;
        size_t length;
        char *text = read_file(finder, folder, names[i], BROWSERS_FILE_MAX, &length, &why);
        if (i == 0 && !text && !why.words && !must)
            return;
        if (!row)
            row = add_row(finder, title);
        if (text)
            why.words = firefox_prefs_read(&prefs, text, length);
        else if (!why.words && i == 0)
            why.words = "is not there";
        free(text);
        if (why.words) {
            set_trouble(row, why.folder ? "its folder" : names[i], why.words);
            return;
        }
    }
    if (row && read_policies(finder, row, &prefs))
        firefox_settings(&prefs, &row->settings);
}

/* A path from the root on, as one below the home; false where it is none. */
static bool below_home(
    const struct finder *finder, const char *path, char folder[static HOMEFILE_PATH])
{
    const char *home = finder->query->home;
    size_t length = home ? strlen(home) : 0;
    if (length < 2 || strncmp(path, home, length) != 0 || path[length] != '/')
        return false;
    text_format(folder, HOMEFILE_PATH, "%s", path + length + 1);
    return true;
}

/* A section of profiles.ini ends. */
static void end_section(struct finder *finder)
{
    if (strncmp(finder->section, "Profile", 7) == 0 && finder->path[0]) {
        const char *title = finder->name[0] ? finder->name : finder->path;
        char folder[2 * HOMEFILE_PATH];
        text_format(folder, sizeof(folder), "%s/%s", finder->folder, finder->path);
        if (finder->absolute && !below_home(finder, finder->path, folder))
            set_trouble(add_row(finder, title), "its folder", "lies elsewhere");
        else if (strlen(folder) >= HOMEFILE_PATH)
            set_trouble(add_row(finder, title), "its folder", "cannot be read");
        else
            add_firefox(finder, title, folder, true);
    }
    finder->section[0] = finder->name[0] = finder->path[0] = '\0';
    finder->absolute = false;
}

static int on_entry(void *context, const char *section, const char *name, const char *value)
{
    struct finder *finder = context;
    if (strcmp(section, finder->section) != 0)
        end_section(finder);
    text_format(finder->section, sizeof(finder->section), "%s", section);
    if (strcmp(name, "Name") == 0)
        text_format(finder->name, sizeof(finder->name), "%s", value);
    else if (strcmp(name, "Path") == 0)
        text_format(finder->path, sizeof(finder->path), "%s", value);
    else if (strcmp(name, "IsRelative") == 0)
        finder->absolute = strcmp(value, "1") != 0;
    return 1;
}

static void find_firefox(struct finder *finder)
{
    static const char name[] = "profiles.ini";
    struct homefile_why why;
    size_t length;
    char *text = read_file(finder, finder->folder, name, PROFILES_INI_MAX, &length, &why);
    if (!text) {
        add_refused(finder, name, &why);
        return;
    }
    size_t before = finder->count;
    if (memchr(text, '\0', length)) {
        why.words = "is no text";
    } else {
        text[length] = '\0'; /* homefile_read leaves room */
        if (ini_parse_string(text, on_entry, finder) != 0)
            why.words = "is damaged";
        end_section(finder);
    }
    if (why.words) {
        finder->count = before; /* what stands there in part is not all */
        set_trouble(add_row(finder, ""), name, why.words);
    }
    free(text);
}

/* ---- places ---- */

/* The folder that Tor Browser lies in is its name: "tor-browser". */
static void find_tor_browser(struct finder *finder)
{
    static const char tail[] = "/Browser/TorBrowser/Data/Browser/profile.default";
    char title[HOMEFILE_PATH];
    size_t length = strlen(finder->folder);
    size_t cut = length > strlen(tail) ? length - strlen(tail) : length;
    text_format(title, sizeof(title), "%.*s", (int)cut, finder->folder);
    const char *last = strrchr(title, '/');
    add_firefox(finder, last ? last + 1 : title, finder->folder, false);
}

static void find_in(void *context, const char *folder)
{
    struct finder *finder = context;
    finder->folder = folder;
    switch (finder->place->family) {
    case BROWSER_FIREFOX:
        find_firefox(finder);
        break;
    case BROWSER_CHROMIUM:
        find_chromium(finder);
        break;
    case BROWSER_TOR_BROWSER:
        find_tor_browser(finder);
        break;
    }
}

static void find_place(struct finder *finder)
{
    static const char config[] = ".config/";
    char *folder = finder->filled;
    const char *place = finder->place->folder;
    if (finder->query->config && strncmp(place, config, strlen(config)) == 0)
        text_format(
            folder, sizeof(finder->filled), "%s/%s", finder->query->config, place + strlen(config));
    else
        text_format(folder, sizeof(finder->filled), "%s", place);
    if (!strchr(folder, '*'))
        find_in(finder, folder);
    else if (finder->files->match)
        finder->files->match(finder->files->context, folder, find_in, finder);
}

static void find_extra(struct finder *finder, const struct browsers_extra *extra)
{
    const char *last = strrchr(extra->folder, '/');
    finder->beyond = (struct browser_place){
        .name = extra->name, .family = extra->family, .package = "native", .folder = extra->folder};
    finder->place = &finder->beyond;
    finder->folder = extra->folder;
    if (was_read(finder, extra->folder))
        return;
    if (extra->family == BROWSER_CHROMIUM)
        find_chromium(finder);
    else if (extra->family == BROWSER_TOR_BROWSER)
        find_tor_browser(finder);
    else
        add_firefox(finder, last ? last + 1 : extra->folder, extra->folder, false);
}

size_t browsers_read(const struct browsers_files *files, const struct browsers_query *query,
    struct browser_profile *list, size_t room)
{
    struct finder finder = {.files = files,
        .query = query,
        .list = list,
        .room = room < BROWSERS_MAX ? room : BROWSERS_MAX};
    for (size_t i = 0; (finder.place = browser_place_at(i)); i++)
        find_place(&finder);
    for (size_t i = 0; i < query->extra_count; i++)
        find_extra(&finder, &query->extra[i]);
    if (finder.more && finder.room > 0) {
        /* The last one stands for all that are not told. */
        struct browser_profile *last = &list[finder.room - 1];
        memset(last, 0, sizeof(*last));
        last->name = "any";
        last->package = "any";
        set_trouble(last, "the rest:", "more profiles than are read");
    }
    return finder.count;
}
