/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guard/linkfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

static bool is_wanted(const struct stat *status)
{
    return S_ISREG(status->st_mode) && status->st_size <= LINKFILE_MOST;
}

/* Looked at before it is opened, for to open a device may do something, and after, for it may have
 * been replaced in between. */
static int open_in(int folder, const char *name)
{
    struct stat status;
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    if (!is_wanted(&status))
        return -EINVAL;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &status) < 0 || !is_wanted(&status)) {
        close(fd);
        return -EINVAL;
    }
    return fd;
}

int linkfile_open(const char *root, uint32_t index)
{
    char path[PATH_MAX], name[16];
    if (index == 0 || index > INT32_MAX)
        return -EINVAL;
    text_format(path, sizeof(path), "%s%s", root, LINKFILE_FOLDER);
    text_format(name, sizeof(name), "%u", (unsigned)index);
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return -errno;
    int fd = open_in(folder, name);
    close(folder);
    return fd;
}

bool linkfile_is_sound(int fd)
{
    struct stat status;
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & (O_ACCMODE | O_PATH)) == O_RDONLY && fstat(fd, &status) == 0 &&
           S_ISREG(status.st_mode);
}
