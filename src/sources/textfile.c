/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A regular file, links followed. Looked at before it is opened, for opening a device may do
 * something, and after, for it may have been replaced in between. */
static int open_regular(const char *path)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        return -EINVAL;
    }
    return fd;
}

int textfile_read_open(int fd, char *out, size_t room, size_t *length)
{
    int error = 0;
    *length = 0;
    while (*length < room) {
        ssize_t got = pread(fd, out + *length, room - *length, (off_t)*length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            error = -errno;
        if (got <= 0)
            break;
        *length += (size_t)got;
    }
    if (!error && *length == room) /* the line that was cut might read as another */
        while (*length > 0 && out[*length - 1] != '\n')
            (*length)--;
    return error;
}

int textfile_read(const char *path, char *out, size_t room, size_t *length)
{
    int fd = open_regular(path);
    if (fd < 0)
        return fd;
    int error = textfile_read_open(fd, out, room, length);
    close(fd);
    return error;
}
