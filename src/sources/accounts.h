/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_ACCOUNTS_H
#define LEAKTOP_SOURCES_ACCOUNTS_H

#include <stddef.h>
#include <stdint.h>

/* People's accounts on this machine, of /etc/passwd alone: whom a directory in the network knows is
 * not asked for. */

#define ACCOUNTS_FILE "/etc/passwd"
#define ACCOUNTS_MAX 64

struct account {
    uint32_t uid;
    char name[64];  /* escaped */
    char home[256]; /* its path */
};

/* Those from user number 1000 on, but for the kernel's overflow user, whose home is a folder of
 * theirs; in the file's order. Returns how many. */
size_t accounts_read(const char *file, struct account *list, size_t room);

#endif
