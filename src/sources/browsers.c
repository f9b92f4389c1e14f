/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/browsers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "sources/browsers_parse.h"
#include "sources/textfile.h"
#include "tables/browsers.h"

#define PROFILES_INI_MAX 65536

/* ---- opening: no link is followed, and nothing is opened that is no file of the user's ---- */

/* The folder below `from`, or -errno. */
static int open_folder(int from, const char *path)
{
    char part[NAME_MAX + 1];
    int folder = fcntl(from, F_DUPFD_CLOEXEC, 0);
    if (folder < 0)
        return -errno;
    while (*path) {
        size_t length = strcspn(path, "/");
        if (length == 0 || length >= sizeof(part)) {
            close(folder);
            return -EINVAL;
        }
        memcpy(part, path, length);
        part[length] = '\0';
        path += length + (path[length] == '/');
        int next = strcmp(part, "..") == 0
                       ? -1
                       : openat(folder, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int error = next < 0 ? errno : 0;
        close(folder);
        if (next < 0)
            return error ? -error : -EINVAL;
        folder = next;
    }
    return folder;
}

static const char *refusal(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
        return "may not be read";
    case ELOOP:
    case ENOTDIR:
        return "is reached by a link, or is none";
    default:
        return "cannot be read";
    }
}

static const char *check_file(const struct stat *status, uid_t user, size_t most)
{
    if (S_ISLNK(status->st_mode))
        return "is a link";
    if (!S_ISREG(status->st_mode))
        return "is no regular file";
    if (status->st_uid != user)
        return "belongs to somebody else";
    if (status->st_size < 0 || (uintmax_t)status->st_size > most)
        return "is too long";
    return NULL;
}

/* Up to `size` octets, what there is. False on an error. */
static bool read_all(int fd, char *out, size_t size, size_t *length)
{
    *length = 0;
    while (*length < size) {
        ssize_t got = read(fd, out + *length, size - *length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0)
            break;
        *length += (size_t)got;
    }
    return true;
}

/* The file's text, the caller's; NULL where there is none (then *why is NULL), or it is refused. */
static char *read_file(
    int folder, const char *name, uid_t user, size_t most, size_t *length, const char **why)
{
    struct stat status;
    *why = NULL;
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno != ENOENT)
            *why = refusal(errno);
        return NULL;
    }
    if ((*why = check_file(&status, user, most)))
        return NULL;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        *why = refusal(errno);
        return NULL;
    }
    char *text = NULL;
    /* It may have been replaced in between. */
    if (fstat(fd, &status) < 0)
        *why = refusal(errno);
    else
        *why = check_file(&status, user, most);
    size_t size = *why ? 0 : (size_t)status.st_size + 1;
    if (!*why && !(text = malloc(size)))
        *why = "is too long for the memory that is left";
    if (text && (!read_all(fd, text, size, length) || *length == size)) {
        *why = *length == size ? "grew meanwhile" : "cannot be read";
        free(text);
        text = NULL;
    }
    close(fd);
    return text;
}

/* ---- rows ---- */

