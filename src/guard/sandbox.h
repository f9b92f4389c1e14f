/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_GUARD_SANDBOX_H
#define LEAKTOP_GUARD_SANDBOX_H

#include <stddef.h>
#include <sys/types.h>

/* What the two children of main can still reach: descriptors, signals, system calls. */

/* For a process that never talks to the terminal: a name for ps(1), the terminal's signals ignored,
 * a process group of its own, /dev/null in place of standard input, output and error, and no other
 * descriptor than those of keep (negative ones are passed over). 0, or -errno. */
int sandbox_detach(const char *name, const int *keep, size_t keep_count);

/* After the user was changed (which would undo it): die with the parent, no core, no ptrace by
 * others of this user, no files written, no more than so many descriptors. 0, or -errno. */
int sandbox_limit(unsigned descriptors);

/* The descriptors that the capture process works with; -1 where there is none. */
struct sandbox_capture {
    int packets; /* packet socket: live */
    int file;    /* capture file */
    int wake;    /* eventfd that it writes to */
    int room;    /* eventfd that it waits for */
};

/* From now on anything but the calls that reading packets takes kills the process: there is no
 * opening, sending, forking, signalling or executing. Memory may be taken only where a file is
 * read: libpcap does so then. 0, or -errno. */
int sandbox_capture(const struct sandbox_capture *plan);

/* The keeper: what looking into /proc and starting a capture takes; all else fails with EPERM.
 * What it starts inherits this. 0, or -errno. */
int sandbox_keeper(int main);

#endif
