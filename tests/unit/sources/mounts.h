/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_TESTS_MOUNTS_H
#define LEAKTOP_TESTS_MOUNTS_H

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <unistd.h>

/* Files of this process's own in place of the system's: /etc/resolv.conf and the like. Used within
 * namespace_enter(). */

/* False, and the reason printed, where the machine does not let us. */
static inline bool mounts_enter(void)
{
    if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
        return true;
    printf("skipped: no mount namespace can be made\n");
    return false;
}

/* Write text into the file at path in place. */
static inline bool mounts_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool good = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return good;
}

/* Put a file with this text over path, to be changed with mounts_write. */
static inline bool mounts_replace(const char *path, const char *text)
{
    char own[] = "/tmp/leaktop-test-XXXXXX";
    int fd = mkstemp(own);
    if (fd < 0)
        return false;
    bool good = fchmod(fd, 0644) == 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) &&
                mount(own, path, NULL, MS_BIND, NULL) == 0;
    close(fd);
    unlink(own); /* the mount keeps it */
    if (!good)
        printf("skipped: %s cannot be replaced\n", path);
    return good;
}

static inline bool loopback_up(void)
{
    struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING};
    strcpy(request.ifr_name, "lo");
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    if (fd >= 0)
        close(fd);
    return good;
}

#endif
