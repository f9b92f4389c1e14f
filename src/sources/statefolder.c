/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/statefolder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

/* Entries of the folder that are looked at, so that a full one is no endless one. */
#define ENTRIES_MAX 4096

static void fail(struct statefolder *state, int error)
{
    if (state->folder >= 0)
        close(state->folder);
    state->folder = -1;
    text_format(state->trouble, sizeof(state->trouble), "%s: %s", state->path, strerror(error));
}

/* The folder is its user's own, and nobody else may look in or lay something there. */
static void check_folder(struct statefolder *state)
{
    struct stat status;
    if (fstat(state->folder, &status) == 0 && status.st_uid != geteuid()) {
        fail(state, EPERM);
        text_format(
            state->trouble, sizeof(state->trouble), "%s: belongs to somebody else", state->path);
    } else if (state->folder >= 0 && fchmod(state->folder, 0700) < 0) {
        fail(state, errno);
    }
}

/* Each part of path that is not there is made, for its user alone (XDG Base Directory). */
static int make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int error = mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
        *slash = '/';
        /* A part that may not be made may be there and closed: the last step tells. */
        if (error && error != -EACCES && error != -EROFS)
            return error;
    }
    return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static void open_path(struct statefolder *state, char *path)
{
    text_escape(path, strlen(path), state->path, sizeof(state->path));
    int error = make_folders(path);
    state->folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (state->folder < 0)
        fail(state, error && errno == ENOENT ? -error : errno);
    else
        check_folder(state);
}

void statefolder_open(struct statefolder *state, int system, const char *home)
{
    const char *base = getenv("XDG_STATE_HOME");
    char path[PATH_MAX];
    *state = (struct statefolder){.folder = -1};
    text_format(state->trouble, sizeof(state->trouble), "there is no home to keep it in");
    if (system > 0) {
        text_format(state->path, sizeof(state->path), "/var/lib/leaktop");
        state->folder = fcntl(system, F_DUPFD_CLOEXEC, 3);
        if (state->folder < 0)
            fail(state, errno);
        else
            check_folder(state);
        return;
    }
    if (base && base[0] == '/') {
        text_format(path, sizeof(path), "%s/leaktop", base);
        open_path(state, path);
    }
    /* The environment may be that of who called sudo, or of root. */
    if (state->folder < 0 && home[0] == '/') {
        text_format(path, sizeof(path), "%s/.local/state/leaktop", home);
        open_path(state, path);
    }
}

void statefolder_close(struct statefolder *state)
{
    if (state->folder >= 0)
        close(state->folder);
    state->folder = -1;
}

/* ---- reading ---- */

static int open_own(const struct statefolder *state, const char *name, size_t most, size_t *length,
    char *why, size_t why_size)
{
    struct stat status;
    /* NONBLOCK: a FIFO that lies there must not hold everything up. */
    int fd = openat(state->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        if (errno == ELOOP)
            text_format(why, why_size, "is a link");
        else if (errno != ENOENT)
            text_format(why, why_size, "%s", strerror(errno));
        return -1;
    }
    if (fstat(fd, &status) < 0)
        text_format(why, why_size, "%s", strerror(errno));
    else if (!S_ISREG(status.st_mode))
        text_format(why, why_size, "is no plain file");
    else if (status.st_uid != geteuid())
        text_format(why, why_size, "belongs to somebody else");
    else if (status.st_mode & 022)
        text_format(why, why_size, "others may write to it");
    else if (status.st_size < 0 || (uintmax_t)status.st_size > most)
        text_format(why, why_size, "is longer than any of ours");
    if (why[0]) {
        close(fd);
        return -1;
    }
    *length = (size_t)status.st_size;
    return fd;
}

json_t *statefolder_read(
    const struct statefolder *state, const char *name, size_t most, char *why, size_t why_size)
{
    size_t length = 0, used = 0;
    json_error_t error;
    json_t *value = NULL;
    why[0] = '\0';
    int fd = state->folder < 0 ? -1 : open_own(state, name, most, &length, why, why_size);
    if (fd < 0)
        return NULL;
    char *text = malloc(length + 1);
    while (text && used < length) {
        ssize_t got = read(fd, text + used, length - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    close(fd);
    if (text)
        value = json_loadb(text, used, JSON_REJECT_DUPLICATES, &error);
    if (!value)
        text_format(why, why_size, "is damaged");
    free(text);
    return value;
}

bool statefolder_text(const json_t *value, char *out, size_t size)
{
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    out[0] = '\0';
    if (json_is_null(value))
        return true;
    if (!text || length >= size)
        return false;
    for (size_t i = 0; i < length; i++)
        if (text[i] < ' ' || text[i] > '~')
            return false;
    memcpy(out, text, length + 1);
    return true;
}

/* ---- writing ---- */

static int write_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t put = write(fd, text, length);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -errno;
        text += put;
        length -= (size_t)put;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

int statefolder_write(const struct statefolder *state, const char *name, const json_t *value)
{
    char fresh[STATEFOLDER_NAME + 32];
    if (state->folder < 0)
        return -ENOENT;
    char *text = json_dumps(value, JSON_INDENT(1) | JSON_ENSURE_ASCII);
    if (!text)
        return -ENOMEM;
    text_format(fresh, sizeof(fresh), "%s.%ld.new", name, (long)getpid());
    /* Of an earlier process with this number. */
    (void)unlinkat(state->folder, fresh, 0);
    int fd =
        openat(state->folder, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int error = fd < 0 ? -errno : write_all(fd, text, strlen(text));
    free(text);
    if (fd >= 0 && close(fd) < 0 && error == 0)
        error = -errno;
    if (error == 0 && renameat(state->folder, fresh, state->folder, name) < 0)
        error = -errno;
    if (error && fd >= 0)
        (void)unlinkat(state->folder, fresh, 0);
    if (error == 0)
        (void)fsync(state->folder);
    return error;
}

static bool fits(const char *name, const char *begin, const char *end)
{
    size_t length = strlen(name), head = strlen(begin), tail = strlen(end);
    return length >= head + tail && length < STATEFOLDER_NAME && memcmp(name, begin, head) == 0 &&
           memcmp(name + length - tail, end, tail) == 0;
}

struct found {
    char name[STATEFOLDER_NAME];
    struct timespec time;
};

static int newest_first(const void *left, const void *right)
{
    const struct found *a = left, *b = right;
    if (a->time.tv_sec != b->time.tv_sec)
        return a->time.tv_sec > b->time.tv_sec ? -1 : 1;
    return a->time.tv_nsec > b->time.tv_nsec ? -1 : a->time.tv_nsec < b->time.tv_nsec;
}

void statefolder_prune(
    const struct statefolder *state, const char *begin, const char *end, size_t keep)
{
    size_t count = 0;
    int fd =
        state->folder < 0 ? -1 : openat(state->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    struct found *found = calloc(ENTRIES_MAX, sizeof(*found));
    if (!folder || !found)
        goto out;
    const struct dirent *entry;
    for (size_t seen = 0; seen < ENTRIES_MAX && (entry = readdir(folder)); seen++) {
        struct stat status;
        if (!fits(entry->d_name, begin, end) ||
            fstatat(state->folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        text_format(found[count].name, STATEFOLDER_NAME, "%s", entry->d_name);
        found[count++].time = status.st_mtim;
    }
    qsort(found, count, sizeof(*found), newest_first);
    for (size_t i = keep; i < count; i++)
        (void)unlinkat(state->folder, found[i].name, 0);
out:
    free(found);
    if (folder)
        closedir(folder);
    else if (fd >= 0)
        close(fd);
}
