/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_OWNERS_H
#define LEAKTOP_SOURCES_OWNERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

/* Who owns a local socket: NETLINK_SOCK_DIAG, which needs no rights and gives uid and inode. */

struct owners;

struct owner {
    uint32_t uid;
    uint64_t inode;
};

/* 0, or -errno. */
int owners_open(struct owners **out);
void owners_close(struct owners *owners);

/* The socket that sent from local:local_port to remote:remote_port, at this moment. protocol is
 * IPPROTO_UDP or IPPROTO_TCP; interface the one that the packet left by, without which a socket
 * that is bound to a device is not found for TCP (0: not known). Connected sockets are asked for
 * exactly; for UDP an unconnected one bound to that port (also on :: for IPv4, v4-mapped) is taken
 * when exactly one fits. What is asked within a second is bounded: beyond that, false. False where
 * nobody is found. connected: only a socket that is connected to that remote end will do. */
bool owners_find(struct owners *owners, int protocol, bool connected, uint32_t interface,
    const struct address *local, uint16_t local_port, const struct address *remote,
    uint16_t remote_port, uint64_t now, struct owner *out);
/* The socket on this machine that takes what is sent to local:local_port: bound to it (UDP), or
 * listening there (TCP). remote is anybody of the same family. Bounded likewise. */
bool owners_server(struct owners *owners, int protocol, const struct address *local,
    uint16_t local_port, const struct address *remote, uint64_t now, struct owner *out);

#endif