struct finder {
    const struct browser_place *place;
    uid_t user;
    const char *root;
    int folder; /* of the place */
    struct browser_profile *list;
    size_t count, room;
    bool more; /* than there is room for */
    /* The section of profiles.ini that is read. */
    char section[32], name[128], path[256];
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
    text_format(full, sizeof(full), "%s%s", finder->root, path);
    DIR *folder = opendir(full);
    if (!folder) {
        if (errno == ENOENT || errno == ENOTDIR)
            return true;
        set_trouble(row, path, refusal(errno));
        return false;
    }
    const struct dirent *entry;
    while (!why && (entry = readdir(folder))) {
        size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 5, ".json") != 0)
            continue;
        text_format(full, sizeof(full), "%s%s/%s", finder->root, path, entry->d_name);
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
    struct finder *finder, const char *profile, struct browser_settings *settings)
{
    static const char name[] = "Preferences";
    int folder = open_folder(finder->folder, profile);
    const char *why = folder < 0 && folder != -ENOENT ? refusal(-folder) : NULL;
    size_t length = 0;
    char *text =
        folder < 0 ? NULL : read_file(folder, name, finder->user, BROWSERS_FILE_MAX, &length, &why);
    if (folder >= 0)
        close(folder);
    if (text)
        why = chromium_preferences(text, length, settings);
    free(text);
    if (!why)
        return;
    settings->webrtc = BROWSER_WEBRTC_UNKNOWN;
    text_format(settings->webrtc_source, sizeof(settings->webrtc_source), "%s %s", name, why);
    text_format(settings->proxy, sizeof(settings->proxy), "not known (%s %s)", name, why);
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
    size_t length;
    const char *why;
    char *text = read_file(finder->folder, name, finder->user, BROWSERS_FILE_MAX, &length, &why);
    if (!text && !why)
        return;
    struct browser_profile found = {.settings = {0}};
    struct chromium_policies policies = {0};
    struct chromium chromium = {.finder = finder, .state = &found.settings, .policies = &policies};
    if (text)
        chromium_settings(text, length, &found.settings);
    if (!text || !read_managed(finder, &found, &policies)) {
        struct browser_profile *row = add_row(finder, "");
        if (!text)
            set_trouble(row, name, why);
        else if (row)
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
        text_format(full, sizeof(full), "%s%s", finder->root, path);
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

static void read_firefox(struct finder *finder, struct browser_profile *row, int folder)
{
    static const char *const names[] = {"prefs.js", "user.js"};
    struct firefox_prefs prefs;
    firefox_prefs_init(&prefs, finder->place->family == BROWSER_TOR_BROWSER);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t length;
        const char *why;
        char *text = read_file(folder, names[i], finder->user, BROWSERS_FILE_MAX, &length, &why);
        if (text)
            why = firefox_prefs_read(&prefs, text, length);
        else if (!why && i == 0)
            why = "is not there";
        free(text);
        if (why) {
            set_trouble(row, names[i], why);
            return;
        }
    }
    if (read_policies(finder, row, &prefs))
        firefox_settings(&prefs, &row->settings);
}

/* A section of profiles.ini ends. */
static void end_section(struct finder *finder)
{
    if (strncmp(finder->section, "Profile", 7) == 0 && finder->path[0]) {
        struct browser_profile *row =
            add_row(finder, finder->name[0] ? finder->name : finder->path);
        int folder = row && !finder->absolute ? open_folder(finder->folder, finder->path) : -1;
        if (folder >= 0) {
            read_firefox(finder, row, folder);
            close(folder);
        } else if (finder->absolute) {
            set_trouble(row, "its folder", "lies elsewhere");
        } else {
            set_trouble(row, "its folder", refusal(-folder));
        }
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
    size_t length;
    const char *why;
    char *text = read_file(finder->folder, name, finder->user, PROFILES_INI_MAX, &length, &why);
    if (!text && !why)
        return;
    size_t before = finder->count;
    if (text && memchr(text, '\0', length)) {
        why = "is no text";
    } else if (text) {
        text[length] = '\0'; /* read_file leaves room */
        if (ini_parse_string(text, on_entry, finder) != 0)
            why = "is damaged";
        end_section(finder);
    }
    if (why) {
        finder->count = before; /* what stands there in part is not all */
        set_trouble(add_row(finder, ""), name, why);
    }
    free(text);
}

/* A folder on the way that is a link, or is closed to us, tells of a browser only where there is
 * one behind it. */
static void add_refused(struct finder *finder, int home, int error, bool *closed)
{
    struct stat status;
    bool there = fstatat(home, finder->place->folder, &status, 0) == 0;
    bool denied = !there && (errno == EACCES || errno == EPERM);
    if (!there && (!denied || *closed))
        return;
    struct browser_profile *row = add_row(finder, "");
    if (row && denied)
        row->name = "any"; /* which ones there are cannot be known */
    *closed |= denied;
    set_trouble(row, finder->place->folder, refusal(error));
}

size_t browsers_read(
    int home, uid_t user, const char *root, struct browser_profile *list, size_t room)
{
    struct finder finder = {.user = user, .root = root, .list = list, .room = room};
    bool closed = false;
    for (size_t i = 0; (finder.place = browser_place_at(i)); i++) {
        finder.folder = open_folder(home, finder.place->folder);
        if (finder.folder < 0) {
            add_refused(&finder, home, -finder.folder, &closed);
            continue;
        }
        if (finder.place->family == BROWSER_FIREFOX)
            find_firefox(&finder);
        else
            find_chromium(&finder);
        close(finder.folder);
    }
    if (finder.more && room > 0) {
        /* The last one stands for all that are not told. */
        struct browser_profile *last = &list[room - 1];
        memset(last, 0, sizeof(*last));
        last->name = "any";
        last->package = "any";
        set_trouble(last, "the rest:", "more profiles than are read");
    }
    return finder.count;
}
