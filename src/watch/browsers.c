/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch/browsers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "guard/guard.h"
#include "model/model.h"
#include "sources/accounts.h"
#include "sources/browsers.h"
#include "tables/browsers.h"
#include "watch/browsers_others.h"
#include "watch/encrypted.h"
#include "watch/private.h"

/* Files and folders of policies that are watched; those beyond wait for the next reading. */
#define WATCHES_MAX 80
/* A file is replaced in a few steps; a browser may replace one every few seconds. */
#define CHANGED_MS 500
#define APART_NS (2 * SECOND)
/* Folders that running browsers were told to use. */
#define EXTRA_MAX 16

struct browsers {
    struct watch *watch;
    uv_fs_event_t events[WATCHES_MAX];
    size_t watched;
    struct browsers_extra extra[EXTRA_MAX];
    size_t extra_count;
    uint64_t read_ns;
    struct browsers_others *others; /* NULL: the watched user's alone */
    struct browser_profile list[BROWSERS_MAX];
};

/* ---- what is watched ---- */

static void on_due(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    browsers_update(watch);
    show_changed(watch);
}

static void read_soon(struct watch *watch)
{
    const struct browsers *browsers = watch->browsers;
    uint64_t now = watch_clock(), after = CHANGED_MS;
    if (now > browsers->read_ns && now - browsers->read_ns < APART_NS)
        after += (APART_NS - (now - browsers->read_ns)) / MS;
    if (!watch_timer_active(watch, TIMER_BROWSERS))
        watch_timer(watch, TIMER_BROWSERS, on_due, after, 0);
}

static void on_file(uv_fs_event_t *event, const char *name, int events, int status)
{
    (void)name, (void)events, (void)status;
    read_soon(event->data);
}

static void add_watch(struct browsers *browsers, const char *path)
{
    if (browsers->watched < WATCHES_MAX &&
        uv_fs_event_start(&browsers->events[browsers->watched], on_file, path, 0) == 0)
        browsers->watched++;
}

/* A file that was replaced is another one: it is the file that is watched, for in its folder a
 * browser writes all the time. */
static void was_read(void *context, const char *path)
{
    struct browsers *browsers = context;
    char full[PATH_MAX];
    text_format(full, sizeof(full), "%s/%s", browsers->watch->guard->home, path);
    add_watch(browsers, full);
}

