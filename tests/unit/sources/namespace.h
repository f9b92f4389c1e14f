/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_TESTS_NAMESPACE_H
#define LEAKTOP_TESTS_NAMESPACE_H

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static inline bool namespace_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool good = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return good;
}

/* Put this process into a network namespace of its own, as its root. False, and the reason printed,
 * where the machine does not let us. */
static inline bool namespace_enter(void)
{
    unsigned user = (unsigned)getuid(), group = (unsigned)getgid();
    if (unshare(CLONE_NEWNET) == 0)
        return true;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        printf("skipped: this machine lets us make no network namespace\n");
        return false;
    }
    char map[64];
    snprintf(map, sizeof(map), "0 %u 1", user);
    bool good = namespace_write("/proc/self/uid_map", map);
    namespace_write("/proc/self/setgroups", "deny");
    snprintf(map, sizeof(map), "0 %u 1", group);
    if (!good || !namespace_write("/proc/self/gid_map", map)) {
        printf("skipped: no user namespace can be set up\n");
        return false;
    }
    return true;
}

#endif
