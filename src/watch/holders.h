/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_HOLDERS_H
#define LEAKTOP_WATCH_HOLDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "sources/flows.h"
#include "watch/identity.h"

struct guard;
struct keeper_message;

/* Who holds a socket: its owner by sock_diag at this moment, then the process by the keeper, or,
 * where there is none, by our own look into /proc. What was found lately is remembered. */

struct holders;

/* NULL without memory. guard and identity stay the caller's. */
struct holders *holders_new(struct guard *guard, struct identity *identity);
void holders_free(struct holders *holders);

enum holder {
    HOLDER_FOUND, /* the process; or its user alone, pid 0 */
    HOLDER_ASKED, /* the keeper: its answer comes with the token of *asked */
    HOLDER_NONE,
};

/* What the keeper is asked. */
struct holder_asked {
    uint64_t token; /* the caller's */
    uint64_t inode;
    uint32_t uid;
};

/* Who sent a packet. connected: only a socket connected to the packet's destination will do.
 * interface: see owners.h. */
enum holder holders_sender(struct holders *holders, const struct flow *flow, uint32_t interface,
    bool connected, uint64_t now, struct holder_asked *asked, struct process *out);
/* Whose socket on this machine a packet was sent to. */
enum holder holders_server(struct holders *holders, const struct flow *flow, uint64_t now,
    struct holder_asked *asked, struct process *out);
/* The keeper's answer to *asked: the process, or the user alone. */
struct process holders_answer(struct holders *holders, const struct holder_asked *asked,
    const struct keeper_message *message, uint64_t now);
/* That a packet's destination is this process's, for some seconds. */
void holders_keep_server(
    struct holders *holders, const struct flow *flow, const struct process *process, uint64_t now);

#endif
