/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/exportfolder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "sources/statefolder.h"

/* Exports of one second. */
#define TRIES 100

static int open_parent(
    struct exportfolder *folder, const char *where, int system, const char *home, char *shown)
{
    struct statefolder state;
    if (where[0]) {
        text_escape(where, strlen(where), shown, sizeof(folder->path));
        folder->parent = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return folder->parent < 0 ? -errno : 0;
    }
    errno = ENOENT;
    statefolder_open(&state, system, home);
    int error = state.folder < 0 ? -errno : 0;
    text_format(shown, sizeof(folder->path), "%s", state.path[0] ? state.path : "no home is known");
    folder->parent = state.folder;
    return error;
}

static bool is_there(int parent, const char *name)
{
    struct stat status;
    return fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A name that nobody has, and its folder. */
static int make_folder(struct exportfolder *folder, uint64_t now)
{
    time_t seconds = (time_t)(now / 1000000000U);
    struct tm local;
    char stamp[32];
    if (!localtime_r(&seconds, &local) ||
        strftime(stamp, sizeof(stamp), "leaktop-%Y%m%d-%H%M%S", &local) == 0)
        return -EINVAL;
    for (int i = 1; i <= TRIES; i++) {
        char suffix[16] = "";
        if (i > 1)
            text_format(suffix, sizeof(suffix), "-%d", i);
        text_format(folder->name, sizeof(folder->name), "%s%s", stamp, suffix);
        text_format(folder->partial, sizeof(folder->partial), "%s.partial", folder->name);
        if (is_there(folder->parent, folder->name))
            continue;
        if (mkdirat(folder->parent, folder->partial, 0700) == 0)
            break;
        if (errno != EEXIST)
            return -errno;
        if (i == TRIES)
            return -EEXIST;
    }
    folder->folder =
        openat(folder->parent, folder->partial, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return folder->folder < 0 ? -errno : 0;
}

int exportfolder_begin(
    struct exportfolder *folder, const char *where, int system, const char *home, uint64_t now)
{
    char shown[sizeof(folder->path)] = "";
    *folder = (struct exportfolder){.parent = -1, .folder = -1};
    int error = open_parent(folder, where, system, home, shown);
    text_format(folder->path, sizeof(folder->path), "%s", shown);
    if (error == 0)
        error = make_folder(folder, now);
    if (error)
        return exportfolder_end(folder, error);
    size_t used = strlen(folder->path);
    bool slash = used > 0 && folder->path[used - 1] == '/';
    text_format(
        folder->path + used, sizeof(folder->path) - used, "%s%s", slash ? "" : "/", folder->name);
    return 0;
}

FILE *exportfolder_file(struct exportfolder *folder, const char *name)
{
    if (folder->file_count == EXPORTFOLDER_FILES) {
        errno = EMFILE;
        return NULL;
    }
    int fd =
        openat(folder->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return NULL;
    folder->files[folder->file_count++] = name;
    FILE *file = fdopen(fd, "w");
    if (!file)
        close(fd);
    return file;
}

int exportfolder_close(FILE *file, int failed)
{
    int error = failed ? (errno ? -errno : -EIO) : 0;
    if (error == 0 && ferror(file))
        error = -EIO;
    if (fflush(file) == EOF && error == 0)
        error = -errno;
    if (error == 0 && fsync(fileno(file)) < 0)
        error = -errno;
    if (fclose(file) == EOF && error == 0)
        error = -errno;
    return error;
}

int exportfolder_end(struct exportfolder *folder, int error)
{
    if (error == 0 && fsync(folder->folder) < 0)
        error = -errno;
    if (error == 0 && renameat2(folder->parent, folder->partial, folder->parent, folder->name,
                          RENAME_NOREPLACE) < 0) {
        error = -errno;
        /* A file system that does not know how to say "only where there is none". */
        if (errno == EINVAL && !is_there(folder->parent, folder->name))
            error = renameat(folder->parent, folder->partial, folder->parent, folder->name) < 0
                        ? -errno
                        : 0;
    }
    if (error == 0)
        (void)fsync(folder->parent);
    for (size_t i = 0; error && i < folder->file_count; i++)
        (void)unlinkat(folder->folder, folder->files[i], 0);
    if (error && folder->folder >= 0)
        (void)unlinkat(folder->parent, folder->partial, AT_REMOVEDIR);
    if (folder->folder >= 0)
        close(folder->folder);
    if (folder->parent >= 0)
        close(folder->parent);
    folder->folder = folder->parent = -1;
    return error;
}
