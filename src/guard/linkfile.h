/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_GUARD_LINKFILE_H
#define LEAKTOP_GUARD_LINKFILE_H

#include <stdbool.h>
#include <stdint.h>

/* The state that systemd-resolved keeps of each link. Its folder is closed to all but its own user
 * (mode 0700), so the keeper opens one of its files and hands the descriptor to main, unread. */
#define LINKFILE_FOLDER "/run/systemd/resolve/netif"
/* A longer one is none of resolved's. */
#define LINKFILE_MOST 65536

/* The file of the link with that index (1..INT32_MAX), and nothing else: neither folder nor file
 * may be a symbolic link, and the file is a regular one. root: a prefix, "" the real folder. A
 * descriptor to be read, which the caller closes, or -errno. */
int linkfile_open(const char *root, uint32_t index);

/* True for a descriptor of a regular file that can only be read. */
bool linkfile_is_sound(int fd);

#endif
