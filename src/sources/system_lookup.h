/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_SYSTEM_LOOKUP_H
#define LEAKTOP_SOURCES_SYSTEM_LOOKUP_H

#include <stdint.h>

#include "base/address.h"

/* A look-up by the system's own path, as an application makes it: getaddrinfo(3), with whatever
 * nsswitch.conf puts behind it. It blocks for as long as it likes (half a minute with three silent
 * resolvers) and cannot be stopped, so each runs in a detached thread of its own that shares
 * nothing with the program but the write end of a pipe. A pool of threads that is joined at exit,
 * such as libuv's, would hold up the end of the program just as long. */

/* What a thread writes when it is done, in one piece (less than PIPE_BUF). */
struct system_lookup_result {
    uint64_t token;
    int32_t status;              /* 0 or EAI_* */
    int32_t error;               /* errno where status is EAI_SYSTEM */
    struct address addresses[2]; /* the first two, each once; FAMILY_NONE: no more */
};

/* Begin to look name up (addresses of both families; absolute, however it ends). Its result comes
 * to pipe, which is duplicated. 0, or -errno. */
int system_lookup_start(const char *name, uint64_t token, int pipe);

#endif
