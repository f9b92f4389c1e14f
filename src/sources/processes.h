/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_PROCESSES_H
#define LEAKTOP_SOURCES_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Socket inode -> process, by /proc/PID/fd. Run in the keeper (other users' processes), or in main
 * for its own user's where there is no keeper. */

struct process_identity {
    pid_t pid;
    uint64_t start; /* field 22 of /proc/PID/stat */
    char name[16];  /* comm, raw */
    char path[128]; /* exe, raw; "" not known */
};

struct process_finder; /* remembers which process held which socket last */
struct process_finder *process_finder_new(void);
void process_finder_free(struct process_finder *finder);

/* True where a process holding the socket was found. Newest processes are searched first: short
 * ones are gone soonest. uid narrows the search. */
bool process_find(
    struct process_finder *finder, uint64_t inode, uint32_t uid, struct process_identity *out);

/* Start of the command line of a process that was found, raw: words end with NUL. Its length; 0
 * where the process is gone or has none. */
size_t process_command(
    struct process_finder *finder, const struct process_identity *process, char *out, size_t size);

#endif