/* Folders of policies change seldom; those that are not there are not watched. */
static void watch_policies(struct browsers *browsers)
{
    const struct browser_place *place;
    const char *last = "";
    for (size_t i = 0; (place = browser_place_at(i)); i++) {
        const char *path = browser_policy_folder(place);
        if (strcmp(place->name, last) == 0)
            continue;
        last = place->name;
        if (path)
            add_watch(browsers, path);
        for (size_t j = 0; (path = browser_policies_at(place, j)); j++) {
            char folder[PATH_MAX];
            text_format(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
            add_watch(browsers, folder);
        }
    }
}

/* ---- reading ---- */

/* A row that stands for all of a user's: they cannot be known. */
static size_t add_unknown(struct browser_profile *row, const char *why)
{
    memset(row, 0, sizeof(*row));
    row->name = "any";
    row->package = "any";
    text_format(row->settings.trouble, sizeof(row->settings.trouble), "%s", why);
    return 1;
}

/* What the person has in place of ".config", where that is known and below the home. */
static const char *config_below(const char *home)
{
    const char *path = getenv("XDG_CONFIG_HOME");
    size_t length = strlen(home);
    if (!path || length < 2 || strncmp(path, home, length) != 0 || path[length] != '/' ||
        path[length + 1] == '\0')
        return NULL;
    return path + length + 1;
}

static size_t read_own(struct browsers *browsers)
{
    const struct guard *guard = browsers->watch->guard;
    char why[BROWSER_TEXT];
    if (!guard->home[0])
        return add_unknown(browsers->list, "whose browsers to read is not known (-U)");
    int home = open(guard->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (home < 0) {
        text_format(why, sizeof(why), "the home folder of %.40s: %s",
            guard->user[0] ? guard->user : "its user", strerror(errno));
        return add_unknown(browsers->list, why);
    }
    struct browsers_home own = {
        .folder = home, .user = getuid(), .was_read = was_read, .context = browsers};
    struct browsers_files files = browsers_home_files(&own);
    struct browsers_query query = {.root = "",
        .home = guard->home,
        .config = config_below(guard->home),
        .extra = browsers->extra,
        .extra_count = browsers->extra_count};
    size_t count = browsers_read(&files, &query, browsers->list, BROWSERS_MAX);
    close(home);
    return count;
}

void browsers_update(struct watch *watch)
{
    struct browsers *browsers = watch->browsers;
    if (!browsers)
        return;
    while (browsers->watched > 0)
        uv_fs_event_stop(&browsers->events[--browsers->watched]);
    watch_policies(browsers);
    size_t count = read_own(browsers);
    for (size_t i = 0; i < count; i++) {
        struct browser_profile *row = &browsers->list[i];
        text_format(row->user, sizeof(row->user), "%s", watch->guard->user);
        /* Only the settings may tell that this server is a resolver. */
        if (row->settings.provider[0])
            encrypted_watch_add(watch->ingest.encrypted, row->settings.provider);
    }
    if (browsers->others)
        count +=
            browsers_others_rows(browsers->others, &browsers->list[count], BROWSERS_MAX - count);
    browsers->read_ns = watch_clock();
    model_browsers(watch->model, browsers->list, count, browsers->read_ns);
}

void browsers_recheck(struct watch *watch)
{
    browsers_update(watch);
    if (watch->browsers && watch->browsers->others)
        browsers_others_start(watch->browsers->others);
}

void browsers_all_people(struct watch *watch)
{
    struct browsers *browsers = watch->browsers;
    char *note = watch->progress.note;
    size_t size = sizeof(watch->progress.note);
    if (!browsers) {
        text_format(note, size, "a capture file does not tell what browsers are set to");
    } else if (browsers->others) {
        browsers_others_free(browsers->others);
        browsers->others = NULL;
        browsers_update(watch);
        text_format(note, size, "browsers of %s alone", watch->guard->user);
    } else if (!watch->guard->others) {
        text_format(
            note, size, "other people's browsers: only where root, or sudo, started leaktop");
    } else if (!(browsers->others = browsers_others_new(watch->guard, ACCOUNTS_FILE))) {
        text_format(note, size, "there is no memory for other people's browsers");
    } else {
        browsers_others_start(browsers->others);
        text_format(note, size, "browsers of all people are read; see browser-dns");
    }
}

void browsers_answer(struct watch *watch, const struct keeper_message *message, int fd)
{
    struct browsers *browsers = watch->browsers;
    if (browsers && browsers->others) {
        if (browsers_others_answer(
                browsers->others, message->token, message->value, message->text, fd))
            browsers_update(watch);
    } else if (fd >= 0) {
        close(fd);
    }
}

void browsers_command(struct watch *watch, const char *words, size_t length, bool cut)
{
    struct browsers *browsers = watch->browsers;
    struct browsers_extra extra = {0};
    if (!browsers || browsers->extra_count == EXTRA_MAX ||
        !browsers_extra(words, length, cut, watch->guard->home, &extra))
        return;
    for (size_t i = 0; i < browsers->extra_count; i++)
        if (strcmp(browsers->extra[i].folder, extra.folder) == 0)
            return;
    browsers->extra[browsers->extra_count++] = extra;
    read_soon(watch);
}

void browsers_open(struct watch *watch)
{
    if (watch->file || !(watch->browsers = calloc(1, sizeof(*watch->browsers))))
        return;
    watch->browsers->watch = watch;
    for (size_t i = 0; i < WATCHES_MAX; i++) {
        uv_fs_event_init(&watch->loop, &watch->browsers->events[i]);
        watch->browsers->events[i].data = watch;
    }
    browsers_update(watch);
}

void browsers_close(struct watch *watch)
{
    if (watch->browsers)
        browsers_others_free(watch->browsers->others);
    /* Its handles are the loop's until that is closed. */
    free(watch->browsers);
    watch->browsers = NULL;
}
