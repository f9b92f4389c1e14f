/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/homefile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

/* Entries of a folder that are looked at for a pattern. */
#define ENTRIES_MAX 4096

/* ---- folders ---- */

/* A snap's folder of now is a link to the one of its revision, which lies beside it. */
static int open_current(int folder)
{
    char target[NAME_MAX + 1];
    ssize_t length = readlinkat(folder, "current", target, sizeof(target) - 1);
    if (length <= 0)
        return -1;
    target[length] = '\0';
    if (strchr(target, '/') || strcmp(target, "..") == 0) {
        errno = ELOOP;
        return -1;
    }
    return openat(folder, target, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int open_part(int folder, const char *part)
{
    if (strcmp(part, "..") == 0 || part[0] == '\0') {
        errno = EINVAL;
        return -1;
    }
    int next = openat(folder, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0 && (errno == ELOOP || errno == ENOTDIR) && strcmp(part, "current") == 0)
        return open_current(folder);
    return next;
}

/* Takes the first part of *path, and the slash behind it. False where it is none. */
static bool take_part(const char **path, char part[static NAME_MAX + 1])
{
    size_t length = strcspn(*path, "/");
    if (length == 0 || length > NAME_MAX)
        return false;
    memcpy(part, *path, length);
    part[length] = '\0';
    *path += length + ((*path)[length] == '/');
    return true;
}

/* The folder that the last part of path lies in, and that part. -errno. */
static int open_parent(int home, const char *path, char last[static NAME_MAX + 1])
{
    int folder = fcntl(home, F_DUPFD_CLOEXEC, 0);
    while (folder >= 0 && take_part(&path, last)) {
        if (*path == '\0')
            return folder;
        int next = open_part(folder, last);
        int error = errno;
        close(folder);
        errno = error;
        folder = next;
    }
    if (folder < 0)
        return -errno;
    close(folder);
    return -EINVAL;
}

/* ---- files ---- */

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

static int open_in(int folder, const char *name, uid_t user, size_t most, struct homefile_why *why)
{
    struct stat status;
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno != ENOENT)
            why->words = refusal(errno);
        why->denied = errno == EACCES || errno == EPERM;
        return -1;
    }
    if ((why->words = check_file(&status, user, most)))
        return -1;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        why->words = refusal(errno);
        return -1;
    }
    /* It may have been replaced in between. */
    why->words = fstat(fd, &status) < 0 ? refusal(errno) : check_file(&status, user, most);
    if (why->words) {
        close(fd);
        return -1;
    }
    return fd;
}

/* A folder on the way that is a link, or is closed to us, counts only where there is something
 * behind it. */
static void explain_folder(int home, const char *path, int error, struct homefile_why *why)
{
    struct stat status;
    bool there = fstatat(home, path, &status, 0) == 0;
    why->folder = true;
    why->denied = !there && (errno == EACCES || errno == EPERM);
    if (there || why->denied)
        why->words = refusal(error);
}

int homefile_open(int home, const char *path, uid_t user, size_t most, struct homefile_why *why)
{
    char name[NAME_MAX + 1];
    *why = (struct homefile_why){0};
    int folder = open_parent(home, path, name);
    why->folder = folder == -ENOENT;
    if (folder == -ENOENT)
        return -1;
    if (folder == -EINVAL) {
        why->words = "cannot be read";
        why->folder = true;
        return -1;
    }
    if (folder < 0) {
        explain_folder(home, path, -folder, why);
        return -1;
    }
    int fd = open_in(folder, name, user, most, why);
    close(folder);
    return fd;
}

/* Up to `size` octets, what there is. False on an error. */
static bool read_all(int fd, char *out, size_t size, size_t *length)
{
    *length = 0;
    while (*length < size) {
        ssize_t got = pread(fd, out + *length, size - *length, (off_t)*length);
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

char *homefile_read(int fd, size_t most, size_t *length, struct homefile_why *why)
{
    struct stat status;
    char *text = NULL;
    *length = 0;
    *why = (struct homefile_why){0};
    if (fstat(fd, &status) < 0 || status.st_size < 0)
        why->words = "cannot be read";
    else if ((uintmax_t)status.st_size > most)
        why->words = "is too long";
    if (!why->words) {
        size_t size = (size_t)status.st_size + 1;
        if (!(text = malloc(size)))
            why->words = "is too long for the memory that is left";
        else if (!read_all(fd, text, size, length) || *length == size)
            why->words = *length == size ? "grew meanwhile" : "cannot be read";
    }
    if (why->words) {
        free(text);
        text = NULL;
    }
    close(fd);
    return text;
}

bool homefile_is_sound(int fd, uid_t user)
{
    struct stat status;
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & (O_ACCMODE | O_PATH)) == O_RDONLY && fstat(fd, &status) == 0 &&
           S_ISREG(status.st_mode) && status.st_uid == user;
}

/* ---- patterns ---- */

struct matching {
    void (*found)(void *context, const char *path);
    void *context;
    char path[HOMEFILE_PATH];
    unsigned left;
};

static void match_below(struct matching *matching, int folder, const char *pattern);

/* Goes on in the folder `name`; the path grows by it for so long. */
static void descend(struct matching *matching, int folder, const char *name, const char *rest)
{
    size_t used = strlen(matching->path);
    if (used + strlen(name) + 2 > sizeof(matching->path))
        return;
    int next = open_part(folder, name);
    if (next < 0)
        return;
    text_format(
        matching->path + used, sizeof(matching->path) - used, "%s%s", used ? "/" : "", name);
    match_below(matching, next, rest);
    matching->path[used] = '\0';
    close(next);
}

static void match_entries(
    struct matching *matching, int folder, const char *prefix, const char *rest)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    size_t length = strlen(prefix);
    if (!entries) {
        if (fd >= 0)
            close(fd);
        return;
    }
    for (unsigned i = 0; i < ENTRIES_MAX && matching->left > 0 && (entry = readdir(entries)); i++)
        if (strncmp(entry->d_name, prefix, length) == 0 &&
            (entry->d_name[0] != '.' || prefix[0] == '.') && strcmp(entry->d_name, "current") != 0)
            descend(matching, folder, entry->d_name, rest);
    closedir(entries);
}

static void match_below(struct matching *matching, int folder, const char *pattern)
{
    char part[NAME_MAX + 1];
    if (*pattern == '\0') {
        if (matching->left > 0) {
            matching->left--;
            matching->found(matching->context, matching->path);
        }
        return;
    }
    if (!take_part(&pattern, part))
        return;
    size_t length = strlen(part);
    if (part[length - 1] == '*') {
        part[length - 1] = '\0';
        match_entries(matching, folder, part, pattern);
    } else {
        descend(matching, folder, part, pattern);
    }
}

void homefile_match(
    int home, const char *pattern, void (*found)(void *context, const char *path), void *context)
{
    struct matching matching = {.found = found, .context = context, .left = HOMEFILE_MATCHES};
    match_below(&matching, home, pattern);
}
